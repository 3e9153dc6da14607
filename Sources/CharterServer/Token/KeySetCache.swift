internal import CharterGateway
internal import Logging
internal import Synchronization

/// An issuer's keys as they were last fetched.
///
/// They are fetched when they are first needed, again when they are old, and at once where a token names
/// a key that is not among them: that is how issuers rotate. However many requests wait, one fetches.
/// Where the issuer cannot be reached the last good keys stay until they are too old to be believed.
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
    }

    private let state = Mutex(State())
    private let source: KeySource
    private let issuer: String
    private let refresh: Duration
    private let maxAge: Duration
    private let logger: Logger

    /// - Parameters:
    ///   - refresh: keys older than this are fetched again, behind the back of requests.
    ///   - maxAge: keys older than this are no keys.
    init(
        _ source: KeySource, issuer: String, refresh: Duration, maxAge: Duration, logger: Logger
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
        let (held, isOld) = state.withLock { state -> (Held?, Bool) in
            guard let held = state.held, now - held.at < maxAge else { return (nil, false) }
            let isIdle =
                state.fetching == nil
                && state.lastAttempt.map { now - $0 >= source.interval } ?? true
            return (held, isIdle && now - held.at >= refresh)
        }
        if isOld { _ = fetch(at: now) }
        return held
    }

    /// The keys to check a token with: fetched where there are none, or none of them is the token's.
    func keys(for token: SignedToken) async throws(TokenError) -> Held {
        let held = held()
        if let held, held.keySet.mayHaveSigned(token) { return held }
        let last = state.withLock { $0.fetching == nil ? $0.lastAttempt : nil }
        if let last { try? await Task.sleep(until: last + source.interval, clock: .continuous) }
        if let held = self.held(), held.keySet.mayHaveSigned(token) { return held }
        do {
            return try await fetch(at: .now).value
        } catch {
            // Keys that are still believed, and do not know the token.
            if let held { return held }
            throw .keysUnavailable
        }
    }

    /// The fetch that is going on, or a new one.
    private func fetch(at now: ContinuousClock.Instant) -> Task<Held, any Error> {
        state.withLock { state in
            if let fetching = state.fetching { return fetching }
            state.lastAttempt = now
            let fetching = Task { try await self.fetched() }
            state.fetching = fetching
            return fetching
        }
    }

    private func fetched() async throws -> Held {
        do {
            let keySet = try await source.fetch()
            for (place, reason) in keySet.unused {
                logger.notice(
                    "a key of an issuer is not used",
                    metadata: ["issuer": "\(issuer)", "key": "\(place)", "reason": "\(reason)"])
            }
            return state.withLock { state in
                let held = Held(
                    keySet: keySet, generation: (state.held?.generation ?? 0) + 1, at: .now)
                state.held = held
                state.fetching = nil
                return held
            }
        } catch {
            state.withLock { $0.fetching = nil }
            let message = error.message
            logger.warning(
                "the keys of an issuer are not to be had",
                metadata: ["issuer": "\(issuer)", "reason": "\(message)"])
            throw error
        }
    }
}
