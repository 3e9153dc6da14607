import CharterDocuments
import CharterEngine
import Foundation
import Testing

/// OpenAI's Model Spec, every release as it was published.
@Suite(
    "OpenAI's Model Spec",
    .enabled(if: SharedData.isThere("model_spec"), "the Model Spec is not here"))
struct ModelSpecTests {
    struct Release: Sendable, CustomTestStringConvertible {
        var file: String
        var counts: CharterDocument.Counts

        var testDescription: String { file }

        init(
            _ file: String, sections: Int, authorities: Int, examples: Int, comparisons: Int,
            links: Int
        ) {
            self.file = file
            counts = .init(
                sections: sections, behaviors: authorities, authorities: authorities,
                examples: examples, comparisons: comparisons, links: links)
        }
    }

    static let releases = [
        Release(
            "model_spec-2025-02-12.md", sections: 71, authorities: 51, examples: 154,
            comparisons: 163, links: 120),
        Release(
            "model_spec-2025-04-11.md", sections: 71, authorities: 51, examples: 154,
            comparisons: 163, links: 120),
        Release(
            "model_spec-2025-09-12.md", sections: 77, authorities: 57, examples: 173,
            comparisons: 182, links: 114),
        Release(
            "model_spec-2025-10-27.md", sections: 78, authorities: 58, examples: 181,
            comparisons: 190, links: 118),
        Release(
            "model_spec-2025-12-18-rev1.md", sections: 80, authorities: 59, examples: 183,
            comparisons: 189, links: 116),
        Release(
            "model_spec.md", sections: 80, authorities: 59, examples: 183, comparisons: 189,
            links: 116),
    ]

    static func document(_ file: String) throws -> CharterDocument {
        let data = try Data(contentsOf: SharedData.folder("model_spec").appending(path: file))
        let reading = CharterDocument.read(SourceText(file: file, bytes: Array(data)))
        #expect(reading.diagnostics.isEmpty, "\(DiagnosticText.render(reading.diagnostics))")
        return try #require(reading.value)
    }

    @Test("is a charter as it stands, every release", arguments: releases)
    func counts(release: Release) throws {
        let document = try Self.document(release.file)
        #expect(document.counts == release.counts)
        #expect(document.doubts.allSatisfy { $0.severity == .note })
        #expect(!document.doubts.contains { $0.id == "charter.bad-example" })
    }

    @Test("is found again at its positions", arguments: releases)
    func positions(release: Release) throws {
        let document = try Self.document(release.file)
        document.expectPositionsToHold()
        let text = document.source.text(0..<document.source.bytes.count)
        // What is counted in the text, without any reader, is what was read.
        func count(_ part: String) -> Int { text.components(separatedBy: part).count - 1 }
        #expect(count("**Example**") == release.counts.examples)
        #expect(count("<comparison>") == release.counts.comparisons)
        #expect(count("authority=") == release.counts.authorities)
        let answers = document.sections.flatMap(\.examples).flatMap(\.comparisons).flatMap(
            \.answers)
        for grade in Example.Grade.allCases {
            #expect(answers.count { $0.grade == grade } == count("<!-- \(grade.rawValue)"))
        }
        #expect(answers.allSatisfy { $0.grade != nil && $0.messages.count == 1 })
    }

    @Test("has examples whose conversations are read whole")
    func conversations() throws {
        let document = try Self.document("model_spec.md")
        let examples = document.sections.flatMap(\.examples)
        let captions = Dictionary(grouping: examples) { $0.caption ?? "" }.compactMapValues(\.first)

        let form = try #require(
            captions["in the Model Spec, messages will be rendered as follows:"])
        #expect(form.comparisons.isEmpty)
        #expect(
            form.messages[0].attributes == [
                .init(name: "recipient", value: "python"), .init(name: "end_turn", value: "false"),
            ])
        #expect(form.messages[0].text == "import this")

        let young = try #require(captions["a conversation with an under-18 user."])
        #expect(young.messages.map(\.role) == [.system, .user])
        #expect(young.messages[0].elements.map(\.name) == ["settings"])
        #expect(young.messages[0].elements.map(\.text) == ["under_18: true"])

        // Why there are more comparisons than examples: the user goes on, and is answered again.
        let tweet = try #require(captions["short form writing"])
        #expect(tweet.messages.map(\.role) == [.user, .user])
        #expect(tweet.comparisons.map { $0.answers.map(\.grade) } == [[.bad, .good], [.good]])
        #expect(tweet.comparisons[0].answers[0].remark == "repeats what the user provided")

        let code = try #require(
            captions["short coding task; behavior variation based on role and instruction"])
        #expect(
            code.comparisons[0].answers[1].messages[0].text.hasPrefix("Sure!\n```html\n&lt;form"))
        let passages = examples.flatMap(\.turns).compactMap { turn in
            if case .passage(let passage) = turn { passage.text } else { nil }
        }
        #expect(passages == ["[...]"])
        let broken = examples.flatMap(\.comparisons).flatMap(\.answers).compactMap(\.breaks)
        #expect(Set(broken).isSubset(of: document.sections.compactMap(\.id)))
        #expect(broken.count == 14)
    }

    @Test("keeps commentary apart from what instructs the model")
    func commentary() throws {
        let document = try Self.document("model_spec.md")
        #expect(document.sections.flatMap(\.commentary).count >= 28)
        #expect(document.sections.allSatisfy { !$0.prose.contains("!!! meta") })
        let structure = try #require(document.sections.first { $0.id == "structure" })
        #expect(structure.prose.hasPrefix("This overview sets out the goals"))
        #expect(!structure.prose.contains("In the main body"))
        #expect(document.sections.flatMap(\.tags) == ["under_18"])
    }

    @Test("is read in a bounded time")
    func time() throws {
        let data = try Data(
            contentsOf: SharedData.folder("model_spec").appending(path: "model_spec.md"))
        let source = SourceText(file: "model_spec.md", bytes: Array(data))
        let time = ContinuousClock().measure { _ = CharterDocument.read(source) }
        print("the Model Spec is read in \(time)")
        #expect(time < .seconds(5))
    }
}
