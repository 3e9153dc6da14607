/// Watches one channel of an answer (the text of one choice, the arguments of one tool call) and
/// delivers of it what can no longer be part of a violation.
///
/// It holds back as much as the longest pattern for answers could need: what is delivered is
/// always followed by less than that many bytes in normal form. On a violation exactly the text
/// before the match has been delivered, and nothing is ever after.
///
/// **Cuts do not matter.** What has been delivered in the end, the matches that were told and the
/// outcome are the same however the text was cut into pieces, also within scalars. Only *when* a
/// byte is delivered depends on it. What is delivered always ends on a scalar border.
///
/// **The first violation is the one that ends first**, in normalized text; of several with that
/// end, the one that starts first, then the pattern that comes first. So a longer match that began
/// earlier and has not ended yet does not count: nobody can know that it will.
///
/// **What is replaced** does not end the text: its matches become ``edits``, and their bytes are not
/// delivered. Before the byte up to which the text has been delivered every edit is known, with where it
/// begins and what it says; the last one may still grow behind that byte.
///
/// A state machine for one task at a time, without locks; the memory for scanning is lent.
public final class StreamWatcher {
    /// A match that was not to be.
    public struct Violation: Sendable, Hashable {
        /// The pattern's index in ``PatternSet/patterns``.
        public var pattern: Int
        /// The UTF-8 bytes of the original text, from the scalar that gave the first normalized byte
        /// of the match to the one that gave its last.
        public var range: Range<Int>

        /// A violation of the pattern at `pattern` in these bytes.
        public init(pattern: Int, range: Range<Int>) {
            self.pattern = pattern
            self.range = range
        }
    }

    /// How it stands with the text.
    public enum Outcome: Sendable, Hashable {
        /// More may come.
        case open
        /// All of the text has been delivered.
        case finished
        /// The text before the match has been delivered, the rest never is.
        case violation(Violation)
        /// Between letters that might have become a match stood so much that is invisible that
        /// ``heldLimit`` was passed at this original byte. Nothing is delivered any more: a text
        /// that cannot be watched is not passed on. Honest text does not come near.
        case unreadable(at: Int)
        /// Scanning failed. Nothing is delivered any more.
        case failed(ScanError)
    }

    /// How many original bytes are held back at most, between two calls.
    ///
    /// The longest window of letters has less than 17 KiB (4,096 bytes in normal form and a little
    /// look-ahead, each from a scalar of at most 4 bytes); the rest is for marks and zero-widths.
    public static let heldLimit = 65_536

    /// How it stands with the text.
    public var outcome: Outcome { state.outcome }
    /// How many original bytes have been delivered, or replaced.
    public var delivered: Int { state.delivered }
    /// What is said in place of matches, in order; they neither overlap nor touch.
    public var edits: [TextEdit] { state.replaced.edits }
    /// Of each edit, the pattern whose words it has.
    public var editPatterns: [Int] { state.replaced.patterns }

    private var state: WatchedText

    /// - Parameter readsEscapes: whether the text is JSON, whose escapes are read as what they stand
    ///   for.
    /// - Throws: ``ScanError/outOfMemory``.
    public init(_ patterns: PatternSet, readsEscapes: Bool = false) throws(ScanError) {
        state = WatchedText(
            finder: try MatchFinder(
                patterns.compiled.answer, heldLimit: Self.heldLimit, readsEscapes: readsEscapes))
    }

    /// Takes the next piece of the text; after any outcome but ``Outcome/open``, does nothing.
    ///
    /// - Parameters:
    ///   - bytes: UTF-8, cut anywhere. What is not UTF-8 is watched as U+FFFD and delivered as is.
    ///   - delivery: What may be delivered now is appended here, with its edits.
    ///   - scratch: Of the same patterns.
    ///   - violates: Asked about each match, by end, then pattern, until it has said yes and all
    ///     with the same end have been asked about.
    ///   - replacing: Asked about each match that does not violate: what is said in its place, nil
    ///     where it stays.
    /// - Returns: How it stands with the text now.
    @discardableResult
    public func push(
        _ bytes: RawSpan,
        to delivery: inout [UInt8],
        using scratch: inout Scratch,
        violates: (Match) -> Bool,
        replacing: (Match) -> [UInt8]? = { _ in nil }
    ) -> Outcome {
        state.push(
            bytes, to: &delivery, using: scratch, violates: violates, replacing: replacing)
    }

