/// Finds all matches in a whole text.
public struct TextScanner: Sendable {
    private let automaton: Automaton

    /// A scanner with the patterns for this kind of text.
    public init(_ patterns: PatternSet, for text: PatternSet.Text) {
        automaton = patterns.automaton(for: text)
    }

    /// The matches, in the order of their ends, then of the patterns.
    ///
    /// Each pattern has one match for each end in the normalized text. (So it may have two for one
    /// end in the original, where a scalar became several.) Linear in the text.
    ///
    /// - Parameters:
    ///   - text: UTF-8; what is not is read as U+FFFD.
    ///   - scratch: Of the same patterns.
    ///   - readsEscapes: Whether the text is JSON, whose escapes are read as what they stand for.
    ///   - limit: How many matches of one pattern are told: its first. A text has as many as bytes.
    /// - Returns: The matches.
    /// - Throws: What Vectorscan says; nothing about the text makes it fail.
    public func matches(
        in text: RawSpan,
        using scratch: inout Scratch,
        readsEscapes: Bool = false,
        limit: Int = 1_000
    ) throws(ScanError) -> [Match] {
        var matches: [Match] = []
        var told: [Int: Int] = [:]
        try visitMatches(in: text, using: &scratch, readsEscapes: readsEscapes) { match in
            guard told[match.pattern, default: 0] < limit else { return }
            told[match.pattern, default: 0] += 1
            matches.append(match)
        }
        return matches
    }

    /// Calls `visit` with each match, as `matches` tells them, and keeps none.
    func visitMatches(
        in text: RawSpan,
        using scratch: inout Scratch,
        readsEscapes: Bool = false,
        _ visit: (Match) -> Void
    ) throws(ScanError) {
        var finder = try MatchFinder(automaton, heldLimit: .max, readsEscapes: readsEscapes)
        func take(_ finder: borrowing MatchFinder) {
            for found in finder.settled { visit(finder.match(found)) }
        }
        var index = 0
        while index < text.byteCount {
            let slice = text.extracting(
                index..<min(index + MatchFinder.sliceSize, text.byteCount)
            )
            index += try finder.scan(slice, using: scratch)
            take(finder)
        }
        try finder.finish(using: scratch)
        take(finder)
    }
}
