import ArgumentParser
import CharterDocuments
import CharterEngine

struct Decide: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decides a request: the setting of each behavior, and the verdict.",
        discussion: """
            charter decide --operator clinic.yaml --role clinician --demand dosage_detail=exact
            """)

    @OptionGroup var policy: PolicyOptions
    @OptionGroup var request: RequestOptions

    @Argument(help: "Behaviors to show; unsaid: all.")
    var behaviors: [String] = []

    @Option(help: "text or json (SEMANTICS §8).")
    var format = OutputFormat.text

    func run() throws {
        let (documents, user) = try policy.read()
        let decided = try decision(documents.policy, request.read(), user: user)
        if format == .json {
            print(DecisionWriter(documents.policy.charter).json(decided))
            return
        }
        let shown = try chosen(behaviors, documents.policy.charter)
        print(DecisionText(documents.policy).decision(decided, shown))
    }
}

/// Decides; prints why not and exits with 2 where the request cannot be decided.
func decision(
    _ policy: Policy, _ request: Request, user: UserLayer?, withTrail: Bool = false
) throws -> Decision {
    do {
        return try policy.decide(request, user: user, withTrail: withTrail)
    } catch {
        Output.error("error[\(error.rawValue)]: the operator has neither this channel nor `*`")
        throw ExitCode.input
    }
}

/// The behaviors that are named, in charter order; all where none is.
func chosen(_ names: [String], _ charter: Charter) throws -> [BehaviorIndex] {
    let all = charter.behaviors.compactMap { charter.index(of: $0.id) }
    guard !names.isEmpty else { return all }
    for name in names where charter[BehaviorID(Text(name))] == nil {
        throw ValidationError("the charter has no behavior `\(name)`")
    }
    return all.filter { names.contains(charter[$0].id.text.string) }
}
