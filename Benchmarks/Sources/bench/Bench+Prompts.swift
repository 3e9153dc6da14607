import CharterAnalysis
import CharterDetection
import CharterDocuments
import CharterEngine
import Foundation

extension Bench {
    // MARK: Prompts

    /// The system prompt of the coding agent that the standard charter comes with.
    static func prompts() throws {
        let charters = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Charters")
        func source(_ name: String) throws -> SourceText {
            SourceText(
                file: name, bytes: Array(try Data(contentsOf: charters.appending(path: name))))
        }
        guard let charter = CharterDocument.read(try source("standard.md")).value,
            let documents = PolicyDocuments.read(
                charter, platform: nil, operators: [try source("operators/coding_agent.yaml")],
                templates: { try? source("templates/\($0).yaml") }
            ).value
        else { throw Job.Missing() }
        let request = Request(user: "u7", roles: ["developer"])
        let tokens = try CompiledPrompt(documents, request).tokens
        for (what, budget) in [("", Int?.none), (", a budget of 200 tokens", 200)] {
            let options = CompiledPrompt.Options(budget: budget)
            let time = try nanoseconds(20) {
                for _ in 0..<20 { keep(try CompiledPrompt(documents, request, options).text) }
            }
            row(
                "prompt compile, warm\(what)", time / 1_000, "µs", target: 1_000,
                budget == nil ? "(\(tokens) tokens)" : "")
        }
        let prompt = try CompiledPrompt(documents, request).text
        try phrases(try source("standard.phrases.yaml"), charter, prompt)
    }

    /// What a gateway pays for finding instructions in a conversation, beside reading its JSON.
    private static func phrases(
        _ source: SourceText, _ charter: CharterDocument, _ prompt: String
    ) throws {
        let reading = PhrasesDocument.read(source, for: charter.charter)
        guard let finder = reading.value?.compile().value else { throw Job.Missing() }
        let policy = try Policy.compile(charter.charter)
        let question = "How do I get the garden ready for the first frost of winter?"
        for (what, system) in [
            ("a question of 60 bytes", ""), ("it behind a system prompt", prompt),
        ] {
            var writer = JSONWriter()
            writer.list { writer in
                for (role, text) in [("system", system), ("user", question)] where !text.isEmpty {
                    writer.object { writer in
                        writer.member("role", role)
                        writer.member("content", text)
                    }
                }
            }
            let messages = try JSONDocument(writer.bytes).root
            let time = try nanoseconds(100) {
                for _ in 0..<100 {
                    keep(
                        try ConversationInstructions.instructions(
                            in: try MessageList(messages), finder, policy, Request()))
                }
            }
            row(
                "instructions found in \(what)", time / 1_000, "µs", target: nil,
                "(\(writer.bytes.count) bytes, \(finder.phrases.count) phrases)")
        }
    }
}
