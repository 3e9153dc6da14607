import CVectorscan

/// Finds the matches in one text that comes in pieces: what scanner and watcher have in common.
///
/// A match is *settled* once it is known that all matches with its end or an earlier one have been
/// told. Settled matches come in the order of their ends in the normalized text, then of their
/// starts, then of the patterns; so the whole sequence does not depend on the pieces.
struct MatchFinder: ~Copyable {
    /// A match in the normalized text.
    struct Found {
        var pattern: Int
        var start: Int
        var end: Int
    }

    private let automaton: Automaton
    private var stream: OpaquePointer?
    private var normalizer = TextNormalizer()
    private(set) var text: NormalizedText
    /// How much of the text the automaton has seen.
    private var scanned = 0
    /// Told by the automaton, not settled yet; starts unknown.
    private var told: [Found] = []
    /// What the last call settled.
    private(set) var settled: [Found] = []

    /// Begins a text, which is ``NormalizedText/isOverfull`` beyond `heldLimit` original bytes.
    init(_ automaton: Automaton, heldLimit: Int) throws(ScanError) {
        self.automaton = automaton
        text = NormalizedText(
            window: automaton.window,
            kept: automaton.kept,
            heldLimit: heldLimit
        )
        guard let ends = automaton.ends else { return }
        let code = hs_open_stream(ends.pointer, 0, &stream)
        guard code == HS_SUCCESS else { throw ScanError(code: code) }
    }

    deinit { if let stream { hs_close_stream(stream, nil, nil, nil) } }

    /// Where the original text of a match stands.
    func match(_ found: Found) -> Match {
        Match(
            pattern: found.pattern,
            range: text.original(of: found.start)..<text.originalEnd(before: found.end)
        )
    }

    /// How many bytes to read at once, so that what a flood of matches takes is bounded.
    static let sliceSize = 4_096

    /// Reads the next bytes, ``sliceSize`` at most.
    ///
    /// - Returns: How many were taken: all, unless the text is overfull from there on.
    mutating func scan(
        _ bytes: RawSpan,
        using scratch: borrowing Scratch
    ) throws(ScanError) -> Int {
        text.forget()
        let taken = bytes.withUnsafeBytes { normalizer.append($0, to: &text) }
        try scanNew(using: scratch)
        try settle(until: text.end - automaton.lookahead, using: scratch)
        return taken
    }

    /// Ends the text and settles all that is left; called once.
    mutating func finish(using scratch: borrowing Scratch) throws(ScanError) {
        text.forget()
        normalizer.finish(&text)
        try scanNew(using: scratch)
        if let stream {
            self.stream = nil
            let scratch = scratch.pointer
            let code = withUnsafeMutablePointer(to: &told) { told in
                hs_close_stream(stream, scratch, Self.tell, told)
            }
            guard code == HS_SUCCESS else { throw ScanError(code: code) }
        }
        try settle(until: text.end, using: scratch)
    }

    /// Runs the automaton over what has been appended since it last ran.
    private mutating func scanNew(using scratch: borrowing Scratch) throws(ScanError) {
        guard let stream, scanned < text.end else { return }
        let new = scanned - text.start
        scanned = text.end
        let scratch = scratch.pointer
        let bytes = text.bytes
        let code = withUnsafeMutablePointer(to: &told) { told in
            bytes.withUnsafeBytes { bytes in
                hs_scan_stream(
                    stream,
                    bytes.baseAddress?.advanced(by: new),
                    UInt32(bytes.count - new),
                    0,
                    scratch,
                    Self.tell,
                    told
                )
            }
        }
        guard code == HS_SUCCESS else { throw ScanError(code: code) }
    }

    private static let tell: match_event_handler = { pattern, _, end, _, told in
        told?.assumingMemoryBound(to: [Found].self).pointee
            .append(Found(pattern: Int(pattern), start: 0, end: Int(end)))
        return 0
    }

    // MARK: Settling

