import CharterDetection
import CharterDocuments
import CharterEngine
import CharterGateway
import Fuzzing

/// Any bytes may be patterns, and any text may be watched: how it is cut changes nothing, and what
/// stands in a text is found in it.
///
/// NUL bytes set apart the patterns (or nothing, for a literal of the text), how the text is cut,
/// and the text.
@main
struct DetectionFuzz: Fuzzer {
    private let room = ReadingRoom()
    /// Longer matches take Vectorscan long to compile, and find nothing else.
    private static let longestMatch = 40

    func test(_ input: [UInt8]) {
        let parts = input.parts(3)
        guard parts.count == 3 else {
            read(input)
            return
        }
        let (cuts, text) = (parts[1], parts[2])
        if parts[0].isEmpty {
            watch(room.enforcement.patterns, text, cuts)
            find(text, cuts)
        } else if let patterns = read(parts[0]) {
            watch(patterns, text, cuts)
        }
    }

    /// Reads patterns, and compiles them if they are small.
    @discardableResult
    private func read(_ bytes: [UInt8]) -> PatternSet? {
        let source = SourceText(file: "charter.patterns.yaml", bytes: bytes)
        let reading = PatternsDocument.read(source, for: room.charter.charter)
        checkPlaces(of: reading.diagnostics, in: [source])
        guard let document = reading.value, document.patterns.count <= 4, bytes.count <= 400,
            document.patterns.allSatisfy({ Self.width(of: $0) <= Self.longestMatch })
        else { return nil }
        let compiled = document.compile()
        checkPlaces(of: compiled.diagnostics, in: [source])
        return compiled.value
    }

    private static func width(of pattern: Pattern) -> Int {
        // A set of this one for answers knows how long its matches are; only measuring is cheap.
        switch pattern.form {
        case .literal(let text): text.utf8.count
        case .regex(let regex): regex.utf8.count + 8 * regex.count { $0 == "{" || $0 == "." }
        }
    }

    private func watch(_ patterns: PatternSet, _ text: [UInt8], _ cuts: [UInt8]) {
        for (violating, replaces) in [(0, false), (1, false), (2, false), (0, true), (1, true)] {
            let violates = { (pattern: Int) in violating > 0 && pattern % 2 == violating - 1 }
            let replacing = { (_: Int) in replaces }
            let whole = WatchedText([text], patterns, violates, replacing: replacing)
            for pieces in [text.cut(cuts), text.cut([])] {
                let other = WatchedText(pieces, patterns, violates, replacing: replacing)
                check(other == whole, "cut, \(other) is \(whole)")
            }
            whole.checkDelivery(of: text)
            if violating == 0 {
                let matches = matches(of: patterns, in: text, .answer)
                check(matches == whole.matches, "\(matches) of the scanner are \(whole.matches)")
            }
        }
    }

    /// A literal is found wherever it stands.
    private func find(_ text: [UInt8], _ cuts: [UInt8]) {
        let scalars = Array(String(decoding: text, as: UTF8.self).unicodeScalars)
        var bytes = ByteReader(cuts)
        let start = bytes.below(scalars.count)
        let end = min(scalars.count, start + 1 + bytes.below(12))
        guard start < end else { return }
        let literal = String(String.UnicodeScalarView(scalars[start..<end]))
        let pattern = Pattern(behavior: "secrets", place: .both, form: .literal(literal))
        let isSeen = !TextNormalizer.normalized(literal).isEmpty
        let patterns = try? PatternSet([pattern])
        check((patterns != nil) == isSeen, "\(literal.debugDescription) compiles")
        guard let patterns else { return }
        let valid = String(String.UnicodeScalarView(scalars))
        for text in [PatternSet.Text.request, .answer] {
            let matches = matches(of: patterns, in: Array(valid.utf8), text)
            check(!matches.isEmpty, "\(literal.debugDescription) is found")
        }
    }
}
