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

    private static func finder() throws -> PhraseFinder {
        let charter = try #require(CharterDocument.read(try source("Charters/standard.md")).value)
        let reading = PhrasesDocument.read(
            try source("Charters/standard.phrases.yaml"), for: charter.charter)
        let document = try #require(reading.value, "\(DiagnosticText.render(reading.diagnostics))")
        let compiled = document.compile()
        return try #require(compiled.value, "\(DiagnosticText.render(compiled.diagnostics))")
    }

    @Test("Every case comes out as expected, alone and among others")
    func all() throws {
        let finder = try Self.finder()
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
        for seed in 0..<300 {
            var random = SeededGenerator(seed: UInt64(seed))
            let separators = ["\n", ". ", "\n\n- ", "!\u{A0}\n", "; ", "\n\u{200B}", " \u{3000}\n"]
            let text = (0..<Int.random(in: 2...12, using: &random)).map { _ in
                (Self.cases.randomElement(using: &random)?.sentence ?? "")
                    + (separators.randomElement(using: &random) ?? "")
            }.joined()
            let bytes = Array(text.utf8)
            let alone = try Sentences.ranges(of: bytes[...]).flatMap {
                try finder.find(in: bytes[$0])
            }
            #expect(try finder.find(in: bytes[...]) == alone, "seed \(seed): \(text)")
        }
    }
}