    private mutating func settle(
        until end: Int,
        using scratch: borrowing Scratch
    ) throws(ScanError) {
        settled.removeAll(keepingCapacity: true)
        guard !told.isEmpty else { return }
        for found in told where found.end <= end { settled.append(found) }
        told.removeAll { $0.end <= end }
        // An end may be told twice, as `$` does before a last line break and before any.
        settled.sort { ($0.end, $0.pattern) < ($1.end, $1.pattern) }
        var last: Found?
        settled.removeAll { found in
            defer { last = found }
            return last.map { $0.end == found.end && $0.pattern == found.pattern } ?? false
        }
        try findStarts(using: scratch)
        settled.sort { ($0.end, $0.start, $0.pattern) < ($1.end, $1.start, $1.pattern) }
    }

    private mutating func findStarts(using scratch: borrowing Scratch) throws(ScanError) {
        var varying: Range<Int>?
        for index in settled.indices {
            let widths = automaton.expressions[settled[index].pattern].widths
            settled[index].start = settled[index].end - widths.upperBound
            guard widths.count > 1 else { continue }
            settled[index].start = .max
            varying = (varying?.lowerBound ?? index)..<index + 1
        }
        guard let varying, let starts = automaton.starts else { return }
        try rescan(varying, with: starts, using: scratch)
        // Never seen: the second scan must find what the first has found. Earlier is safe.
        for index in varying where settled[index].start == .max {
            settled[index].start = text.scalarBorder(
                before: max(settled[index].end - automaton.longest, text.start)
            )
        }
    }

    /// Looks for the starts of settled matches in the stretch of text that holds them all.
    ///
    /// Where the stretch is cut, `^` and `\b` hold that do not hold in the text. But it begins more
    /// than the longest match before the first end that is looked for, and ends behind all that the
    /// last one looks at (``Automaton/lookahead``), so that they hold for no match in question.
    private mutating func rescan(
        _ varying: Range<Int>,
        with starts: Database,
        using scratch: borrowing Scratch
    ) throws(ScanError) {
        let first = settled[varying.lowerBound].end - automaton.longest - Automaton.longestScalar
        let stretch =
            text.scalarBorder(
                after: max(first, text.start)
            )..<seen(
                behind: settled[varying.upperBound - 1].end
            )
        let scratch = scratch.pointer
        let bytes = text.bytes[stretch.lowerBound - text.start..<stretch.upperBound - text.start]
        let code = withUnsafeMutablePointer(to: &settled) { settled in
            var search = Search(settled: settled, offset: stretch.lowerBound)
            return bytes.withUnsafeBytes { bytes in
                hs_scan(
                    starts.pointer,
                    bytes.baseAddress,
                    UInt32(bytes.count),
                    0,
                    scratch,
                    Self.start,
                    &search
                )
            }
        }
        guard code == HS_SUCCESS else { throw ScanError(code: code) }
    }

    /// Where what the matches that end at `end` look at has ended: two scalars on.
    private func seen(behind end: Int) -> Int {
        guard automaton.lookahead > 0, end < text.end else { return end }
        let next = text.scalarBorder(after: end + 1)
        return next < text.end ? text.scalarBorder(after: next + 1) : next
    }

    private struct Search {
        var settled: UnsafeMutablePointer<[Found]>
        /// Of the stretch in the text.
        var offset: Int
    }

    private static let start: match_event_handler = { pattern, start, end, _, search in
        guard let search = search?.assumingMemoryBound(to: Search.self).pointee else { return 1 }
        let sought = (Int(end) + search.offset, Int(pattern))
        var low = 0
        var high = search.settled.pointee.count
        while low < high {
            let middle = (low + high) / 2
            let found = search.settled.pointee[middle]
            if (found.end, found.pattern) < sought { low = middle + 1 } else { high = middle }
        }
        guard low < search.settled.pointee.count else { return 0 }
        let found = search.settled.pointee[low]
        if (found.end, found.pattern) == sought, found.start > Int(start) + search.offset {
            search.settled.pointee[low].start = Int(start) + search.offset
        }
        return 0
    }
}
