import ArgumentParser
import CharterDocuments
import CharterEngine
import CharterServer
import Foundation

/// The request to decide: JSON of SEMANTICS §8, or its parts as flags.
struct RequestOptions: ParsableArguments {
    @Option(help: "A request as JSON: a file, or `-` for standard input.")
    var request: String?

    @Option(name: .customLong("user-id"), help: "The user's id.")
    var userID: String?

    @Option(name: .customLong("role"), help: "A role of the user; may be said several times.")
    var roles: [String] = []

    @Option(help: "The channel.")
    var channel: String?

    @Option(help: "The surface.")
    var surface: String?

    @Option(help: "The model.")
    var model: String?

    @Option(help: "The language.")
    var language: String?

    @Option(help: "The moment of the request, RFC 3339.")
    var at: String?

    @Option(
        name: .customLong("claim"),
        help: "A claim, `age=34` or `age=34:verified`; evidence unsaid is `asserted`.")
    var claims: [String] = []

    @Option(
        name: .customLong("demand"),
        help: "What the user asks for in so many words: `erotica` or `dosage_detail=exact`.")
    var demands: [String] = []

    func read() throws -> Request {
        var request = try self.request.map(RequestOptions.parse) ?? Request()
        if let userID { request.user = Text(userID) }
        request.roles += roles.map { Text($0) }
        if let channel { request.channel = Text(channel) }
        if let surface { request.surface = Text(surface) }
        if let model { request.model = Text(model) }
        if let language { request.language = Text(language) }
        if let at {
            guard let instant = Instant(parsing: at) else {
                throw ValidationError("--at: write a date of RFC 3339, such as 2027-03-31T12:00:00Z")
            }
            request.at = instant
        }
        for claim in claims {
            let (name, value) = try RequestOptions.claim(claim)
            request.claims[name] = value
        }
        for demand in demands {
            let parts = demand.split(separator: "=", maxSplits: 1).map(String.init)
            request.demands.append(
                Demand(
                    BehaviorID(Text(parts.first ?? "")), value: parts.count > 1 ? Text(parts[1]) : nil,
                    isExplicit: true, from: .principal(.user)))
        }
        return request
    }

    private static func parse(_ path: String) throws -> Request {
        let bytes: [UInt8]
        if path == "-" {
            bytes = Array(try FileHandle.standardInput.read(upToCount: (1 << 20) + 1) ?? Data())
        } else {
            do {
                bytes = try PolicyFiles.source(path).bytes
            } catch {
                Output.error("charter: \(error)")
                throw ExitCode.input
            }
        }
        do {
            return try Request(try JSONDocument(bytes, limits: JSONLimits(bytes: 1 << 20)).root)
        } catch let error as RequestSyntaxError {
            Output.error("error[request.syntax]: \(error.path): \(error.message)")
            throw ExitCode.input
        } catch {
            Output.error("error[request.syntax]: \(error)")
            throw ExitCode.input
        }
    }

    private static func claim(_ text: String) throws -> (Text, Claim) {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw ValidationError("--claim: write `name=value`") }
        var value = parts[1]
        var evidence = Evidence.asserted
        if let colon = value.lastIndex(of: ":"),
            let named = Evidence(named: String(value[value.index(after: colon)...]))
        {
            evidence = named
            value = String(value[..<colon])
        }
        let json = try? JSONDocument(Array("[\(value)]".utf8)).root.children.first { _ in true }
        return (Text(parts[0]), Claim(json.map { ClaimValue($0) } ?? .text(Text(value)), evidence))
    }
}
