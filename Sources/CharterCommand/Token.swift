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
            let now = Instant(seconds: Int64(Date().timeIntervalSince1970))
            let instant = try at.map { try Instant(argument: $0) } ?? now
            let bytes = try Check.bytes(of: file)
            let tokens = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
                .map { Check.token($0.trimmingCharacters(in: .whitespaces)) }.filter { !$0.isEmpty }
            guard !tokens.isEmpty else { throw UsageError("\(file): there is no token") }
            let gateway = try Serve.gateway(config: config, needsKeys: false)
            let checked = try await TokenCheck.outcomes(
                of: tokens, gateway, operatorName: operatorName, at: instant)
            guard let (outcomes, failure) = checked else {
                throw UsageError("--operator: the settings have no `tokens` of `\(operatorName)`")
            }
            if let failure { Output.error("the issuer's keys: \(failure)") }
            switch format {
            case .text:
                for (outcome, line) in zip(outcomes, 1...) {
                    let place = outcomes.count > 1 ? "\(line): " : ""
                    print(Output.visible(Check.lines(outcome, place)))
                }
            case .json: print(Check.json(outcomes))
            }
            // Keys that are not to be had say nothing of a token.
            if failure != nil { throw ExitCode.environment }
            guard outcomes.allSatisfy(\.isValid) else { throw ExitCode.findings }
        }

        /// A file or standard input; one that is too large is refused, not cut.
        private static func bytes(of file: String) throws -> [UInt8] {
            let largest = SourceText.largest
            let bytes =
                file == "-"
                ? Array(try FileHandle.standardInput.read(upToCount: largest + 1) ?? Data())
                : try PolicyFiles.bytes(of: file, upTo: largest + 1)
            guard bytes.count <= largest else {
                throw UsageError("\(file): there are more than \(largest) bytes")
            }
            return bytes
        }

        /// As it stands in a field of its own, or behind `Bearer`.
        private static func token(_ line: String) -> String {
            line.lowercased().hasPrefix("bearer ") ? String(line.dropFirst(7)) : line
        }

        private static func lines(_ outcome: TokenCheck.Outcome, _ place: String) -> [String] {
            switch outcome {
            case .invalid(let error):
                return ["\(place)shows nothing: \(error.message) (\(error.rawValue))"]
            case .valid(let caller):
                let claims = caller.claims.sorted { $0.key < $1.key }.map { name, claim in
                    "  \(name) = \(claim.value.json), \(claim.evidence.name)"
                }
                let roles = caller.roles.map(\.string).joined(separator: ", ")
                return ["\(place)shows \(caller.user.map { "user \($0)" } ?? "no user")"]
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
                        writer.key(name.string)
                        writer.raw(claim.value.json)
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
    /// As JSON; `null` is no value that a claim can have.
    fileprivate var json: String {
        switch self {
        case .int(let value): return "\(value)"
        case .double(let value): return "\(value)"
        case .bool(let value): return "\(value)"
        case .text(let value):
            var writer = JSONWriter()
            writer.value(value.string)
            return writer.text
        case .garbled: return "null"
        }
    }
}

extension Instant {
    /// The moment that an option says.
    init(argument: String, of option: String = "--at") throws(UsageError) {
        guard let instant = Instant(parsing: argument) else {
            throw UsageError("\(option): write a time as RFC 3339 does, 2027-03-31T12:00:00Z")
        }
        self = instant
    }
}
