import CharterDocuments
import CharterEngine
import Testing

/// What a stranger may send as a document: a diagnostic or a value, in a bounded time.
@Suite("Bad input", .serialized)
struct BadInputTests {
    static let limit = Duration.seconds(5)

    struct Case: Sendable, CustomTestStringConvertible {
        var name: String
        /// The errors that are told, each once; none: the document is read.
        var ids: Set<String>
        var bytes: @Sendable () -> [UInt8]

        init(_ name: String, _ ids: Set<String>, _ text: @escaping @Sendable () -> String) {
            self.name = name
            self.ids = ids
            bytes = { Array(text().utf8) }
        }

        init(_ name: String, _ ids: Set<String>, bytes: @escaping @Sendable () -> [UInt8]) {
            self.name = name
            self.ids = ids
            self.bytes = bytes
        }

        var testDescription: String { name }
    }

    /// A text, many times over.
    static func many(_ text: String, _ count: Int) -> String {
        String(repeating: text, count: count)
    }

    /// Paragraphs that are as long as they may be, up to the largest document.
    static func paragraphs(_ text: String) -> String {
        let paragraph = many(text, 16_000 / text.utf8.count)
        return many(paragraph + "\n\n", 1_900_000 / (paragraph.utf8.count + 2))
    }

    static let charters: [Case] = [
        Case("invalid UTF-8", ["charter.syntax"], bytes: { Array("# A\n\n".utf8) + [0xFF, 0x0A] }),
        Case(
            "half a character at the end", ["charter.syntax"], bytes: { [0x23, 0x20, 0xE2, 0x82] }),
        Case("50 MB", ["charter.syntax"], bytes: { Array(repeating: 0x61, count: 50 << 20) }),
        Case("NUL bytes", ["charter.syntax"], { "# A\u{0}\n" }),
        Case("10,000 quotations deep", []) { many(">", 10_000) + " a\n" },
        Case("10,000 lists deep", []) { many("- ", 7_000) + "a\n" },
        Case("lists that deepen line by line", []) {
            (0..<120).map { many("  ", $0) + "- a\n" }.joined()
        },
        Case("quotations in every line", []) { many(many(">", 8_000) + " a\n\n", 200) },
        Case("images without end", ["charter.syntax"]) { paragraphs("![[]()") },
        Case("brackets without end", ["charter.syntax"]) { paragraphs("[") },
        Case("emphasis without end", []) { paragraphs("*a **a _a ") },
        Case("code without end", []) {
            paragraphs((1...60).map { many("`", $0) + "a" }.joined())
        },
        Case("comments without end", ["charter.syntax"]) { paragraphs("a <!-- ") },
        Case("declarations without end", ["charter.syntax"]) { paragraphs("a <? <!A <![CDATA[ ") },
        Case("links without end", ["charter.syntax"]) { paragraphs("[a](<b") },
        Case("entities without end", []) { paragraphs("&#x") },
        Case("references to examples", ["charter.syntax"]) { paragraphs("[^a[^b") },
        Case("definitions", []) { (0..<80_000).map { "[a\($0)]: /b\n\n" }.joined() },
        Case("a paragraph of 16 KB and more", ["charter.syntax"]) { many("a\n", 8_193) },
        Case("braces in a heading", ["charter.syntax"]) { "# " + many("{", 16_000) + "}\n" },
        Case("front matter without an end", ["charter.syntax"]) {
            "---\n" + many("a: b\n\n", 300_000)
        },
        Case("deep flow in front matter", ["charter.syntax"]) {
            "---\na: " + many("[", 10_000) + "\n---\n"
        },
        Case("deep maps in front matter", ["charter.syntax"]) {
            "---\n" + many("{a: ", 4_000) + "\n---\n"
        },
        Case("a bomb of aliases", ["charter.syntax"]) {
            "---\na: &a [x, x]\n" + (0..<30).map { "b\($0): &b\($0) [*a, *a]\n" }.joined() + "---\n"
        },
        Case("85,000 behaviors", ["charter.syntax"]) {
            (0..<85_000).map { "# {#a\($0) default=on}\n" }.joined()
        },
        Case("5,000 behaviors", []) { (0..<5_000).map { "# {#a\($0) default=on}\n" }.joined() },
        Case("one id many times", ["charter.duplicate-id"]) { many("# {#a default=on}\n", 9_000) },
        Case("attributes many times", ["charter.duplicate-key"]) {
            "# {#a" + many(" tier=ethics", 1_300) + "}\n"
        },
        Case("messages without end", []) {
            "# A\n\n~~~xml\n" + many("<user>\n\n", 100_000) + "</user>\n~~~\n"
        },
        Case("messages inside one another", []) {
            "# A\n\n~~~xml\n" + many("<user>\n\n<user>\n\n</user>\n\n", 40_000) + "~~~\n"
        },
        Case("comparisons without end", []) {
            "# A\n\n~~~xml\n" + many("<comparison>\n\n<assistant> <!-- \n\n", 40_000) + "~~~\n"
        },
        Case("tags inside a message", []) {
            "# A\n\n~~~xml\n<user>\n" + many("<a>\n\n", 100_000) + many("</b>\n\n", 50_000)
                + "</user>\n~~~\n"
        },
        Case("a deep condition", ["condition.syntax"]) {
            "# A {#a authority=user}\n\n```charter\nadjust: {set: on, when: '"
                + many("(", 2_000) + "true" + many(")", 2_000) + "'}\n```\n"
        },
        Case("a condition of 4,097 bytes", ["condition.syntax"]) {
            "# A {#a authority=user}\n\n```charter\nadjust: {set: on, when: \"'\(many("a", 4_089))' == 'a'\"}\n```\n"
        },
        Case("a condition of depth 10,000", ["condition.syntax"]) {
            "# A {#a authority=user}\n\n```charter\nadjust: {set: on, when: \"\(many("!", 10_000))true\"}\n```\n"
        },
        Case("a byte order mark, CRLF and CR", []) {
            "\u{FEFF}# A {#a default=on}\r\n\r\nb\rc\r\n"
        },
        Case("nothing", []) { "" },
    ]

