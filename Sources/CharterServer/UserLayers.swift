internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway
internal import CharterStore
internal import Foundation
internal import Synchronization

/// What users have set, of the store: read again within seconds, and at once where it was written here.
final class UserLayers: Sendable {
    /// A layer counts with the policy that it was read for: another charter reads it differently.
    private typealias Entry = (
        layer: UserLayer?, policy: Policy, at: ContinuousClock.Instant
    )

    private let store: Store
    private let kept = Mutex(Kept())

    private struct Kept {
        var entries = RecentEntries<[UInt8], Entry>(capacity: 10_000)
        /// How often anything was written here.
        var writes = 0
    }

    /// How long a layer is not read again.
    private static let freshness = Duration.seconds(5)

    init(_ store: Store) {
        self.store = store
    }

    /// The layer of an operator's user; nil where there is none.
    ///
    /// - Throws: a 503 where it cannot be read: what a user has closed must not open by that.
    func layer(of user: Text, _ enforcement: Enforcement) throws(APIError) -> UserLayer? {
        let hash = store.userHash(user.string, enforcement.operatorName)
        let now = ContinuousClock.now
        let (entry, writes) = kept.withLock { ($0.entries[hash], $0.writes) }
        if let entry, entry.policy === enforcement.policy,
            now - entry.at < UserLayers.freshness
        {
            return entry.layer
        }
        let layer: UserLayer?
        do {
            let bytes = try store.layer(ofUser: user.string, operator: enforcement.operatorName)
            let reading = bytes.map { UserLayers.read($0, enforcement.policy.charter) }
            layer = reading?.value?.user
            // One that fitted another charter: what it closed is not known.
            guard reading == nil || layer != nil else {
                throw APIError.unavailable("what the user has set does not fit the charter")
            }
        } catch let error as APIError {
            throw error
        } catch {
            throw .unavailable("what the user has set cannot be read")
        }
        kept.withLock { kept in
            // What was read before somebody wrote may be what is no more.
            guard kept.writes == writes else { return }
            kept.entries.keep((layer, enforcement.policy, now), for: hash)
        }
        return layer
    }

    /// Keeps a layer that is one; answers with what is doubtful about it.
    func put(
        _ bytes: [UInt8], of user: String, _ enforcement: Enforcement, at now: Int64
    ) throws(APIError) -> [Diagnostic] {
        let reading = UserLayers.read(bytes, enforcement.policy.charter)
        guard let document = reading.value else {
            throw .invalid(UserLayers.words(of: reading.diagnostics), param: "layer", code: "layer")
        }
        do {
            try store.putLayer(bytes, ofUser: user, operator: enforcement.operatorName, at: now)
        } catch {
            throw .unavailable("the layer cannot be written")
        }
        forget(user, enforcement)
        return reading.diagnostics + document.doubts(in: enforcement.policy.charter)
    }

    /// The document as it was put; nil where there is none.
    func document(of user: String, _ enforcement: Enforcement) throws(APIError) -> [UInt8]? {
        do { return try store.layer(ofUser: user, operator: enforcement.operatorName) } catch {
            throw .unavailable("the layer cannot be read")
        }
    }

    /// Takes a layer away; false where there was none.
    func remove(of user: String, _ enforcement: Enforcement) throws(APIError) -> Bool {
        let isThere: Bool
        do {
            isThere = try store.removeLayer(ofUser: user, operator: enforcement.operatorName)
        } catch {
            throw .unavailable("the layer cannot be taken away")
        }
        forget(user, enforcement)
        return isThere
    }

    private func forget(_ user: String, _ enforcement: Enforcement) {
        let hash = store.userHash(user, enforcement.operatorName)
        let past = ContinuousClock.now - UserLayers.freshness
        kept.withLock { kept in
            kept.writes += 1
            kept.entries.keep((nil, enforcement.policy, past), for: hash)
        }
    }

    /// A user's layer stands alone: there are no templates where it is kept.
    private static func read(_ bytes: [UInt8], _ charter: Charter) -> Reading<LayerDocument> {
        LayerDocument.read(
            SourceText(file: "layer", bytes: bytes),
            in: LayerDocument.Context(charter: charter, level: .user))
    }

    /// The first few mistakes, each at its place.
    static func words(of diagnostics: [Diagnostic]) -> String {
        diagnostics.prefix(5).map { diagnostic in
            "line \(diagnostic.position.line), column \(diagnostic.position.column): \(diagnostic.message)"
                + (diagnostic.help.map { "; \($0)" } ?? "")
        }.joined(separator: "; ")
    }
}
