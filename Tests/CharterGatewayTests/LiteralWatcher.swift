import CharterDetection
import CharterDocuments
import CharterGateway

/// A watcher that looks for literal texts, in the plainest way that keeps the laws.
struct LiteralWatcher: TextWatcher {
    /// What is said in place of what is replaced.
    static let replacement = Array("▮▮".utf8)

    private(set) var literals: [[UInt8]]
    private var replaced: [[UInt8]]
    private(set) var edits: [TextEdit] = []
    private let longest: Int
    private(set) var text: [UInt8] = []
    private(set) var cleared = 0
    private var isOver = false

    init(_ literals: [String], replacing replaced: [String] = []) {
        self.literals = literals.map { Array($0.utf8) }
        self.replaced = replaced.map { Array($0.utf8) }
        longest = (self.literals + self.replaced).map(\.count).max() ?? 0
    }

    mutating func forbidEdits() {
        literals += replaced
        replaced = []
    }

    func violation(replacedAt place: Int) -> String? {
        edits.first { $0.range.contains(place) }
            .map { String(decoding: text[$0.range], as: UTF8.self) }
    }

    mutating func push(_ piece: ArraySlice<UInt8>) -> String? {
        guard !isOver else { return nil }
        for byte in piece {
            text.append(byte)
            let found = literals.filter { $0.last == byte && text.suffix($0.count) == $0[...] }
            if let match = found.max(by: { $0.count < $1.count }) {
                cleared = text.count - match.count
                isOver = true
                edits.removeAll { $0.range.lowerBound >= cleared }
                if let last = edits.popLast() {
                    let range = last.range.clamped(to: 0..<cleared)
                    edits.append(TextEdit(range: range, replacement: Self.replacement))
                }
                return String(decoding: match, as: UTF8.self)
            }
            for match in replaced where text.suffix(match.count) == match[...] { replace(match) }
        }
        cleared = max(0, text.count - longest)
        return nil
    }

    private mutating func replace(_ match: [UInt8]) {
        var start = text.count - match.count
        while let last = edits.last, last.range.upperBound >= start {
            start = min(start, last.range.lowerBound)
            edits.removeLast()
        }
        edits.append(TextEdit(range: start..<text.count, replacement: Self.replacement))
    }

    mutating func finish() -> String? {
        if !isOver { cleared = text.count }
        isOver = true
        return nil
    }
}

/// What stands before the match that ends first; all of the text where there is none.
func textBefore(_ literals: [String], in text: String) -> String {
    var watcher = LiteralWatcher(literals)
    _ = watcher.push(Array(text.utf8)[...])
    _ = watcher.finish()
    return String(decoding: Array(text.utf8)[..<watcher.cleared], as: UTF8.self)
}
