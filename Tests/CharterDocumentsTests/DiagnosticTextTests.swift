import CharterDocuments
import CharterEngine
import Testing

@Suite("Diagnostics as text and JSON") struct DiagnosticTextTests {
    static func diagnostic(
        _ line: String, at part: String, id: String = "layer.bad-value", reason: String? = nil,
        help: String? = nil
    ) throws -> Diagnostic {
        let source = SourceText(file: "clinic.yaml", text: "first\n" + line + "\nlast\n")
        let bytes = Array(part.utf8)
        let offset = try #require(
            source.bytes.indices.first { source.bytes[$0...].starts(with: bytes) })
        return source.diagnostic(
            id, at: offset, length: bytes.count, "something is wrong", reason: reason, help: help)
    }

    @Test("What, where, why and what to write stand below one another") func whole() throws {
        let diagnostic = try Self.diagnostic(
            "  profanity: on", at: "profanity", reason: "it is so", help: "write another")
        #expect(
            DiagnosticText.render([diagnostic]) == """
                error[layer.bad-value]: something is wrong
                  --> clinic.yaml:2:3
                   |
                 2 |   profanity: on
                   |   ^^^^^^^^^
                   = why: it is so
                   = help: write another

                """)
    }

    @Test(
        "The marks stand under what is meant",
        arguments: [
            ("\tname: x", "x", "    name: x", "          ^"),
            ("名前: on", "on", "名前: on", "      ^^"), ("名前: on", "名前", "名前: on", "^^^^"),
            ("e\u{301}: on", "on", "e\u{301}: on", "   ^^"), ("🧑‍🍳: on", "on", "🧑‍🍳: on", "    ^^"),
            ("🇨🇭 x", "x", "🇨🇭 x", "   ^"), ("a\u{1B}[31m b", "b", "a�[31m b", "       ^"),
            ("a\u{202E} b", "b", "a� b", "   ^"),
        ]) func marks(line: String, part: String, shown: String, marks: String) throws
    {
        let lines = DiagnosticText.render([try Self.diagnostic(line, at: part)]).split(
            separator: "\n", omittingEmptySubsequences: false)
        #expect(lines[3] == " 2 | \(shown)")
        #expect(lines[4] == "   | \(marks)")
    }

    @Test("Of a very long line the part around the place is shown") func longLine() throws {
        for before in [0, 50, 99, 101, 5_000, 300_000] {
            let line =
                String(repeating: "a", count: before) + "XYZ" + String(repeating: "b", count: 9_000)
            let diagnostic = try Self.diagnostic(line, at: "XYZ")
            #expect(diagnostic.position == SourcePosition(line: 2, column: before + 1))
            #expect(diagnostic.line?.utf8.count ?? .max <= 600)
            let lines = DiagnosticText.render([diagnostic], width: 60).split(separator: "\n")
            let shown = lines[3].dropFirst(5)
            let place = try #require(lines[4].dropFirst(5).firstIndex(of: "^"))
            let column = lines[4].distance(from: lines[4].startIndex, to: place) - 5
            #expect(shown.count <= 62)
            #expect(shown.dropFirst(column).prefix(3) == "XYZ")
            #expect(lines[4].hasSuffix(" ^^^") || (before == 0 && lines[4].hasSuffix("| ^^^")))
        }
    }

    @Test("Of what stands on several lines the first is underlined") func severalLines() throws {
        let source = SourceText(file: "a", text: "adjust: [  \n  on\n]\n")
        let diagnostic = source.diagnostic("a.b", at: 8, length: 11, "wrong")
        #expect(diagnostic.length == 1)
        #expect(DiagnosticText.render([diagnostic]).contains("   |         ^\n"))
    }

    @Test("A place behind the last character is shown") func behindTheEnd() {
        let source = SourceText(file: "a", text: "x: [")
        let text = DiagnosticText.render([source.diagnostic("a.b", at: 4, "wrong")])
        #expect(text.contains(" 1 | x: [\n   |     ^\n"))
    }

    @Test("Color is added, and nothing else") func color() throws {
        let diagnostic = try Self.diagnostic("a: b", at: "b", reason: "so", help: "else")
        var text = DiagnosticText.render([diagnostic], isColored: true)
        #expect(text.hasPrefix("\u{1B}[1;31merror[layer.bad-value]\u{1B}[0m"))
        for code in ["1;31", "1;34", "1", "0"] {
            text = text.split(separator: "\u{1B}[\(code)m", omittingEmptySubsequences: false)
                .joined()
        }
        #expect(text == DiagnosticText.render([diagnostic]))
    }

    @Test("The summary counts each severity, the worst first") func summary() {
        let source = SourceText(file: "a", text: "")
        func some(_ severity: Diagnostic.Severity, _ count: Int) -> [Diagnostic] {
            Array(repeating: source.diagnostic("a.b", severity, at: 0, "x"), count: count)
        }
        #expect(
            DiagnosticText.summary(some(.warning, 1) + some(.error, 2)) == "2 errors, 1 warning"
        )
        #expect(DiagnosticText.summary(some(.note, 3)) == "3 notes")
        #expect(DiagnosticText.summary([]) == "nothing found")
        #expect(DiagnosticText.render([]) == "")
    }

    @Test("The JSON holds what the text says") func json() throws {
        let diagnostic = try Self.diagnostic("a: \"b\"", at: "\"b\"", help: "write `b`")
        #expect(
            DiagnosticText.json([diagnostic])
                == #"[{"id":"layer.bad-value","severity":"error","file":"clinic.yaml","line":2,"#
                + #""column":4,"length":3,"message":"something is wrong","reason":null,"#
                + #""help":"write `b`"}]"#)
    }
}
