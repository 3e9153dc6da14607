import CVectorscan

/// Finds the matches in one text that comes in pieces: what scanner and watcher have in common.
///
/// A match is *settled* once it is known that all matches with its end or an earlier one have been
/// told. Settled matches come in the order of their ends in the normalized text, then of the
/// patterns; so the whole sequence does not depend on the pieces.
struct MatchFinder: ~Copyable {
    /// A match in the normalized text.
    struct Found: Equatable {
        var pattern: Int
        var end: Int
    }

    private let automaton: Automaton
    private var stream: OpaquePointer?
    private var normalizer: TextNormalizer
    private(set) var text: NormalizedText
    /// How much of the text the automaton has seen.
    private var scanned = 0
    /// Told by the automaton, not settled yet.
    private var told: [Found] = []
    /// What the last call settled.
    private(set) var settled: [Found] = []
    /// How much has been looked at for the starts of matches that are replaced.
    private var lookedAt = 0

    /// Begins a text, which is ``NormalizedText/isOverfull`` beyond `heldLimit` original bytes.
    init(
        _ automaton: Automaton, heldLimit: Int, readsEscapes: Bool
    ) throws(ScanError) {
        self.automaton = automaton
        normalizer = TextNormalizer(readsEscapes: readsEscapes)
        text = NormalizedText(
            window: automaton.window,
            kept: automaton.kept,
            heldLimit: heldLimit
        )
        guard let ends = automaton.ends else { return }
        let code = vectorscan_open(ends.pointer, &stream)
        guard code == HS_SUCCESS else { throw ScanError(code: code) }
    }

    deinit { if let stream { vectorscan_close(stream, nil, nil, nil) } }

    func match(_ found: Found) -> Match {
        Match(pattern: found.pattern, end: text.originalEnd(before: found.end))
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
        settle(until: text.end - automaton.lookahead)
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
                vectorscan_close(stream, scratch, Self.tell, told)
            }
            guard code == HS_SUCCESS else { throw ScanError(code: code) }
        }
        settle(until: text.end)
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
                vectorscan_continue(
                    stream,
                    bytes.baseAddress?.advanced(by: new),
                    UInt32(bytes.count - new),
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
            .append(Found(pattern: Int(pattern), end: Int(end)))
        return 0
    }

    private mutating func settle(until end: Int) {
        settled.removeAll(keepingCapacity: true)
        guard !told.isEmpty else { return }
        for found in told where found.end <= end { settled.append(found) }
        told.removeAll { $0.end <= end }
        settled.sort { ($0.end, $0.pattern) < ($1.end, $1.pattern) }
        // An end may be told twice, as `$` does before a last line break and before any.
        var last: Found?
        settled.removeAll { found in
            defer { last = found }
            return last == found
        }
    }

    // MARK: Starts

    /// Where a match that has just been settled begins at the earliest, in normalized text.
    ///
    /// Where matches differ in length, a second automaton looks at the stretch that can hold the
    /// match. Where the stretch is cut, `^`, `$` and `\b` hold that do not hold in the text; but it
    /// begins before any match with this end can, and ends behind all that such a match looks at
    /// (``Automaton/lookahead``), so that they hold for no match in question.
    ///
    /// Complexity: Linear in the pattern's longest match.
    func start(
        of found: Found,
        using scratch: borrowing Scratch
    ) throws(ScanError) -> Int {
        let widths = automaton.expressions[found.pattern].widths
        let earliest = found.end - widths.upperBound
        guard widths.count > 1, let starts = automaton.starts else { return earliest }
        let first = text.scalarBorder(after: max(earliest - Automaton.longestScalar, text.start))
        let last = seen(behind: found.end)
        let stretch = text.bytes[first - text.start..<last - text.start]
        var search = Search(
            sought: Found(pattern: found.pattern, end: found.end - first),
            start: .max
        )
        let code = stretch.withUnsafeBytes { stretch in
            vectorscan_scan(
                starts.pointer,
                stretch.baseAddress,
                UInt32(stretch.count),
                scratch.pointer,
                Self.compare,
                &search
            )
        }
        guard code == HS_SUCCESS else { throw ScanError(code: code) }
        // Never seen: the second automaton must find what the first has found. Earlier is safe.
        guard search.start != .max else {
            return text.scalarBorder(before: max(earliest, text.start))
        }
        return first + search.start
    }

    /// The original bytes of a match that has just been settled.
    ///
    /// Where there are many, and much has been looked at for their starts, a match begins as early as it
    /// can: then it has too much, and never too little.
    mutating func range(
        of found: Found,
        using scratch: borrowing Scratch
    ) throws(ScanError) -> Range<Int> {
        let widths = automaton.expressions[found.pattern].widths
        var start = text.scalarBorder(before: max(found.end - widths.upperBound, text.start))
        if widths.count == 1 || lookedAt < Self.mostLookedAt {
            lookedAt += widths.count == 1 ? 0 : widths.upperBound
            start = try self.start(of: found, using: scratch)
        }
        return text.original(of: start)..<match(found).end
    }

    /// How many bytes of a text are looked at for the starts of matches that are replaced.
    private static let mostLookedAt = 8 << 20

    /// Where what the matches that end at `end` look at has ended: two scalars on.
    private func seen(behind end: Int) -> Int {
        guard automaton.lookahead > 0, end < text.end else { return end }
        let next = text.scalarBorder(after: end + 1)
        return next < text.end ? text.scalarBorder(after: next + 1) : next
    }

    private struct Search {
        /// With its end in the stretch.
        var sought: Found
        var start: Int
    }

    private static let compare: match_event_handler = { pattern, start, end, _, search in
        guard let search = search?.assumingMemoryBound(to: Search.self) else { return 1 }
        if Found(pattern: Int(pattern), end: Int(end)) == search.pointee.sought {
            search.pointee.start = min(search.pointee.start, Int(start))
        }
        return 0
    }
}
