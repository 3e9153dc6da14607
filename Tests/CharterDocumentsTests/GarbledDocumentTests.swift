import CharterDocuments
import CharterEngine
import Foundation
import Testing

/// Documents in which bytes were exchanged, lost, doubled or put in at random: whatever is told of them
/// stands in them, and nothing stops the program.
@Suite("Garbled documents")
struct GarbledDocumentTests {
    static let rounds = Int(ProcessInfo.processInfo.environment["CHARTER_ROUNDS"] ?? "") ?? 300
    static let seed = UInt64(ProcessInfo.processInfo.environment["CHARTER_SEED"] ?? "") ?? 7

    /// Pieces that mean something to one of the readers.
    static let pieces = [
        "---\n", "\n\n", "\r", "# ", "{#", "}", "```charter\n", "~~~xml\n", "```\n", "<user>",
        "</user>",
        "<comparison>\n", "</comparison>", "<assistant> <!-- GOOD -->\n", "<!--", "-->",
        "**Example**: ",
        "!!! meta\n    ", "[^a]", "](#a)", "`", "``", "\"", "'", ": ", "- ", "[", "]", "{", ",",
        "&a ",
        "*a", "!!str ", "|\n  ", ">-\n  ", "\t", "\u{FEFF}", "é", "🧑‍🍳", "\u{0}", "> ", "    ",
        "claims.age", " && ", "adjust:\n", "dial: [a, b]\n",
    ].map { Array($0.utf8) }

    static func garble(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        var bytes = bytes
        for _ in 0..<Int.random(in: 1...12, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...30, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(contentsOf: bytes[place..<end], at: place)
            case 2: bytes.insert(contentsOf: random.pick(pieces), at: place)
            case 3: bytes.insert(contentsOf: random.pick(pieces), at: min(place, end))
            default:
                if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &random) }
            }
        }
        return bytes
    }

    /// A part of a document, from one line to another.
    static func part(_ bytes: [UInt8], _ random: inout SeededGenerator) -> [UInt8] {
        let lines = bytes.split(separator: 0x0A, omittingEmptySubsequences: false)
        let start =
            Bool.random(using: &random) ? 0 : Int.random(in: 0..<lines.count, using: &random)
        let end = min(lines.count, start + Int.random(in: 1...80, using: &random))
        return Array(lines[start..<end].joined(separator: [0x0A]))
    }

    @Test("are read or refused, and what is told stands in them")
    func garbled() throws {
        var random = SeededGenerator(seed: Self.seed)
        let folder = BrokenDocumentTests.folder
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
        let documents = files.compactMap(BrokenDocumentTests.source)
        let standard = SourceText(
            file: "standard.md",
            bytes: Array(try Data(contentsOf: folder.appending(path: "../../Charters/standard.md")))
        )
        let charterSource = try #require(BrokenDocumentTests.source("reading_room.md"))
        let charter = try #require(CharterDocument.read(charterSource).value)
        for round in 0..<Self.rounds {
            let chosen = round % 3 == 0 ? standard : random.pick(documents)
            let part = round % 3 == 0 ? Self.part(chosen.bytes, &random) : chosen.bytes
            let source = SourceText(file: chosen.file, bytes: Self.garble(part, &random))
            var diagnostics: [Diagnostic]
            if chosen.file.hasSuffix(".md") {
                let reading = CharterDocument.read(source)
                diagnostics = reading.diagnostics + (reading.value?.doubts ?? [])
            } else {
                let reading = PolicyDocuments.read(
                    charter, operators: [source], templates: BrokenDocumentTests.find)
                diagnostics = reading.diagnostics + (reading.value?.doubts ?? [])
            }
            for diagnostic in diagnostics where diagnostic.file == source.file {
                let line = source.line(diagnostic.position.line)
                let start = diagnostic.position.column - 1
                let isInside =
                    diagnostic.position.line <= source.lineCount && start <= line.count
                    && start + diagnostic.length <= line.count + 1
                #expect(isInside, "round \(round), seed \(Self.seed): \(diagnostic)")
                #expect(diagnostic.severity == .note || diagnostic.help != nil)
            }
            _ = DiagnosticText.render(diagnostics, isColored: true)
        }
    }
}
