import ArgumentParser
import CharterDocuments
import CharterEngine

struct Decide: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Decides a request: the setting of each behavior, and the verdict.",
        discussion: """
            The verdict is about what the request demands. Without documents, the
            standard charter decides by itself. For example:

              charter decide --operator clinic.yaml --role clinician \\
                --demand dosage_detail=exact
            """)

    @OptionGroup var policy: PolicyOptions
    @OptionGroup var request: RequestOptions

    @Argument(help: "Behaviors to show; unsaid: those that are demanded, else all.")
    var behaviors: [String] = []

    @Option(help: "How to write it; JSON always has all behaviors (docs/semantics.md §8).")
    var format = OutputFormat.text

    func run() throws {
        let (documents, user) = try policy.read()
        let charter = documents.policy.charter
        let request = try request.read(for: documents)
        let named = try charter.behaviors(named: behaviors)
        let decided = try decision(documents.policy, request, user: user)
        guard format == .text else {
            print(DecisionWriter(charter).json(decided))
            return
        }
        let shown = named ?? demanded(by: request, charter) ?? charter.indices
        print(DecisionText(documents.policy, request).text(decided, shown))
    }
}

/// Decides; says why not where the operator does not have the request's channel.
func decision(
    _ policy: Policy, _ request: Request, user: UserLayer?, withTrail: Bool = false
) throws -> Decision {
    do {
        return try policy.decide(request, user: user, withTrail: withTrail)
    } catch {
        throw UsageError(
            "the operator has neither the channel `\(request.channel?.string ?? "")` nor `*` "
                + "(\(error.rawValue))")
    }
}

/// The behaviors that a request demands, in charter order; nil where it demands none.
func demanded(by request: Request, _ charter: Charter) -> [BehaviorIndex]? {
    let indices = Set(request.demands.compactMap { charter.index(of: $0.behavior) })
    return indices.isEmpty ? nil : indices.sorted()
}

extension Charter {
    /// All behaviors, in charter order.
    var indices: [BehaviorIndex] { behaviors.compactMap { index(of: $0.id) } }
}
