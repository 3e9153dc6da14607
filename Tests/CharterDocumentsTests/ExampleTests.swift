import CharterDocuments
import CharterEngine
import Foundation
import Testing

@Suite("Sections and examples of a charter")
struct ExampleTests {
    static func document(_ text: String, lineEnd: String = "\n") throws -> CharterDocument {
        let text = text.split(separator: "\n", omittingEmptySubsequences: false)
            .joined(separator: lineEnd)
        let reading = CharterDocument.read(SourceText(file: "charter.md", text: text))
        #expect(reading.diagnostics.isEmpty)
        let document = try #require(reading.value)
        document.expectPositionsToHold()
        return document
    }

    static func example(_ block: String) throws -> Example {
        let document = try document(
            "## Rule {#rule}\n\n**Example**: one\n\n~~~xml\n\(block)\n~~~\n")
        let examples = document.sections.flatMap(\.examples)
        #expect(examples.count == 1)
        return try #require(examples.first)
    }

    @Test("An example is a conversation and answers to it", arguments: ["\n", "\r\n"])
    func conversation(lineEnd: String) throws {
        let document = try Self.document(
            """
            ## Rule {#rule authority=user}

            Be kind — always.

            **Example**: a greeting, with [a link](#rule)

            ~~~xml
            <user>
            Hi & <b>bye</b>
            if a < b:
            </user>
            <comparison>
            <assistant> <!-- GOOD: warm -->
            Hello!

            How are you?
            </assistant>
            <assistant> <!-- BAD[#rule], cold -->
            Hm.
            </assistant>
            </comparison>
            ~~~

            The end[^tag1], `not[^code]`.
            """, lineEnd: lineEnd)
        let section = try #require(document.sections.first)
        #expect(section.prose == "Be kind — always.\n\nThe end[^tag1], `not[^code]`.")
        #expect(section.links.map(\.target) == [.section("rule"), .examples("tag1")])
        let example = try #require(section.examples.first)
        #expect(example.caption == "a greeting, with [a link](#rule)")
        #expect(example.messages.map(\.text) == ["Hi & <b>bye</b>\(lineEnd)if a < b:"])
        let answers = try #require(example.comparisons.first).answers
        #expect(answers.map(\.grade) == [.good, .bad])
        #expect(answers.map(\.remark) == ["warm", "cold"])
        #expect(answers.map(\.breaks) == [nil, "rule"])
        #expect(
            document.counts
                == .init(
                    sections: 1, behaviors: 1, authorities: 1, examples: 1, comparisons: 1, links: 1
                ))
    }

    @Test("A message may stand on one line")
    func oneLine() throws {
        let example = try Self.example(
            "<user>Hi</user>\n<comparison>\n<assistant> <!-- OK --> Hello.</assistant>\n</comparison>"
        )
        #expect(example.messages.map(\.text) == ["Hi"])
        #expect(example.comparisons[0].answers.map(\.messages[0].text) == ["Hello."])
        #expect(example.comparisons[0].answers.map(\.grade) == [.ok])
    }

    @Test("Tags in the text of a message are text")
    func tagsInText() throws {
        let example = try Self.example(
            """
            <user>
            Write `</user>` and <user> into:
            <user>
            name
            </user>
            Thanks.
            </user>
            <assistant recipient="python">
            print("<tool>")
            </assistant>
            """)
        #expect(example.messages.map(\.role) == [.user, .assistant])
        #expect(example.messages[0].text.hasSuffix("Thanks."))
        #expect(example.messages[1].text == "print(\"<tool>\")")
    }

    @Test("An answer holds what tools reply, and what the assistant says then")
    func answerOfSeveralMessages() throws {
        let example = try Self.example(
            """
            <user>Look it up.</user>
            <comparison>
            <assistant recipient="browser"> <!-- GOOD: looks -->
            open
            </assistant>
            <tool name="browser">
            a page
            </tool>
            <assistant>
            It says so.
            </assistant>
            <assistant> <!-- BAD -->
            I guess.
            </assistant>
            <assistant>
            Nobody graded me.
            </assistant>
            </comparison>
            """)
        let answers = example.comparisons[0].answers
        #expect(answers.map(\.grade) == [.good, .bad, nil])
        #expect(answers[0].messages.map(\.role) == [.assistant, .tool, .assistant])
        #expect(answers[0].messages[1].attributes == [.init(name: "name", value: "browser")])
    }

    @Test("What has no end ends before the next tag")
    func noEnd() throws {
        let text = """
            ## Rule {#rule}

            ~~~xml
            <user>
            Hi
            <comparison>
            <assistant> <!-- GOOD -->
            Hello.
            </assistant>
            ~~~
            """
        let reading = CharterDocument.read(SourceText(file: "charter.md", text: text))
        let example = try #require(reading.value?.sections.first?.examples.first)
        #expect(example.caption == nil)
        #expect(example.messages.map(\.text) == ["Hi"])
        #expect(example.comparisons.map { $0.answers.map(\.messages[0].text) } == [["Hello."]])
    }

    @Test("A block of other XML is prose, and so is a caption without a block")
    func noExample() throws {
        let document = try Self.document(
            "## Rule {#rule}\n\n**Example**: none\n\nText.\n\n~~~xml\n<a/>\n~~~\n")
        #expect(document.sections[0].examples.isEmpty)
        #expect(document.sections[0].prose == "**Example**: none\n\nText.\n\n~~~xml\n<a/>\n~~~")
    }

    @Test("Code in a title stays in the title")
    func title() throws {
        let document = try Self.document("## Say `a {b}` and <i>c</i> {#rule default=on}\n")
        #expect(
            document.sections.map(\.title) == ["Say `a {b}` and <i>c</i>".replacing("`", with: "")])
        #expect(document.charter.behaviors.map(\.title) == ["Say a {b} and <i>c</i>"])
    }

    @Test("The standard charter is found again at its positions")
    func standard() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().appending(path: "Charters/standard.md")
        let source = SourceText(file: "standard.md", bytes: Array(try Data(contentsOf: file)))
        let reading = CharterDocument.read(source)
        #expect(reading.diagnostics.isEmpty, "\(DiagnosticText.render(reading.diagnostics))")
        let document = try #require(reading.value)
        document.expectPositionsToHold()
        let text = source.text(0..<source.bytes.count)
        #expect(document.counts.examples == text.components(separatedBy: "~~~xml").count - 1)
    }
}
