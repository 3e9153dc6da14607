internal import CharterGateway
internal import CharterStore
internal import Synchronization

/// The keys of a store, as they were a moment ago: a key that is made or revoked counts within a second.
final class KeyRing: Sendable {
    private struct State {
        var keys: [String: StoredKey] = [:]
        var at: ContinuousClock.Instant?
        var attempted: ContinuousClock.Instant?
    }

    private let store: Store
    private let state = Mutex(State())

    /// How long keys are not asked for again.
    private static let freshness = Duration.seconds(1)
    /// How long keys count where the store cannot be read.
    private static let mostAge = Duration.seconds(60)

    init(_ store: Store) {
        self.store = store
    }

    /// The key that a text is, where it counts at this moment.
    ///
    /// - Throws: a 503 where the store cannot be read for long: a key that cannot be looked up is not an
    ///   unknown one.
    func key(_ text: String, at now: Int64) throws(APIError) -> StoredKey? {
        guard let text = KeyText(text), let key = try keys()[text.id] else { return nil }
        return store.matches(text, key) && key.state(at: now) == .active ? key : nil
    }

    private func keys() throws(APIError) -> [String: StoredKey] {
        let now = ContinuousClock.now
        let known = state.withLock { state -> [String: StoredKey]? in
            let isFresh = state.attempted.map { now - $0 < KeyRing.freshness } ?? false
            if isFresh, let at = state.at, now - at < KeyRing.mostAge { return state.keys }
            state.attempted = now
            return nil
        }
        if let known { return known }
        do {
            let keys = Dictionary(
                try store.keys().map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
            state.withLock { state in
                state.keys = keys
                state.at = now
            }
            return keys
        } catch {
            let held = state.withLock { state in
                state.at.map { now - $0 < KeyRing.mostAge } ?? false ? state.keys : nil
            }
            guard let held else { throw .unavailable("the keys cannot be looked up") }
            return held
        }
    }
}