    /// Ends the text: what was held back is judged as it stands, and delivered.
    @discardableResult
    public func finish(
        to delivery: inout [UInt8],
        using scratch: inout Scratch,
        violates: (Match) -> Bool,
        replacing: (Match) -> [UInt8]? = { _ in nil }
    ) -> Outcome {
        state.finish(to: &delivery, using: scratch, violates: violates, replacing: replacing)
    }
}

/// The state of a watcher.
private struct WatchedText: ~Copyable {
    private(set) var outcome = StreamWatcher.Outcome.open
    private(set) var delivered = 0
    private(set) var replaced = MatchEdits()
    private var finder: MatchFinder
    /// What has come and is not delivered.
    private var held: [UInt8] = []

    init(finder: consuming MatchFinder) {
        self.finder = finder
    }

    mutating func push(
        _ bytes: RawSpan,
        to delivery: inout [UInt8],
        using scratch: borrowing Scratch,
        violates: (Match) -> Bool,
        replacing: (Match) -> [UInt8]?
    ) -> StreamWatcher.Outcome {
        var index = 0
        while outcome == .open, index < bytes.byteCount {
            let slice = bytes.extracting(
                index..<min(index + MatchFinder.sliceSize, bytes.byteCount)
            )
            slice.withUnsafeBytes { held.append(contentsOf: $0) }
            do {
                index += try finder.scan(slice, using: scratch)
                try judge(violates, replacing, to: &delivery, using: scratch)
                if outcome == .open, finder.text.isOverfull {
                    stop(.unreadable(at: finder.text.position))
                }
            } catch {
                stop(.failed(error))
            }
        }
        return outcome
    }

    mutating func finish(
        to delivery: inout [UInt8],
        using scratch: borrowing Scratch,
        violates: (Match) -> Bool,
        replacing: (Match) -> [UInt8]?
    ) -> StreamWatcher.Outcome {
        guard outcome == .open else { return outcome }
        do {
            try finder.finish(using: scratch)
            try judge(violates, replacing, to: &delivery, using: scratch)
            if outcome == .open {
                deliver(upTo: delivered + held.count, to: &delivery)
                stop(.finished)
            }
        } catch {
            stop(.failed(error))
        }
        return outcome
    }

    private mutating func judge(
        _ violates: (Match) -> Bool,
        _ replacing: (Match) -> [UInt8]?,
        to delivery: inout [UInt8],
        using scratch: borrowing Scratch
    ) throws(ScanError) {
        var first: (start: Int, found: MatchFinder.Found)?
        for found in finder.settled {
            if let first, first.found.end < found.end { break }
            let match = finder.match(found)
            guard violates(match) else {
                if let replacement = replacing(match) {
                    let range = try finder.range(of: found, using: scratch)
                    replaced.add(range, pattern: found.pattern, replacement: replacement)
                }
                continue
            }
            let start = try finder.start(of: found, using: scratch)
            if start < first?.start ?? .max { first = (start, found) }
        }
        guard let (start, found) = first else {
            return deliver(upTo: finder.text.border, to: &delivery)
        }
        let range = finder.text.original(of: start)..<finder.match(found).end
        replaced.end(at: range.lowerBound)
        deliver(upTo: range.lowerBound, to: &delivery)
        stop(.violation(StreamWatcher.Violation(pattern: found.pattern, range: range)))
    }

    private mutating func deliver(upTo border: Int, to delivery: inout [UInt8]) {
        let count = border - delivered
        guard count > 0 else { return }
        let text = held.prefix(count)
        delivery += replaced.edits.applied(to: text, at: delivered) ?? Array(text)
        held.removeFirst(count)
        delivered = border
    }

    private mutating func stop(_ outcome: StreamWatcher.Outcome) {
        self.outcome = outcome
        held = []
    }
}
