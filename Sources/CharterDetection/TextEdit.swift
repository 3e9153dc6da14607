/// A stretch of a text that is not delivered, and what stands in its place.
public struct TextEdit: Sendable, Hashable {
    /// The UTF-8 bytes of the text.
    public var range: Range<Int>
    /// What is said instead, as UTF-8.
    public var replacement: [UInt8]

    /// Says something else in place of these bytes.
    public init(range: Range<Int>, replacement: [UInt8]) {
        self.range = range
        self.replacement = replacement
    }
}

extension [TextEdit] {
    /// A stretch of the text with what is said in it, of edits that are in order and apart.
    ///
    /// An edit that reaches beyond the stretch is said where it begins: stretches in a row come to the
    /// text as a whole.
    ///
    /// - Parameter place: where in the text the stretch begins.
    /// - Returns: nil where no edit touches the stretch.
    /// - Complexity: O(log of the edits), and linear in the stretch.
    public func applied(to stretch: ArraySlice<UInt8>, at place: Int) -> [UInt8]? {
        let end = place + stretch.count
        let first = firstEnding(after: place)
        guard first < count, self[first].range.lowerBound < end, !stretch.isEmpty else {
            return nil
        }
        func bytes(_ range: Range<Int>) -> ArraySlice<UInt8> {
            stretch[(stretch.startIndex + range.lowerBound - place)...].prefix(range.count)
        }
        var result: [UInt8] = []
        var written = place
        for edit in self[first...] where edit.range.lowerBound < end {
            if edit.range.lowerBound >= place {
                result += bytes(written..<edit.range.lowerBound)
                result += edit.replacement
            }
            written = Swift.min(edit.range.upperBound, end)
            if written == end { break }
        }
        return result + bytes(written..<end)
    }

    /// What of the edits is in a stretch of the text, with places from where the stretch begins.
    ///
    /// - Complexity: O(log of the edits), and linear in those that are returned.
    public func within(_ stretch: Range<Int>) -> [TextEdit] {
        if stretch.isEmpty { return [] }
        return self[firstEnding(after: stretch.lowerBound)...]
            .prefix { $0.range.lowerBound < stretch.upperBound }
            .map { edit in
                let range = edit.range.clamped(to: stretch)
                return TextEdit(
                    range: (range.lowerBound - stretch.lowerBound)..<(range.upperBound
                        - stretch.lowerBound),
                    replacement: edit.replacement)
            }
    }

    /// The number of the first edit that ends behind a byte.
    private func firstEnding(after place: Int) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle].range.upperBound <= place { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Makes edits of matches that come in the order of their ends: those that overlap or touch are one.
///
/// What is said is that of the match that begins first, of those the one of the first pattern: so it does
/// not depend on when a match becomes known.
struct MatchEdits: Sendable {
    private(set) var edits: [TextEdit] = []
    /// Of each edit, the pattern whose words it has.
    private(set) var patterns: [Int] = []

    /// Takes a match that ends where the last one did, or behind it.
    mutating func add(_ range: Range<Int>, pattern: Int, replacement: [UInt8]) {
        var edit = TextEdit(range: range, replacement: replacement)
        var pattern = pattern
        while let last = edits.last, last.range.upperBound >= edit.range.lowerBound {
            let lastPattern = patterns.removeLast()
            edits.removeLast()
            if (last.range.lowerBound, lastPattern) < (edit.range.lowerBound, pattern) {
                pattern = lastPattern
                edit.replacement = last.replacement
            }
            let start = min(last.range.lowerBound, edit.range.lowerBound)
            edit.range = start..<max(last.range.upperBound, edit.range.upperBound)
        }
        edits.append(edit)
        patterns.append(pattern)
    }

    /// The text ends here: nothing is said of what stands behind.
    mutating func end(at place: Int) {
        while let last = edits.last, last.range.upperBound > place {
            edits.removeLast()
            let pattern = patterns.removeLast()
            guard last.range.lowerBound < place else { continue }
            edits.append(
                TextEdit(range: last.range.lowerBound..<place, replacement: last.replacement))
            patterns.append(pattern)
        }
    }
}
