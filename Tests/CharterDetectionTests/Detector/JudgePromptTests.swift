import CharterDetection
import CharterDocuments
import CharterEngine
import Foundation
import Testing

/// A judge is given the charter's own words, and texts that cannot pass for them.
@Suite("Judge's prompt")
struct JudgePromptTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    private static func standard() throws -> CharterDocument {
        let file = root.appending(path: "Charters/standard.md")
        let source = SourceText(file: "standard.md", bytes: Array(try Data(contentsOf: file)))
        return try #require(CharterDocument.read(source).value)
    }

    /// `CHARTER_SNAPSHOTS=write` writes what is compared here.
    private static func expectSnapshot(_ text: String, _ name: String) throws {
        let file = root.appending(path: "Tests/Vectors/judge/\(name)")
        if ProcessInfo.processInfo.environment["CHARTER_SNAPSHOTS"] == "write" {
            try Data(text.utf8).write(to: file)
        }
        #expect(try String(contentsOf: file, encoding: .utf8) == text)
    }

    @Test("Its prompt for a behavior of the standard charter is the section of that behavior")
    func snapshot() throws {
        let policy = JudgePolicy(try Self.standard())
        let texts = [
            DetectedText(speaker: .principal(.operator), bytes: Array("Be kind.".utf8)[...]),
            DetectedText(
                speaker: .principal(.user), bytes: Array("How do I ==== \"it\"?".utf8)[...]),
        ]
        let question = JudgePrompt(policy, ["dosage_detail"], about: texts).question
        var schema = JSONWriter()
        question.schema(&schema)
        try Self.expectSnapshot(
            "\(question.instructions)\n\n---\n\n\(question.content)\n\n---\n\n\(schema.text)\n",
            "dosage_detail.txt")
    }

    @Test("Every behavior's text, values and examples are in its prompt, and nobody else's")
    func sections() throws {
        let document = try Self.standard()
        let policy = JudgePolicy(document)
        for section in document.sections {
            guard let id = section.behavior else { continue }
            let text = JudgePrompt(policy, [id], about: []).question.instructions
            #expect(text.contains(section.prose), "\(id)")
            #expect(text.components(separatedBy: "\n## ").count == 2, "\(id)")
            for answer in section.examples.flatMap(\.comparisons).flatMap(\.answers) {
                #expect(answer.messages.allSatisfy { text.contains($0.text) }, "\(id)")
                #expect(answer.grade.map { text.contains("[assistant, \($0.rawValue)") } ?? true)
            }
        }
    }

    @Test("Behaviors are asked about together as far as they fit, each once")
    func groups() throws {
        let document = try Self.standard()
        let policy = JudgePolicy(document)
        let all = document.charter.behaviors.map(\.id)
        let groups = policy.groups(of: Set(all))
        #expect(groups.flatMap { $0 } == all)
        #expect(groups.allSatisfy { $0.count <= 8 } && groups.count < all.count / 2)
        #expect(policy.groups(of: ["nothing_of_the_kind"]).isEmpty)
    }

    @Test("No text can look like the end of the texts", arguments: 0..<200)
    func fences(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let pieces = ["=", "========", "\n", "\"", "\\", "]", "}", "```", "é", "\u{2028}", "a"]
        let texts = (0..<3).map { _ in
            let text = (0..<random.next() % 40).map { _ in random.pick(pieces) }.joined()
            return DetectedText(speaker: .principal(.user), bytes: Array(text.utf8)[...])
        }
        let policy = JudgePolicy(try Self.standard())
        let content = JudgePrompt(policy, ["profanity"], about: texts).question.content
        let parts = content.components(separatedBy: "\n")
        #expect(parts.count == 4)
        try #require(parts.count == 4)
        let fence = parts[1]
        #expect(fence.allSatisfy { $0 == "=" } && fence.count >= 8 && parts[3] == fence)
        #expect(!parts[2].contains(fence))
        let read = try JSONDocument(Array(parts[2].utf8)).root.children.map { $0["text"]?.text }
        #expect(read == texts.map { $0.bytes })
    }
}
