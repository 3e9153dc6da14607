import CharterAnalysis
import ArgumentParser
import CharterDocuments
import CharterEngine

struct Explain: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Explains a decision: each step from the charter down, with its line.",
        discussion: """
            For example:

              charter explain --operator clinic.yaml --role clinician dosage_detail
            """)

    @OptionGroup var policy: PolicyOptions
    @OptionGroup var request: RequestOptions
    @OptionGroup var reader: ReaderOptions

    @Option(
        help: ArgumentHelp(
            "A conversation, in OpenAI's form or Anthropic's: explains every instruction in it.",
            valueName: "chat.json"))
    var messages: String?

    @Argument(
        help: "Behaviors to explain; unsaid: those that are demanded, else all that have a step.")
    var behaviors: [String] = []

    @Option(help: "How to write it; JSON is the decision with its `trail`.")
    var format = OutputFormat.text

    func validate() throws {
        if messages != nil, !behaviors.isEmpty {
            throw ValidationError(
                "--messages explains the behaviors of the conversation: name none beside it")
        }
        if messages == nil, reader.readerURL != nil {
            throw ValidationError("--reader reads a conversation: --messages FILE")
        }
    }

    func run() async throws {
        let (documents, user) = try policy.read()
        let charter = documents.policy.charter
        let request = try request.read(for: documents)
        if let messages {
            let (conversation, stated) = try await ConversationInstructions.read(
                messages, reader, policy.charter, documents, request, user)
            if format == .json {
                print(conversation.json(charter, stated))
            } else {
                print(Output.visible(conversation.lines(charter, stated)))
            }
            return
        }
        let named = try charter.behaviors(named: behaviors) ?? demanded(by: request, charter)
        var decided = try decision(documents.policy, request, user: user, withTrail: true)
        guard format == .text else {
            if let named {
                let ids = Set(named.map { charter[$0].id })
                decided.trail.removeAll { !ids.contains($0.behavior) }
            }
            print(DecisionWriter(charter).json(decided, trail: true))
            return
        }
        let moved = Set(decided.trail.map(\.behavior))
        let explained = named ?? charter.indices.filter { moved.contains(charter[$0].id) }
        let text = ExplanationText(documents, request)
        var parts = explained.map { text.text(decided, $0) }
        if parts.isEmpty {
            parts.append("Nothing that a layer says applies here; every behavior has its default.")
        }
        if !request.demands.isEmpty {
            parts.append(
                Output.visible(
                    DecisionText(documents.policy, request).verdict(
                        decided, refused: { _ in false })))
        }
        print(parts.joined(separator: "\n\n"))
    }
}
