import ArgumentParser
import CharterDocuments
import CharterEngine
import CharterGateway
import CharterServer
import Foundation

struct Token: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Looks into the tokens that show who a user is.", subcommands: [Check.self])

    struct Check: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Says what a token shows to the gateway, or why it shows nothing.",
            discussion: """
                For example:

                  charter token check --config charter.yaml --operator clinic token.txt

                One token a line. Exit code 1 where one shows nothing.
                """)

        @Option(help: ArgumentHelp("The settings, `charter.yaml`.", valueName: "file"))
        var config: String

        @Option(
            name: .customLong("operator"),
            help: ArgumentHelp("The operator, as the settings name it.", valueName: "name"))
        var operatorName: String

        @Option(
            help: ArgumentHelp("The moment; unsaid, now: 2027-03-31T12:00:00Z.", valueName: "time"))
        var at: String?

        @Option(help: "How the output is written.")
        var format = OutputFormat.text

        @Argument(
            help: ArgumentHelp("A file, or `-` for standard input.", valueName: "file"))
        var file: String

        func run() async throws {
            var instant = Instant(seconds: Int64(Date().timeIntervalSince1970))
            if let at {
                guard let parsed = Instant(parsing: at) else {
                    throw UsageError("--at: write a time as RFC 3339 does, 2027-03-31T12:00:00Z")
                }
                instant = parsed
            }
            let bytes =
                file == "-"
                ? Array(try FileHandle.standardInput.read(upToCount: SourceText.largest) ?? Data())
                : try PolicyFiles.source(file).bytes
            let tokens = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
                .map { $0.trimmingCharacters(in: .whitespaces) }.filter { !$0.isEmpty }
            guard !tokens.isEmpty else { throw UsageError("\(file): there is no token") }
            let outcomes = try await TokenCheck.outcomes(
                of: tokens, try Serve.gateway(config: config), operatorName: operatorName,
                at: instant)
            guard let outcomes else {
                throw UsageError("--operator: the settings have no `tokens` of `\(operatorName)`")
            }
            switch format {
            case .text: print(Output.visible(outcomes.flatMap(Check.lines)))
            case .json: print(Check.json(outcomes))
            }
            guard outcomes.allSatisfy(\.isValid) else { throw ExitCode.findings }
        }

        private static func lines(_ outcome: TokenCheck.Outcome) -> [String] {
            switch outcome {
            case .invalid(let error): return ["shows nothing: \(error.message) (\(error.rawValue))"]
            case .valid(let caller):
                let claims = caller.claims.sorted { $0.key < $1.key }.map { name, claim in
                    "  \(name) = \(claim.value.words), \(claim.evidence.name)"
                }
                let roles = caller.roles.map(\.string).joined(separator: ", ")
                return ["shows \(caller.user.map { "user \($0)" } ?? "no user")"]
                    + (roles.isEmpty ? [] : ["  roles \(roles)"]) + claims
            }
        }

        private static func json(_ outcomes: [TokenCheck.Outcome]) -> String {
            var writer = JSONWriter()
            writer.object { writer in
                writer.list("tokens") { writer in
                    for outcome in outcomes { writer.object { write(outcome, to: &$0) } }
                }
            }
            return String(decoding: writer.bytes, as: UTF8.self)
        }

        private static func write(_ outcome: TokenCheck.Outcome, to writer: inout JSONWriter) {
            writer.member("valid", outcome.isValid)
            switch outcome {
            case .invalid(let error):
                writer.member("error", error.rawValue)
                writer.member("message", error.message)
            case .valid(let caller):
                writer.member("user", caller.user?.string)
                writer.list("roles") { writer in caller.roles.forEach { writer.value($0.string) } }
                writer.object("claims") { writer in
                    for (name, claim) in caller.claims.sorted(by: { $0.key < $1.key }) {
                        writer.member(name.string, claim.value.words)
                    }
                }
            }
        }
    }
}

extension TokenCheck.Outcome {
    fileprivate var isValid: Bool {
        if case .valid = self { true } else { false }
    }
}

extension ClaimValue {
    fileprivate var words: String {
        switch self {
        case .int(let value): "\(value)"
        case .double(let value): "\(value)"
        case .bool(let value): "\(value)"
        case .text(let value): value.string
        case .garbled: "no value that a claim can have"
        }
    }
}
