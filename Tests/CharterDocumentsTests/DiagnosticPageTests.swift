import CharterDocuments
import CharterEngine
import Foundation
import Testing

/// `docs/diagnostics.md` names every id that the sources can tell, and its examples are true.
@Suite("The page of diagnostics")
struct DiagnosticPageTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var id: String
        var severity: Diagnostic.Severity
        /// Lines of the example.
        var wrong: [String]
        var right: [String]

        var area: String { String(id.prefix { $0 != "." }) }
        var testDescription: String { id }
    }

    static let root = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static let rows: [Row] = {
        let page = try? String(
            contentsOf: root.appending(path: "docs/diagnostics.md"), encoding: .utf8)
        var section = ""
        return (page ?? "").split(separator: "\n").compactMap { line in
            if line.hasPrefix("## ") { section = String(line) }
            guard
                let match = line.wholeMatch(of: /\| `([a-z]+\.[a-z-]+)` \| (.*) \| (.*) \| (.*) \|/)
            else {
                return nil
            }
            let said = section + match.2
            let severity: Diagnostic.Severity =
                said.contains("notes") ? .note : said.contains("arning") ? .warning : .error
            return Row(
                id: String(match.1), severity: severity, wrong: lines(match.3),
                right: lines(match.4))
        }
    }()

    /// The code spans of a cell, one a line.
    static func lines(_ cell: Substring) -> [String] {
        cell.split(separator: "<br>").map { String($0.dropFirst().dropLast()) }
    }

    @Test("names every id, and no other")
    func complete() throws {
        var ids: Set<String> = []
        var areas: Set<String> = []
        var ofAllAreas: Set<String> = []
        let sources = try #require(
            FileManager.default.enumerator(
                at: Self.root.appending(path: "Sources"), includingPropertiesForKeys: nil))
        for case let file as URL in sources where file.pathExtension == "swift" {
            let text = try String(contentsOf: file, encoding: .utf8)
            let known =
                /"((?:charter|layer|condition|request|test|replies|patterns|settings|discord|access|style|phrases)\.[a-z]+(?:-[a-z]+)*)"/
            for match in text.matches(of: known)
            where !["md", "yaml", "py"].contains(match.1.split(separator: ".")[1]) {
                ids.insert(String(match.1))
            }
            for match in text.matches(of: /area: "([a-z]+)"/) { areas.insert(String(match.1)) }
            for match in text.matches(of: /form\.id\("([a-z-]+)"\)/) {
                ids.insert("layer.\(match.1)")
            }
            for match in text.matches(of: /"\\\(area\)\.([a-z-]+)"/) {
                if file.path.contains("/Checks/") {
                    ids.formUnion(["charter.\(match.1)", "layer.\(match.1)"])
                } else {
                    ofAllAreas.insert(String(match.1))
                }
            }
        }
        for area in areas { ids.formUnion(ofAllAreas.map { "\(area).\($0)" }) }
        #expect(Self.rows.map(\.id).sorted() == ids.sorted())
    }

    static let runnable = rows.filter {
        !["patterns", "settings", "style", "phrases"].contains($0.area)
    }

    @Test("has a wrong line that is told so, and a right one that is not", arguments: runnable)
    func examples(row: Row) throws {
        let told = try Self.diagnostics(row.area, row.wrong)
        #expect(
            told.contains { $0.id == row.id && $0.severity == row.severity },
            "\(DiagnosticText.render(told))")
        let errors = told.filter { $0.severity == .error }
        #expect(row.severity == .error ? errors.map(\.id) == [row.id] : errors.isEmpty)
        let quiet = try Self.diagnostics(row.area, row.right)
        #expect(
            !quiet.contains { $0.id == row.id || $0.severity == .error },
            "\(DiagnosticText.render(quiet))")
    }

    // MARK: Examples made whole

    static func diagnostics(_ area: String, _ lines: [String]) throws -> [Diagnostic] {
        let text = lines.joined(separator: "\n")
        switch area {
        case "charter": return charter(text)
        case "condition": return try layer("adjust:\n  spoilers:\n    set: on\n    \(text)\n")
        case "request": return try request(text)
        case "test": return try test(SourceText(file: "a", text: text))
        case "replies":
            return Replies.read(SourceText(file: "a", text: text), try charter().charter)
                .diagnostics
        case "discord":
            return DiscordMapping.read(SourceText(file: "a", text: text), try charter().charter)
                .diagnostics
        case "access":
            let charter = try charter().charter
            return AccessMapping.read(
                SourceText(file: "a", text: text), charter, claims: charter.claims
            ).diagnostics
        default: return try layer(text)
        }
    }

    private static func test(_ source: SourceText) throws -> [Diagnostic] {
        let reading = PolicyTestDocument.read(source)
        let documents = try #require(PolicyDocuments.read(try charter()).value)
        return reading.diagnostics + (reading.value?.doubts(source, in: documents) ?? [])
    }

    static func charter() throws -> CharterDocument {
        let source = try #require(BrokenDocumentTests.source("reading_room.md"))
        return try #require(CharterDocument.read(source).value)
    }

    private static func charter(_ example: String) -> [Diagnostic] {
        var text = """
            ---
            charter: reading_room
            claims: {age: int, card_holder: bool}
            assume: {card_holder: true}
            ---


            """
        if example.hasPrefix("---") {
            text = example + "\n\n## Spoilers {#spoilers authority=user default=off}\n"
        } else if example.hasPrefix("#") || example.hasPrefix(">") {
            text += example + "\n"
        } else {
            let dial = example.contains("dial:") ? "" : "dial: [title, summary, full]\n"
            text += "## Detail {#detail authority=user}\n\n```charter\n\(dial)\(example)\n```\n"
        }
        let reading = CharterDocument.read(SourceText(file: "charter.md", text: text))
        return reading.diagnostics + (reading.value?.doubts ?? [])
    }

    private static func layer(_ text: String) throws -> [Diagnostic] {
        let source = SourceText(file: "layer.yaml", text: text)
        let isPlatform = LayerHeader(source).level == .platform
        let reading = PolicyDocuments.read(
            try charter(), platform: isPlatform ? source : nil,
            operators: isPlatform ? [] : [source],
            templates: BrokenDocumentTests.find)
        return reading.diagnostics + (reading.value?.doubts ?? [])
    }

    private static func request(_ text: String) throws -> [Diagnostic] {
        let layer = SourceText(file: "layer.yaml", text: "channels: {desk: {}}\n")
        let policy = try #require(PolicyDocuments.read(try charter(), operators: [layer]).value)
            .policy
        let source = SourceText(file: "request.json", text: text)
        do {
            _ = try policy.decide(try Request(JSONDocument(Array(text.utf8)).root))
            return []
        } catch let problem as RequestError {
            return [source.diagnostic(problem.rawValue, at: 0, "")]
        } catch {
            return [source.diagnostic(RequestSyntaxError.id, at: 0, "")]
        }
    }
}
