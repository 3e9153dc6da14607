import CharterDetection
import CharterDocuments
import CharterEngine
import Foundation
import Testing

/// The standard charter's phrases find in a sentence what it instructs, and nothing else.
@Suite("Standard phrases")
struct StandardPhrasesTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// A sentence with what it instructs, as `behavior op value`.
    struct Case: Sendable, CustomTestStringConvertible {
        var sentence: String
        var expected: Set<String>
        var testDescription: String { sentence }
    }

    static let cases: [Case] = {
        let file = root.appending(path: "Tests/Vectors/phrases/cases.jsonl")
        let lines = (try? Data(contentsOf: file))?.split(separator: UInt8(ascii: "\n")) ?? []
        return lines.compactMap { line in
            guard let json = try? JSONDocument(Array(line)).root,
                let sentence = json["sentence"]?.string, let expected = json["expected"]
            else { return nil }
            return Case(
                sentence: sentence,
                expected: Set(
                    expected.children.map { each in
                        ["behavior", "op", "value"].map { key in
                            each.children.first { $0.key.elementsEqual(key.utf8) }?.string ?? ""
                        }.joined(separator: " ")
                    }))
        }
    }()

    private static func source(_ path: String) throws -> SourceText {
        SourceText(file: path, bytes: Array(try Data(contentsOf: root.appending(path: path))))
    }

    @Test("Every case comes out as expected")
    func all() throws {
        let charter = try #require(
            CharterDocument.read(try Self.source("Charters/standard.md")).value
        ).charter
        let reading = PhrasesDocument.read(
            try Self.source("Charters/standard.phrases.yaml"), for: charter)
        let document = try #require(reading.value, "\(DiagnosticText.render(reading.diagnostics))")
        let compiled = document.compile()
        let finder = try #require(
            compiled.value, "\(DiagnosticText.render(compiled.diagnostics))")
        #expect(Self.cases.count >= 250)
        #expect(Self.cases.filter(\.expected.isEmpty).count >= 80)
        for each in Self.cases {
            let bytes = Array(each.sentence.utf8)
            let found = try finder.find(in: bytes[...]).map { found in
                let phrase = finder.phrases[found.phrase]
                return "\(phrase.behavior) \(phrase.operation.rawValue) \(phrase.value)"
            }
            #expect(Set(found) == each.expected, "\(each.sentence)")
        }
    }
}