    @Test("A charter is read or refused in a bounded time", arguments: charters)
    func charter(input: Case) {
        let bytes = input.bytes()
        var reading = Reading<CharterDocument>(value: nil, diagnostics: [])
        let time = ProcessorTime.measure {
            reading = CharterDocument.read(SourceText(file: "charter.md", bytes: bytes))
            _ = reading.value?.doubts
            _ = DiagnosticText.render(reading.diagnostics)
        }
        print("charter, \(input.name): \(time)")
        #expect(Set(reading.diagnostics.map(\.id)) == input.ids)
        #expect((reading.value == nil) == !input.ids.isEmpty)
        #expect(time < Self.limit)
    }

    static let layers: [Case] = [
        Case("invalid UTF-8", ["layer.syntax"], bytes: { Array("adjust: ".utf8) + [0xC0, 0x80] }),
        Case("50 MB", ["layer.syntax"], bytes: { Array(repeating: 0x20, count: 50 << 20) }),
        Case("NUL bytes", ["layer.syntax"]) { "adjust:\u{0}" },
        Case("deep flow lists", ["layer.syntax"]) { "adjust: " + many("[", 10_000) },
        Case("very deep flow lists", ["layer.syntax"]) { "adjust: " + many("[", 2_000_000) },
        Case("deep flow maps", ["layer.syntax"]) { "adjust: " + many("{a: ", 10_000) },
        Case("deep block lists", ["layer.syntax"]) { "adjust:\n  " + many("- ", 10_000) + "a\n" },
        Case("deep block maps", ["layer.syntax"]) {
            (0..<1_900).map { many(" ", $0) + "a:\n" }.joined()
        },
        Case("deep keys", ["layer.syntax"]) { many("? ", 10_000) },
        Case("a key that is a list", ["layer.syntax"]) { "[a, b]: c\n" },
        Case("a bomb of aliases", ["layer.syntax"]) {
            "a: &a [x, x]\n" + (0..<30).map { "b\($0): &b\($0) [*a, *a]\n" }.joined()
        },
        Case("an alias as a key", ["layer.syntax"]) { "a: b\n*a : c\n" },
        Case("an anchor at a key", ["layer.syntax"]) { "&a layer: operator\n" },
        Case("a tag at a key", ["layer.syntax"]) { "!!str layer: operator\n" },
        Case("a tag of its own", ["layer.syntax"]) {
            "layer: !<tag:example.com,2027:a> operator\n"
        },
        Case("a tag directive", ["layer.syntax"]) {
            "%TAG ! tag:example.com,2027:\n---\nlayer: operator\n"
        },
        Case("two documents", ["layer.syntax"]) { "layer: operator\n---\nlayer: operator\n" },
        Case("one key many times", ["layer.duplicate-key"]) { many("layer: operator\n", 90_000) },
        Case("100,000 unknown keys", ["layer.unknown-key"]) {
            (0..<99_000).map { "k\($0): 1\n" }.joined()
        },
        Case("99,000 unknown behaviors", ["layer.unknown-behavior"]) {
            "adjust:\n" + (0..<99_000).map { "  a\($0)x: on\n" }.joined()
        },
        Case("more values than there may be", ["layer.syntax"]) {
            "adjust: [" + many("a,", 250_000) + "]\n"
        },
        Case("roles and channels", []) {
            "roles:\n" + (0..<45_000).map { "  r\($0): {}\n" }.joined() + "channels:\n"
                + (0..<45_000).map { "  c\($0): {}\n" }.joined()
        },
        Case("unknown roles", ["layer.unknown-role"]) {
            "roles:\n" + (0..<30_000).map { "  r\($0): {}\n" }.joined()
                + "channels: {c: {roles:\n  {"
                + (0..<30_000).map { "x\($0): {}," }.joined(separator: "\n  ") + "}}}\n"
        },
        Case("many names of a claim", []) {
            "claims: {a: [" + (0..<90_000).map { "n\($0)" }.joined(separator: ",\n ") + "]}\n"
        },
        Case("a text without end", ["layer.syntax"]) { "name: \"" + many("a", 1_900_000) },
        Case("a very long text", []) { "name: " + many("a b ", 450_000) },
        Case("a very long key", ["layer.syntax"]) { many("a", 1_900_000) + ": b\n" },
        Case("a long unknown key", ["layer.unknown-key"]) {
            "? " + many("a", 1_000_000) + "\n: b\n"
        },
        Case("comments alone", []) { many("# a\n", 400_000) },
        Case("line ends alone", []) { many("\r", 1_900_000) },
        Case("wide characters", ["layer.unknown-key"]) {
            many("名: 前\n", 1) + "# " + many("名", 500_000)
        },
        Case("10,000 templates", ["layer.bad-value"]) {
            "extends: [" + (0..<10_000).map { "t\($0)" }.joined(separator: ", ") + "]\n"
        },
        Case("templates that extend without end", ["layer.bad-value"]) { "extends: [deeper]\n" },
        Case("a deep condition", ["condition.syntax"]) {
            "adjust: {a1: {set: on, when: '\(many("(", 10_000))'}}\n"
        },
        Case("a byte order mark and CRLF", []) {
            "\u{FEFF}layer: operator\r\nadjust:\r\n  a1: on\r\n"
        },
        Case("nothing", []) { "" },
    ]

    static let charter = CharterDocument.read(
        SourceText(
            file: "charter.md",
            text: (0..<2_000).map { "# {#a\($0) authority=user default=on}\n" }.joined()))

    @Test("A layer is read or refused in a bounded time", arguments: layers)
    func layer(input: Case) throws {
        let charter = try #require(Self.charter.value)
        let bytes = input.bytes()
        var depth = 0
        func find(_ name: String) -> SourceText? {
            depth += 1
            let text = name == "deeper" || name.hasPrefix("d") ? "extends: [d\(depth)]\n" : ""
            return SourceText(file: "\(name).yaml", text: text)
        }
        var reading = Reading<PolicyDocuments>(value: nil, diagnostics: [])
        let time = ProcessorTime.measure {
            let source = SourceText(file: "layer.yaml", bytes: bytes)
            reading = PolicyDocuments.read(charter, operators: [source], templates: find)
            _ = reading.value?.doubts
            _ = DiagnosticText.render(reading.diagnostics)
        }
        print("layer, \(input.name): \(time)")
        #expect(Set(reading.diagnostics.map(\.id)) == input.ids)
        #expect((reading.value == nil) == !input.ids.isEmpty)
        #expect(time < Self.limit)
    }

    @Test(
        "Places are right whatever stands before them",
        arguments: ["", "\u{FEFF}"], ["\n", "\r\n", "\r"])
    func places(mark: String, end: String) throws {
        let charter = [
            "---", "charter: näme", "claims: {älter: intt}", "---", "", "# Ü {#ü default=on}", "",
            "日本 text", "", "## 🧑‍🍳 B {#b authority=usr default=on}", "", "```charter", "# ñ",
            "tier: säfety", "```",
        ].joined(separator: end)
        let reading = CharterDocument.read(SourceText(file: "a", text: mark + charter))
        #expect(
            reading.diagnostics.map {
                "\($0.id) \($0.position.line):\($0.position.column)+\($0.length)"
            }
                == [
                    "charter.bad-attribute 3:18+4", "charter.bad-id 6:8+2",
                    "charter.bad-attribute 10:32+3", "charter.unknown-tier 14:7+7",
                ])
        let layer = [
            "layer: operator", "name: 名前 # é", "adjust:", "  \"a1\": {set: ön}", "  ää: on",
        ]
        .joined(separator: end)
        let layerReading = PolicyDocuments.read(
            try #require(Self.charter.value), operators: [SourceText(file: "b", text: mark + layer)]
        )
        #expect(
            layerReading.diagnostics.map {
                "\($0.id) \($0.position.line):\($0.position.column)+\($0.length)"
            }
                == ["layer.unknown-value 4:15+3", "layer.unknown-behavior 5:3+4"])
    }

    @Test("Many mistakes are told at once, and not without end")
    func many() {
        let text = (0..<1_000).map { "# {#a\($0) default=maybe}\n" }.joined()
        let reading = CharterDocument.read(SourceText(file: "a", text: text))
        #expect(reading.diagnostics.count == 200)
        #expect(reading.value == nil)
    }
}
