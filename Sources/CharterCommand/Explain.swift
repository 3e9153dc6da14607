import ArgumentParser
import CharterDocuments
import CharterEngine

struct Explain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explains a decision: each step, from the top level down, with the line it comes from.",
        discussion: """
            charter explain --operator clinic.yaml --role clinician dosage_detail
            """)

    @OptionGroup var policy: PolicyOptions
    @OptionGroup var request: RequestOptions

    @Argument(help: "Behaviors to explain; unsaid: all that anybody has adjusted.")
    var behaviors: [String] = []

    @Option(help: "text or json (SEMANTICS §8 with `trail`).")
    var format = OutputFormat.text

    func run() throws {
        let (documents, user) = try policy.read()
        let charter = documents.policy.charter
        let shown = try chosen(behaviors, charter)
        var decided = try decision(documents.policy, request.read(), user: user, withTrail: true)
        if format == .json {
            if !behaviors.isEmpty {
                let ids = Set(shown.map { charter[$0].id })
                decided.trail.removeAll { !ids.contains($0.behavior) }
            }
            print(DecisionWriter(charter).json(decided, trail: true))
            return
        }
        let adjusted = Set(decided.trail.map(\.behavior))
        let text = DecisionText(documents.policy)
        let explained = shown.filter { !behaviors.isEmpty || adjusted.contains(charter[$0].id) }
        print(explained.map { text.explanation(decided, $0) }.joined(separator: "\n\n"))
        if explained.isEmpty { print("nobody has adjusted anything; every behavior has its default") }
    }
}
