import CharterDocuments
import CharterGateway

/// A watcher that looks for literal texts, in the plainest way that keeps the laws.
struct LiteralWatcher: TextWatcher {
    let literals: [[UInt8]]
    private let longest: Int
    private(set) var text: [UInt8] = []
    private(set) var cleared = 0
    private var isOver = false

    init(_ literals: [String]) {
        self.literals = literals.map { Array($0.utf8) }
        longest = self.literals.map(\.count).max() ?? 0
    }

    mutating func push(_ piece: ArraySlice<UInt8>) -> String? {
        guard !isOver else { return nil }
        for byte in piece {
            text.append(byte)
            let found = literals.filter { $0.last == byte && text.suffix($0.count) == $0[...] }
            if let match = found.max(by: { $0.count < $1.count }) {
                cleared = text.count - match.count
                isOver = true
                return String(decoding: match, as: UTF8.self)
            }
        }
        cleared = max(0, text.count - longest)
        return nil
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
