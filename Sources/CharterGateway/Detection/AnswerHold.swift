/// What of a streamed answer waits until detectors have looked at it.
///
/// Pieces go on in their order. What has waited for half of the window is asked about, with all that
/// stands before it; what has waited for all of it is *overdue*, and whoever holds the stream goes by the
/// tier. Time comes in as an argument, since the stream began.
public struct AnswerHold: Sendable {
    private struct Piece: Sendable {
        var bytes: [UInt8]
        var since: Duration
        var number: Int
    }

    private let window: Duration
    private var waiting: [Piece] = []
    private var count = 0
    /// Pieces before this one were asked about.
    private var asked = 0
    /// Whether somebody is looking.
    public private(set) var isAsking = false
    /// Whether nothing more comes.
    private var isComplete = false

    /// - Parameter window: how long a piece may wait.
    public init(window: Duration) {
        self.window = window
    }

    /// How many bytes wait.
    public private(set) var byteCount = 0
    /// Whether nothing waits.
    public var isEmpty: Bool { waiting.isEmpty }

    /// Takes the next bytes, which wait from now on.
    public mutating func hold(_ bytes: [UInt8], at now: Duration) {
        guard !bytes.isEmpty else { return }
        waiting.append(Piece(bytes: bytes, since: now, number: count))
        count += 1
        byteCount += bytes.count
    }

    /// Nothing more comes: what waits may be asked about at once.
    public mutating func complete() { isComplete = true }

    /// When something is to be done next: to ask, or to give up waiting; nil where nothing waits.
    public var due: Duration? {
        guard let oldest = waiting.first else { return nil }
        let unasked = isAsking ? nil : waiting.first { $0.number >= asked }
        let asking = unasked.map { isComplete ? Duration.zero : $0.since + window / 2 }
        return min(asking ?? .seconds(Int64.max), oldest.since + window)
    }

    /// Whether to ask about everything so far; then it counts as asked.
    public mutating func ask(at now: Duration) -> Bool {
        guard !isAsking, let oldest = waiting.first(where: { $0.number >= asked }),
            isComplete || now >= oldest.since + window / 2
        else { return false }
        isAsking = true
        asked = count
        return true
    }

    /// Somebody has looked: takes out what was asked about.
    public mutating func release() -> [UInt8] {
        isAsking = false
        return take(waiting.prefix { $0.number < asked }.count)
    }

    /// Whether something has waited for all of the window.
    public func isOverdue(at now: Duration) -> Bool {
        waiting.first.map { now >= $0.since + window } ?? false
    }

    /// Takes out what has waited for all of the window.
    public mutating func releaseOverdue(at now: Duration) -> [UInt8] {
        take(waiting.prefix { now >= $0.since + window }.count)
    }

    private mutating func take(_ count: Int) -> [UInt8] {
        let bytes = Array(waiting.prefix(count).map(\.bytes).joined())
        waiting.removeFirst(count)
        byteCount -= bytes.count
        return bytes
    }
}
