internal import CharterEngine

/// Finds what the sentences of a text instruct, by phrases; immutable, and shared by all that look.
///
/// Rules know only what was written down beforehand: what they find is instructed, what they do not
/// find may be.
public struct PhraseFinder: Sendable {
    /// In the caller's order.
    public let phrases: [Phrase]
    private let patterns: PatternSet

    /// A sentence and what it instructs.
    public struct Found: Sendable, Hashable {
        /// The phrase's index in `phrases`.
        public var phrase: Int
        /// The sentence, in bytes of the text.
        public var sentence: Range<Int>
    }

    /// Compiles the phrases.
    ///
    /// - Throws: All problems that there are.
    public init(_ phrases: [Phrase]) throws(PatternProblems) {
        self.phrases = phrases
        patterns = try PatternSet(PhraseFinder.patterns(of: phrases), isLinewise: true)
    }

    /// What ``init(_:serialized:)`` takes, so that the same phrases need not be compiled again.
    public func serialized() throws(ScanError) -> [UInt8] { try patterns.serialized() }

    /// Loads what ``serialized()`` wrote for these phrases.
    public init(_ phrases: [Phrase], serialized bytes: [UInt8]) throws(PatternSet.Unusable) {
        self.phrases = phrases
        patterns = try PatternSet(
            PhraseFinder.patterns(of: phrases), serialized: bytes, isLinewise: true)
    }

    private static func patterns(of phrases: [Phrase]) -> [Pattern] {
        phrases.map { Pattern(behavior: $0.behavior, place: .request, form: $0.form) }
    }

    /// What the sentences of a text instruct, in their order, then in the order of the phrases; linear
    /// in the text.
    public func find(in text: ArraySlice<UInt8>) throws(ScanError) -> [Found] {
        guard !phrases.isEmpty else { return [] }
        return try patterns.withScratch { scratch throws(ScanError) in try find(in: text, &scratch)
        }
    }

    private func find(
        in text: ArraySlice<UInt8>, _ scratch: inout Scratch
    ) throws(ScanError) -> [Found] {
        let scanner = TextScanner(patterns, for: .request)
        var found: [Found] = []
        for sentence in try promising(Sentences.ranges(of: text), of: text, scanner, &scratch) {
            let matches = try scanner.matches(
                in: text[sentence].span.bytes, using: &scratch, limit: 1)
            for phrase in Set(matches.map(\.pattern)).sorted() {
                found.append(Found(phrase: phrase, sentence: sentence))
            }
        }
        return found
    }

    /// The sentences in which a match may end, by one scan of all of them, each on a line of its own.
    ///
    /// What matches within a sentence matches here, since `^` and `$` are the ends of lines; what matches
    /// across two does, too, so that each is looked at again.
    private func promising(
        _ sentences: [Range<Int>], of text: ArraySlice<UInt8>, _ scanner: TextScanner,
        _ scratch: inout Scratch
    ) throws(ScanError) -> [Range<Int>] {
        guard sentences.count > 1 else { return sentences }
        var lines: [UInt8] = []
        var ends: [Int] = []
        lines.reserveCapacity(text.count + 1)
        var isPromising: [Bool] = []
        for sentence in sentences {
            // Of white space in a row the first character is seen, so that a foreign one may hide a line
            // end: what begins or ends with one is looked at, and what stands behind it.
            let isForeign = text[sentence.lowerBound] >= 0x80 || lines.dropLast().last ?? 0 >= 0x80
            isPromising.append(isForeign || text[sentence.upperBound - 1] >= 0x80)
            lines += text[sentence]
            ends.append(lines.count)
            lines.append(UInt8(ascii: "\n"))
        }
        try scanner.visitMatches(in: lines.span.bytes, using: &scratch) { match in
            let place = ends.partitioningIndex { $0 >= match.end }
            if place < ends.count { isPromising[place] = true }
        }
        return sentences.indices.filter { isPromising[$0] }.map { sentences[$0] }
    }
}

extension [Int] {
    /// The first place of a sorted list at which something holds that holds from there on; its count
    /// where it never does. O(log n).
    fileprivate func partitioningIndex(where holds: (Int) -> Bool) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if holds(self[middle]) { high = middle } else { low = middle + 1 }
        }
        return low
    }
}

/// The sentences of a text: what ends in `.`, `!`, `?`, `;` and white space, or with its line.
public enum Sentences {
    /// The most bytes of a sentence; a longer one is two.
    private static let longest = 2_000

    /// The bytes of each sentence without white space and list marks around it, in order.
    public static func ranges(of text: ArraySlice<UInt8>) -> [Range<Int>] {
        var ranges: [Range<Int>] = []
        var start = text.startIndex
        func close(_ end: Int) {
            var (lower, upper) = (start, end)
            while lower < upper, isLeading(text[lower]) { lower += 1 }
            while upper > lower, isSpace(text[upper - 1]) { upper -= 1 }
            if lower < upper { ranges.append(lower..<upper) }
        }
        var index = text.startIndex
        while index < text.endIndex {
            let byte = text[index]
            let next = index + 1
            let endsLine = byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
            let endsSentence =
                isMark(byte) && (next == text.endIndex || isSpace(text[next]))
            let endsScalar = next == text.endIndex || text[next] & 0xC0 != 0x80
            let isLong = next - start >= longest && endsScalar
            if endsLine || endsSentence || isLong {
                close(next)
                start = next
            }
            index = next
        }
        close(text.endIndex)
        return ranges
    }

    private static func isMark(_ byte: UInt8) -> Bool {
        [UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: ";")].contains(byte)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || (0x09...0x0D).contains(byte)
    }

    private static func isLeading(_ byte: UInt8) -> Bool {
        isSpace(byte)
            || [UInt8(ascii: "-"), UInt8(ascii: "*"), UInt8(ascii: "#")].contains(byte)
    }
}
