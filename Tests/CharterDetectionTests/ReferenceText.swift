import CharterDetection

/// A whole text, normalized and searched in the simplest way: what scanner and watcher must agree
/// with.
struct ReferenceText {
    /// The text in normal form, and for each scalar the original bytes that it came from.
    var scalars: [Unicode.Scalar] = []
    var origins: [Range<Int>] = []
    /// Where scalars begin in the original, and where it ends.
    var borders: Set<Int> = [0]

    init(_ bytes: [UInt8]) {
        var parser = Unicode.UTF8.ForwardParser()
        var source = bytes.makeIterator()
        var offset = 0
        parsing: while true {
            var scalar: Unicode.Scalar = "\u{FFFD}"
            let length: Int
            switch parser.parseScalar(from: &source) {
            case .emptyInput: break parsing
            case .error(let count): length = count
            case .valid(let encoded):
                scalar = Unicode.UTF8.decode(encoded)
                length = encoded.count
            }
            for folded in TextNormalizer.normalForm(of: scalar)
            where !(Self.spaces.contains(folded) && scalars.last.map(Self.spaces.contains) ?? false)
            {
                scalars.append(folded)
                origins.append(offset..<offset + length)
            }
            offset += length
            borders.insert(offset)
        }
    }

    /// White space in normal form: of a row of it the first stands.
    static let spaces: [Unicode.Scalar] = ["\t", "\n", "\u{B}", "\u{C}", "\r", " "]

    /// A match: scalar offsets in normalized text, and bytes of the original.
    struct Match {
        var pattern: Int
        var start: Int
        var end: Int
        var range: Range<Int>
    }

    /// All matches with their earliest starts: by end, then pattern.
    func matches(of patterns: [ReferencePattern]) -> [Match] {
        var matches: [Match] = []
        for (index, pattern) in patterns.enumerated() {
            var starts: [Int: Int] = [:]
            for start in scalars.indices.reversed() {
                for end in pattern.ends(in: scalars, from: start) { starts[end] = start }
            }
            for (end, start) in starts {
                let range = origins[start].lowerBound..<origins[end - 1].upperBound
                matches.append(Match(pattern: index, start: start, end: end, range: range))
            }
        }
        return matches.sorted { ($0.end, $0.pattern) < ($1.end, $1.pattern) }
    }
}
