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

    /// What is said in place of matches, in order; those that overlap or touch are one.
    ///
    /// - Parameter replacing: asked about each match of a pattern that may be replaced: what is said in
    ///   its place, nil where it stays.
    public func edits(
        in text: RawSpan, using scratch: inout Scratch, replacing: (Match) -> [UInt8]?
    ) throws(ScanError) -> [TextEdit] {
        var edits = MatchEdits()
        var finder = try MatchFinder(automaton, heldLimit: .max, readsEscapes: false)
        func take(_ finder: inout MatchFinder) throws(ScanError) {
            for found in finder.settled where automaton.expressions[found.pattern].isReplaced {
                guard let replacement = replacing(finder.match(found)) else { continue }
                let range = try finder.range(of: found, using: scratch)
                edits.add(range, pattern: found.pattern, replacement: replacement)
            }
        }
        var index = 0
        while index < text.byteCount {
            let end = min(index + MatchFinder.sliceSize, text.byteCount)
            index += try finder.scan(text.extracting(index..<end), using: scratch)
            try take(&finder)
        }
        try finder.finish(using: scratch)
        try take(&finder)
        return edits.edits
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
