import CharterDocuments
import CharterEngine
import Foundation
import Testing

/// Documents with one mistake each, as a writer makes them; `Tests/Broken/expected.json` says what is
/// told of each.
@Suite("Broken documents")
struct BrokenDocumentTests {
    struct Case: Decodable, Sendable, CustomTestStringConvertible {
        var file: String
        /// Of a layer.
        var charter: String?
        /// The document that the mistake is in, where it is another one.
        var `in`: String?
        var id: String
        var line: Int
        var column: Int
        /// What is underlined.
        var text: String
        var help: String

        var testDescription: String { file }
    }

    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Broken")

    static let cases: [Case] =
        (try? JSONDecoder().decode(
            [Case].self, from: Data(contentsOf: folder.appending(path: "expected.json")))) ?? []

    static func source(_ file: String) -> SourceText? {
        guard let data = try? Data(contentsOf: folder.appending(path: file)) else { return nil }
        return SourceText(file: file, bytes: Array(data))
    }

    /// `NAME.yaml` beside the layer, or in `templates/`.
    static func find(_ name: String) -> SourceText? {
        source("\(name).yaml") ?? source("templates/\(name).yaml")
    }

    static func diagnostics(_ document: Case) throws -> [Diagnostic] {
        let source = try #require(Self.source(document.file))
        guard let file = document.charter else { return CharterDocument.read(source).diagnostics }
        let charterSource = try #require(Self.source(file))
        let charter = try #require(CharterDocument.read(charterSource).value)
        switch LayerHeader(source).level {
        case .user:
            return LayerDocument.read(
                source, in: .init(charter: charter.charter, level: .user), templates: find
            ).diagnostics
        case .platform:
            return PolicyDocuments.read(charter, platform: source, templates: find).diagnostics
        case .root, .operator:
            let above = LayerHeader(source).under.flatMap(find)
            return PolicyDocuments.read(
                charter, operators: [above, source].compactMap { $0 }, templates: find
            ).diagnostics
        }
    }

    @Test("There are forty, and each error of documents is among them")
    func complete() throws {
        #expect(Self.cases.count >= 40)
        let files = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
        #expect(
            Set(files.filter { $0.first?.isNumber == true }) == Set(Self.cases.map(\.file)))
        let semantics = [
            "charter.syntax", "charter.bad-id", "charter.duplicate-id", "charter.duplicate-key",
            "charter.unknown-attribute", "charter.bad-attribute", "charter.attribute-conflict",
            "charter.unknown-tier", "charter.default-unsaid", "charter.bad-default",
            "charter.bad-dial", "charter.bad-bounds", "charter.root-adjustable",
            "charter.bad-adjust", "charter.unknown-conflict", "layer.syntax", "layer.unknown-key",
            "layer.duplicate-key", "layer.bad-value", "layer.unknown-behavior",
            "layer.unknown-value", "layer.wrong-level", "layer.cycle", "layer.unknown-template",
            "layer.unknown-role", "layer.claim-conflict", "layer.bad-chain", "condition.syntax",
            "condition.type", "condition.unknown-claim",
        ]
        #expect(Set(Self.cases.map(\.id)) == Set(semantics))
    }

    @Test("Each is told once, at its place, with what to write", arguments: cases)
    func told(document: Case) throws {
        let errors = try Self.diagnostics(document)
        #expect(errors.count == 1, "\(DiagnosticText.render(errors))")
        let error = try #require(errors.first)
        let start = error.position.column - error.lineStart
        let underlined = Array((error.line ?? "").utf8).dropFirst(start).prefix(error.length)
        #expect(error.severity == .error)
        #expect(error.id == document.id)
        #expect(error.file == document.in ?? document.file)
        #expect(error.position == SourcePosition(line: document.line, column: document.column))
        #expect(String(decoding: underlined, as: UTF8.self) == document.text)
        #expect(error.help == document.help)
    }

    @Test("The documents around them are sound")
    func sound() throws {
        let source = try #require(Self.source("reading_room.md"))
        let charter = CharterDocument.read(source)
        #expect(charter.diagnostics.isEmpty)
        let document = try #require(charter.value)
        let layerSource = try #require(Self.source("city_library.yaml"))
        let layer = PolicyDocuments.read(document, operators: [layerSource])
        #expect(layer.diagnostics.isEmpty && layer.value?.doubts.isEmpty == true)
    }
}
