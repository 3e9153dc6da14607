internal import CharterGateway
internal import Logging
internal import Synchronization

/// An issuer's keys as they were last fetched.
///
/// They are fetched when they are first needed, again when they are old, and at once where a token names
/// a key that is not among them: that is how issuers rotate. However many requests wait, one fetch at a
/// time goes on, and none begins sooner than the source's interval after the last. Where the issuer cannot
/// be reached the last good keys stay until they are too old to be believed.
final class KeySetCache: Sendable {
    /// Keys with when they came.
    struct Held: Sendable {
        let keySet: KeySet
        /// Counts the fetches: what was checked with other keys is checked again.
        let generation: Int
        fileprivate let at: ContinuousClock.Instant
    }

    private struct State {
        var held: Held?
        var fetching: Task<Held, any Error>?
        var lastAttempt: ContinuousClock.Instant?
        /// Why the last fetch came to nothing.
        var failure: String?
    }

    private let state = Mutex(State())
    private let source: any KeySetSource
    private let issuer: String
    private let refresh: Duration
    private let maxAge: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - refresh: keys older than this are fetched again, behind the back of requests.
    ///   - maxAge: keys older than this are no keys.
    init(
        _ source: any KeySetSource, issuer: String, refresh: Duration, maxAge: Duration,
        logger: Logger
    ) {
        self.source = source
        self.issuer = issuer
        self.refresh = refresh
        self.maxAge = maxAge
        self.logger = logger
    }

    /// The keys that are believed now, without waiting; where they are old they are being fetched.
    func held() -> Held? {
        let now = ContinuousClock.now
        guard let held = state.withLock({ $0.held }), now - held.at < maxAge else { return nil }
        if now - held.at >= refresh { _ = fetch() }
        return held
    }

    /// The keys to check a token with: fetched where there are none, or none of them is the token's.
    func keys(for token: SignedToken) async throws(TokenError) -> Held {
        if let held = held(), held.keySet.mayHaveSigned(token) { return held }
        do {
            let (fetching, isNew) = fetch()
            guard !isNew else { return try await fetching.value }
            // One that was going on may have begun before the token's key was published.
            if let held = try? await fetching.value, held.keySet.mayHaveSigned(token) {
                return held
            }
            return try await fetch().task.value
        } catch {
            // Keys that are still believed, and do not know the token.
            if let held = held() { return held }
            throw .keysUnavailable
        }
    }

    /// Why the last fetch came to nothing; nil where it did not.
    var failure: String? { state.withLock { $0.failure } }

    /// The fetch that is going on, or a new one, as soon as one may begin.
    private func fetch() -> (task: Task<Held, any Error>, isNew: Bool) {
        state.withLock { state in
            if let fetching = state.fetching { return (fetching, false) }
            let earliest = state.lastAttempt.map { $0 + source.interval }
            // Of its own: whoever waits for it may go away, and others wait, too.
            let fetching = Task {
                if let earliest { try? await Task.sleep(until: earliest, clock: .continuous) }
                return try await self.fetched()
            }
            state.fetching = fetching
            return (fetching, true)
        }
    }

    private func fetched() async throws(KeySet.Malformed) -> Held {
        state.withLock { $0.lastAttempt = .now }
        do {
            let keySet = try await source.fetch()
            let (held, isNew) = state.withLock { state in
                let isNew = state.held.map { $0.keySet.unused != keySet.unused } ?? true
                let held = Held(
                    keySet: keySet, generation: (state.held?.generation ?? 0) + 1, at: .now)
                state.held = held
                state.fetching = nil
                state.failure = nil
                return (held, isNew)
            }
            for unused in keySet.unused where isNew {
                logger.warning(
                    "a key of an issuer is not used",
                    metadata: [
                        "issuer": "\(issuer)", "key": "\(unused.place)",
                        "reason": "\(unused.reason)",
                    ])
            }
            return held
        } catch {
            state.withLock { state in
                state.fetching = nil
                state.failure = error.message
            }
            logger.warning(
                "the keys of an issuer are not to be had",
                metadata: ["issuer": "\(issuer)", "reason": "\(error.message)"])
            throw error
        }
    }
}

/// Where the keys of an issuer come from.
protocol KeySetSource: Sendable {
    /// Keys are not fetched more often, whatever keys tokens name.
    var interval: Duration { get }

    /// Fetches the keys.
    func fetch() async throws(KeySet.Malformed) -> KeySet
}
