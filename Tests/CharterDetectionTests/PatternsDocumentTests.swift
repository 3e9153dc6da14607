import CharterDetection
import CharterDocuments
import CharterEngine
import Foundation
import Testing

@Suite struct PatternsDocumentTests {
    private static func charter() throws -> Charter {
        let detail: [Text] = ["none", "general", "full"]
        return try #require(
            Charter(behaviors: [
                Behavior(
                    id: "profanity",
                    title: "Profanity",
                    kind: .switch,
                    values: ["off", "on"],
                    authority: .user,
                    default: .cautious
                ),
                Behavior(
                    id: "drug_detail",
                    title: "Drugs",
                    kind: .dial,
                    values: detail,
                    authority: .operator,
                    default: .cautious
                ),
                Behavior(
                    id: "crisis_line",
                    title: "Crisis line",
                    kind: .duty,
                    values: ["on", "off"],
                    authority: .operator,
                    default: .cautious
                ),
            ])
        )
    }

    private static func read(_ yaml: String) throws -> Reading<PatternsDocument> {
        PatternsDocument.read(SourceText(file: "p.yaml", text: yaml), for: try charter())
    }

    @Test("A document is read with all that it says, and what is unsaid")
    func patterns() throws {
        let reading = try Self.read(
            """
            # what to look for
            - behavior: profanity
              literal: "damn: it"
            - {behavior: drug_detail, in: request, regex: 'how much .{1,20}', value: full, asked: true}

            - behavior: crisis_line
              in: answer
              regex: \\bhurt myself\\b
              triggered: true
            """
        )
        #expect(reading.diagnostics == [])
        let patterns = try #require(reading.value).patterns
        #expect(
            patterns == [
                Pattern(
                    behavior: "profanity",
                    place: .both,
                    form: .literal("damn: it"),
                    source: SourcePosition(line: 2, column: 3)
                ),
                Pattern(
                    behavior: "drug_detail",
                    place: .request,
                    form: .regex("how much .{1,20}"),
                    value: "full",
                    asked: true,
                    source: SourcePosition(line: 4, column: 3)
                ),
                Pattern(
                    behavior: "crisis_line",
                    place: .answer,
                    form: .regex("\\bhurt myself\\b"),
                    triggered: true,
                    source: SourcePosition(line: 6, column: 3)
                ),
            ]
        )
    }

    @Test("No patterns are fine", arguments: ["", "[]\n", "# none yet\n"])
    func none(yaml: String) throws {
        let document = try #require(try Self.read(yaml).value)
        #expect(document.patterns == [])
        #expect(document.compile().value?.longestAnswerMatch == 0)
    }

    @Test(
        "Every mistake has its id, its place and an advice",
        arguments: [
            ("a: b\n", "patterns.syntax 1:1", "begin each"),
            ("- [", "patterns.syntax 1:4", nil),
            ("- &a {behavior: profanity, literal: a}\n", "patterns.syntax 1:3", "write the value"),
            ("- profanity\n", "patterns.bad-value 1:3", "write"),
            ("- {literal: a}\n", "patterns.bad-value 1:3", "behavior"),
            (
                "- {behavior: profanety, literal: a}\n", "patterns.unknown-behavior 1:14",
                "`profanity`"
            ),
            ("- {behavior: profanity}\n", "patterns.bad-value 1:3", "`literal"),
            ("- {behavior: profanity, literal: a, regex: b}\n", "patterns.bad-value 1:44", "two"),
            ("- {behavior: profanity, literal: a, im: a}\n", "patterns.unknown-key 1:37", "`in`"),
            ("- {behavior: profanity, literal: [a]}\n", "patterns.bad-value 1:34", nil),
            (
                "- {behavior: profanity, literal: a, literal: b}\n", "patterns.duplicate-key 1:37",
                "keep one"
            ),
            ("- {behavior: profanity, literal: a, in: all}\n", "patterns.bad-value 1:41", "`both`"),
            ("- {behavior: profanity, literal: a, asked: yes}\n", "patterns.bad-value 1:44", nil),
            (
                "- {behavior: drug_detail, literal: a, value: ful}\n",
                "patterns.unknown-value 1:46", "`full`"
            ),
            ("- {behavior: profanity, regex: 'a(b'}\n", "patterns.bad-regex 1:32", nil),
            ("- {behavior: profanity, regex: 'a?'}\n", "patterns.bad-regex 1:32", "one letter"),
            ("- {behavior: profanity, regex: café}\n", "patterns.bad-regex 1:32", "write `e`"),
            ("- {behavior: profanity, regex: 'ab.*c'}\n", "patterns.unbounded 1:32", "`{0,20}`"),
            (
                "- {behavior: profanity, regex: 'ab.{9,1500}c'}\n", "patterns.unbounded 1:32",
                "4096 bytes"
            ),
            (
                "- {behavior: profanity, literal: a, in: answer, asked: true}\n",
                "patterns.no-effect 1:56", "request"
            ),
            (
                "- {behavior: profanity, literal: a, triggered: true}\n",
                "patterns.no-effect 1:48", "leave"
            ),
            (
                "- {behavior: crisis_line, literal: a, triggered: true, value: on}\n",
                "patterns.no-effect 1:63", "leave"
            ),
            (
                "- {behavior: crisis_line, literal: a, triggered: true, asked: true}\n",
                "patterns.no-effect 1:63", "leave"
            ),
        ] as [(String, String, String?)]
    )
    func mistake(yaml: String, place: String, advice: String?) throws {
        let reading = try Self.read(yaml)
        let found = reading.diagnostics.map { "\($0.id) \($0.position.line):\($0.position.column)" }
        #expect(found == [place])
        #expect((reading.value == nil) == !place.hasPrefix("patterns.no-effect"))
        if let advice { #expect(reading.diagnostics.first?.help?.contains(advice) == true) }
    }

    @Test("Many mistakes are told at once, in their order")
    func mistakes() throws {
        let reading = try Self.read(
            """
            - {behavior: profanity, regex: 'a+'}
            - {behaviour: profanity, literal: a}
            - {behavior: profanity, literal: b, value: onn}
            """
        )
        #expect(
            reading.diagnostics.map(\.id) == [
                "patterns.unbounded", "patterns.bad-value", "patterns.unknown-key",
                "patterns.unknown-value",
            ]
        )
    }

    @Test("What only compiling shows is told at the pattern")
    func compiling() throws {
        let document = try #require(
            try Self.read(
                """
                - {behavior: profanity, literal: a}
                - {behavior: profanity, regex: 'a.{0,1000}b'}
                """
            ).value
        )
        let reading = document.compile()
        #expect(reading.value == nil)
        #expect(reading.diagnostics.map(\.id) == ["patterns.bad-regex"])
        #expect(reading.diagnostics.map(\.position) == [SourcePosition(line: 2, column: 32)])
    }

    @Test("Input that is too much, or no text, is refused before it is read")
    func bounds() throws {
        let long = String(repeating: "#\n", count: 2 << 20)
        #expect(try Self.read(long).diagnostics.map(\.id) == ["patterns.syntax"])
        let many = String(repeating: "- {behavior: profanity, literal: a}\n", count: 5_001)
        #expect(try Self.read(many).diagnostics.map(\.id) == ["patterns.bad-value"])
        let deep = String(repeating: "[", count: 10_000)
        #expect(try Self.read(deep).diagnostics.map(\.id) == ["patterns.syntax"])
        let binary = SourceText(file: "p.yaml", bytes: [0x2D, 0x20, 0xFF])
        let reading = PatternsDocument.read(binary, for: try Self.charter())
        #expect(reading.diagnostics.map(\.id) == ["patterns.syntax"])
    }

    @Test("The standard charter's patterns are without fault, and load from their serialized form")
    func standard() throws {
        let folder = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Charters")
        let source = { (name: String) in
            SourceText(
                file: name,
                bytes: Array(try Data(contentsOf: folder.appending(path: name)))
            )
        }
        let charter = try #require(CharterDocument.read(try source("standard.md")).value)
        let reading = PatternsDocument.read(
            try source("standard.patterns.yaml"),
            for: charter.charter
        )
        #expect(reading.diagnostics == [])
        let document = try #require(reading.value)
        let compiled = document.compile()
        #expect(compiled.diagnostics == [])
        let set = try #require(compiled.value)
        let loaded = try PatternSet(document.patterns, serialized: try set.serialized())
        #expect(loaded.longestAnswerMatch == set.longestAnswerMatch)
        print(
            "standard patterns: \(document.patterns.count), longest match of an answer:",
            set.longestAnswerMatch
        )
    }
}
