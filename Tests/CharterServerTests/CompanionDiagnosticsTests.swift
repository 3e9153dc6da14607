import CharterAnalysis
import CharterDetection
import CharterDocuments
import CharterEngine
import CharterServer
import Foundation
import Testing

/// The examples of `docs/diagnostics.md` for the files beside a charter are true.
@Suite("The page of diagnostics, files beside a charter")
struct CompanionDiagnosticsTests {
    struct Row: Sendable, CustomTestStringConvertible {
        var id: String
        var isWarning: Bool
        var wrong: String
        var right: String
        var area: String { String(id.prefix { $0 != "." }) }
        var testDescription: String { id }
    }

    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    static let rows: [Row] = {
        let page = try? String(
            contentsOf: root.appending(path: "docs/diagnostics.md"), encoding: .utf8)
        return (page ?? "").split(separator: "\n").compactMap { line in
            let areas = ["patterns", "settings", "phrases", "style"]
            guard
                let match = line.wholeMatch(
                    of: /\| `([a-z]+\.[a-z-]+)` \| (.*) \| (.*) \| (.*) \|/),
                areas.contains(where: { match.1.hasPrefix($0 + ".") })
            else { return nil }
            func text(_ cell: Substring) -> String {
                cell.split(separator: "<br>").map { $0.dropFirst().dropLast() }
                    .joined(separator: "\n")
            }
            return Row(
                id: String(match.1), isWarning: match.2.hasPrefix("Warning"), wrong: text(match.3),
                right: text(match.4))
        }
    }()

    private static func charter() throws -> Charter {
        let text = """
            ## Spoilers {#spoilers authority=user default=off}

            ## Crisis line {#crisis_line authority=operator default=on duty=true}
            """
        return try #require(CharterDocument.read(SourceText(file: "a.md", text: text)).value)
            .charter
    }

    private static func diagnostics(_ area: String, _ text: String) throws -> [Diagnostic] {
        let source = SourceText(file: "a.yaml", text: text)
        switch area {
        case "patterns": return PatternsDocument.read(source, for: try charter()).diagnostics
        case "phrases":
            let reading = PhrasesDocument.read(source, for: try charter())
            return reading.diagnostics + (reading.value?.compile().diagnostics ?? [])
        case "style": return PromptStyle.read(source).diagnostics
        default:
            // An example is the line that is wrong; the rest of the settings is as it should be.
            let whole =
                text.hasPrefix("upstream")
                ? text : text + "\nupstream: {url: 'http://127.0.0.1:1/v1'}"
            let reading = Settings.read(SourceText(file: "a.yaml", text: whole), environment: [:])
            let gateway = reading.value.map { Gateway.read($0, at: Instant(seconds: 0)) }
            return reading.diagnostics + (gateway?.diagnostics ?? [])
        }
    }

    @Test("Every row is there")
    func all() {
        #expect(Self.rows.count == 26, "\(Self.rows.map(\.id))")
    }

    /// No line is wrong where the self-test fails; its own tests show it.
    static let runnable = rows.filter { $0.id != "settings.self-test" }

    @Test("A wrong line is told so, and a right one is not", arguments: runnable)
    func examples(row: Row) throws {
        let told = try Self.diagnostics(row.area, row.wrong)
        #expect(
            told.contains { $0.id == row.id && ($0.severity == .warning) == row.isWarning },
            "\(told.map(\.id))")
        let quiet = try Self.diagnostics(row.area, row.right)
        #expect(quiet.isEmpty, "\(quiet.map(\.id))")
    }
}
