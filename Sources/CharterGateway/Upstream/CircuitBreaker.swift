/// Keeps requests away from a model's server that has failed several times in a row.
///
/// Closed, it lets everything pass. After `mostFailures` failures in a row it opens and waits; when the wait
/// is over, one request may try (half-open), and its outcome closes it, or opens it for twice as long. (The
/// pattern is Nygard's, *Release It!*, chapter 5.)
///
/// Times are durations since one fixed moment; it reads no clock.
public struct CircuitBreaker: Sendable {
    /// Whether requests may pass.
    public enum State: String, Sendable {
        /// All may.
        case closed
        /// None may, before the wait is over.
        case open
        /// One may, to see whether the server is back; where one is on its way, no other.
        case halfOpen = "half-open"
    }

    /// What became of a request.
    public enum Outcome: Sendable {
        /// The server has answered, be it with an error about the request.
        case answered
        /// It could not be reached, was silent, or said that it cannot serve.
        case failed
        /// The client went away first: nothing is known.
        case abandoned
    }

    /// How many failures in a row open it.
    public static let mostFailures = 5
    /// How long it waits when it opens.
    public static let firstWait = Duration.seconds(1)
    /// How long it waits at most.
    public static let longestWait = Duration.seconds(60)

    /// Failures in a row.
    public private(set) var failures = 0
    private var wait = firstWait
    /// When the wait is over; nil: it is closed.
    private var opensAgain: Duration?
    private var isProbed = false

    /// A breaker that is closed.
    public init() {}

    /// The state at a moment.
    public func state(at now: Duration) -> State {
        guard let opensAgain else { return .closed }
        return isProbed || now >= opensAgain ? .halfOpen : .open
    }

    /// Whether a request may pass at a moment: it is closed, or half-open and nobody is trying.
    public func isPassable(at now: Duration) -> Bool {
        switch state(at: now) {
        case .closed: true
        case .halfOpen: !isProbed
        case .open: false
        }
    }

    /// A request passes, or is sent in spite of the breaker; `end` says what became of it.
    ///
    /// - Returns: whether it is the one that finds out if the server is back.
    public mutating func begin(at now: Duration) -> Bool {
        guard opensAgain != nil, isPassable(at: now) else { return false }
        isProbed = true
        return true
    }

    /// What became of a request that began.
    ///
    /// - Parameter isProbe: what `begin` returned.
    public mutating func end(_ outcome: Outcome, isProbe: Bool, at now: Duration) {
        if isProbe { isProbed = false }
        switch outcome {
        case .answered: self = CircuitBreaker()
        case .abandoned: break
        case .failed:
            failures += 1
            if opensAgain == nil {
                if failures >= CircuitBreaker.mostFailures { opensAgain = now + wait }
            } else if isProbe {
                wait = min(wait * 2, CircuitBreaker.longestWait)
                opensAgain = now + wait
            }
        }
    }
}
