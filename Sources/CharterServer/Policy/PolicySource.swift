public import CharterEngine

/// A file that what is in force was made of, and how it stands now.
///
/// *Absence is not permission*: what a file said stays in force when it is gone, empty or wrong.
public struct PolicySource: Hashable, Sendable {
    /// What a file is for.
    public enum Kind: String, Sendable {
        case settings, charter, patterns, replies, phrases, platform, layer, template, access, keys
    }

    /// How a file stands.
    public enum State: String, Sendable {
        /// There is no such file.
        case absent
        /// It has nothing but white space.
        case empty
        /// It is there, and cannot be read.
        case unreadable
        /// It says something that is not in force, since something is wrong with it or with another file:
        /// what was in force before still is.
        case stale
        /// What it says is in force.
        case inForce = "in force"
    }

    /// What it is for.
    public let kind: Kind
    /// As the settings know it: relative to their folder where it is below.
    public let name: String
    /// How it stands.
    public let state: State
    /// The SHA-256 of what is in force of it; nil where nothing is.
    public let digest: Digest?
    /// Since when it stands so.
    public let since: Instant

    /// Whether nothing is amiss: what it says is in force, or it says nothing, and nothing is.
    public var isRight: Bool {
        state == .inForce || state == .absent && digest == nil && isOptional
    }

    /// Whether it may be absent: what stands beside a charter.
    private var isOptional: Bool { [.patterns, .replies, .phrases].contains(kind) }
}

/// A file as it was found in one pass.
struct FoundSource: Hashable, Sendable {
    /// What was found.
    enum Content: Hashable, Sendable {
        case absent, empty, unreadable
        case digest(Digest)

        /// Nil where nothing could be read.
        var digest: Digest? { if case .digest(let digest) = self { digest } else { nil } }
    }

    let kind: PolicySource.Kind
    /// Where it is looked for; the names of what the program carries have no slash.
    let path: String
    let content: Content
}

extension PolicySource {
    /// How files stand, of those that were looked for now and those that are in force.
    ///
    /// - Parameters:
    ///   - found: what was looked for now, in order.
    ///   - inForce: what the policy that is in force was made of.
    ///   - before: how they stood before: where nothing has changed `since` stays, and what was not looked
    ///     for now, since the charter could not be read, stands as it stood.
    ///   - folder: of the settings; names below it are relative to it.
    static func states(
        _ found: [FoundSource], inForce: [FoundSource], before: [PolicySource], folder: String,
        at now: Instant
    ) -> [PolicySource] {
        let digests = Dictionary(
            inForce.map { ($0.path, $0.content.digest) }, uniquingKeysWith: { first, _ in first })
        let earlier = Dictionary(
            before.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        let looked = Set(found.map(\.path))
        var told: Set<String> = []
        return (found + inForce.filter { !looked.contains($0.path) }).compactMap { source in
            guard told.insert(source.path).inserted else { return nil }
            let name = shortened(source.path, folder)
            let inForce = digests[source.path] ?? nil
            let state: State
            if !looked.contains(source.path) {
                if let earlier = earlier[name] { return earlier }
                state = .inForce
            } else {
                state =
                    switch source.content {
                    case .absent: .absent
                    case .empty: .empty
                    case .unreadable: .unreadable
                    case .digest(let digest): digest == inForce ? .inForce : .stale
                    }
            }
            let isUnchanged = earlier[name].map { $0.state == state && $0.digest == inForce }
            return PolicySource(
                kind: source.kind, name: name, state: state, digest: inForce,
                since: isUnchanged == true ? earlier[name]?.since ?? now : now)
        }
    }

    /// The same, as one whose word is not in force.
    func stale(since: Instant) -> PolicySource {
        PolicySource(kind: kind, name: name, state: .stale, digest: digest, since: since)
    }

    private static func shortened(_ path: String, _ folder: String) -> String {
        let folder = folder.isEmpty ? "./" : folder
        return path.hasPrefix(folder) ? String(path.dropFirst(folder.count)) : path
    }
}
