import ArgumentParser
import CharterDocuments
import CharterEngine
import CharterServer
import Foundation

/// The request to decide: JSON (docs/semantics.md §8), or its parts as flags, which come on top of it.
struct RequestOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A whole request as JSON: a file, or `-` for standard input.", valueName: "file"))
    var request: String?

    @Option(name: .customLong("user-id"), help: ArgumentHelp("The user's id.", valueName: "id"))
    var userID: String?

    @Option(
        name: .customLong("role"),
        help: ArgumentHelp("A role of the user; may be said several times.", valueName: "name"))
    var roles: [String] = []

    @Option(help: ArgumentHelp("The channel that the user is in.", valueName: "name"))
    var channel: String?

    @Option(help: ArgumentHelp("The surface, such as an app or a website.", valueName: "name"))
    var surface: String?

    @Option(help: ArgumentHelp("The model.", valueName: "name"))
    var model: String?

    @Option(help: ArgumentHelp("The language, such as `en`.", valueName: "tag"))
    var language: String?

    @Option(
        help: ArgumentHelp(
            "The moment of the request, such as 2027-03-31T12:00:00Z.", valueName: "time"))
    var at: String?

    @Option(
        name: .customLong("claim"),
        help: ArgumentHelp(
            "A fact about the user, `age=34:vouched`; how well it is shown is `asserted` (unsaid), `vouched` or `verified`.",
            valueName: "name=value"))
    var claims: [String] = []

    @Option(
        name: .customLong("demand"),
        help: ArgumentHelp(
            "What the user asks for in so many words, `dosage_detail=exact`; unsaid, the value is the highest.",
            valueName: "behavior"))
    var demands: [String] = []

    /// The request.
    ///
    /// A name in a flag that the documents do not know is a slip of whoever typed it, and an error.
    /// (In a JSON request it is decided as docs/semantics.md says.)
    func read(for documents: PolicyDocuments) throws -> Request {
        var request = try self.request.map(RequestOptions.parse) ?? Request()
        if let userID { request.user = Text(userID) }
        for name in roles.flatMap({ $0.split(separator: ",") }) {
            let name = name.trimmingCharacters(in: .whitespaces)
            let known = documents.policy.roles.map(\.string)
            guard known.isEmpty || known.contains(name) else {
                throw UsageError(
                    "--role: the operator has no role `\(name)`; "
                        + (NearestName.help(for: name, among: known)
                            ?? "there are " + known.map { "`\($0)`" }.joined(separator: ", ")))
            }
            request.roles.append(Text(name))
        }
        if let channel {
            request.channel = Text(channel)
            let known = documents.operators.last?.layer?.channels.map(\.name.string) ?? []
            if !known.isEmpty, !known.contains(channel), known.contains("*") {
                let help = NearestName.help(for: channel, among: known)
                Output.error(
                    "note: the channel `\(channel)` is not listed, so that `*` holds"
                        + (help.map { "; \($0)" } ?? ""))
            }
        }
        if let surface { request.surface = Text(surface) }
        if let model { request.model = Text(model) }
        if let language { request.language = Text(language) }
        if let at { request.at = try Instant(argument: at) }
        for text in claims {
            let argument = try ClaimArgument(parsing: text, declared: documents.declaredClaims)
            request.claims[argument.name] = argument.claim
        }
        for text in demands {
            request.demands.append(try RequestOptions.demand(text, documents.policy.charter))
        }
        return request
    }

    private static func demand(_ text: String, _ charter: Charter) throws -> Demand {
        let parts = text.split(separator: "=", maxSplits: 1).map(String.init)
        let behavior = try charter.behavior(named: parts.first ?? "", in: "--demand: ")
        guard parts.count > 1 else {
            return Demand(behavior.id, isExplicit: true, from: .principal(.user))
        }
        guard behavior.rank(of: Text(parts[1])) != nil else {
            throw UsageError(
                "--demand: `\(behavior.id)` has no value `\(parts[1])`; its values are "
                    + behavior.values.map { "`\($0.string)`" }.joined(separator: ", "))
        }
        return Demand(
            behavior.id, value: Text(parts[1]), isExplicit: true, from: .principal(.user))
    }

    private static func parse(_ path: String) throws -> Request {
        let largest = 1 << 20
        let bytes: [UInt8]
        if path == "-" {
            bytes = Array(try FileHandle.standardInput.read(upToCount: largest + 1) ?? Data())
        } else {
            bytes = try PolicyFiles.source(path).bytes
        }
        do {
            return try Request(try JSONDocument(bytes, limits: JSONLimits(bytes: largest)).root)
        } catch let error as RequestSyntaxError {
            let place = error.path == "." ? "" : "\(error.path): "
            throw UsageError("the request is wrong (request.syntax): \(place)\(error.message)")
        } catch {
            throw UsageError("the request is wrong (request.syntax): \(error)")
        }
    }
}

extension Charter {
    /// The behavior of a name that somebody has typed.
    func behavior(named name: String, in place: String = "") throws(UsageError) -> Behavior {
        if let behavior = self[BehaviorID(Text(name))] { return behavior }
        let help = NearestName.help(for: name, among: behaviors.map(\.id.text.string))
        throw UsageError(
            "\(place)the charter has no behavior `\(name)`" + (help.map { "; \($0)" } ?? ""))
    }

    /// The behaviors that are named, in charter order; nil where none is.
    func behaviors(named names: [String]) throws(UsageError) -> [BehaviorIndex]? {
        guard !names.isEmpty else { return nil }
        var indices: Set<BehaviorIndex> = []
        for name in names {
            if let index = index(of: try behavior(named: name).id) { indices.insert(index) }
        }
        return indices.sorted()
    }
}
