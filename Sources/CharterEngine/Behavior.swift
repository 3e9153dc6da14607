/// The id of a behavior in documents and requests.
public struct BehaviorID: Hashable, Comparable, Sendable, ExpressibleByStringLiteral,
    CustomStringConvertible
{
    /// The id as it is written, `[a-z][a-z0-9_]*` in a charter, anything in a request.
    public let text: Text

    /// Any text may be asked for; only a charter decides which ids there are.
    public init(_ text: Text) {
        self.text = text
    }

    /// Any text, as `init(_:)`.
    public init(stringLiteral value: String) {
        self.init(Text(value))
    }

    /// The order of the ids' bytes, which is not charter order.
    public static func < (left: BehaviorID, right: BehaviorID) -> Bool { left.text < right.text }

    /// The id as it is written.
    public var description: String { text.string }

    /// Whether a charter may give this id to a behavior: `[a-z][a-z0-9_]*` (SEMANTICS §1).
    public var isWellFormed: Bool {
        let bytes = text.string.utf8
        guard let first = bytes.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first)
        else {
            return false
        }
        return bytes.allSatisfy {
            (UInt8(ascii: "a")...UInt8(ascii: "z")).contains($0)
                || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) || $0 == UInt8(ascii: "_")
        }
    }
}

/// The place of a behavior in charter order.
public struct BehaviorIndex: Hashable, Comparable, Sendable {
    /// From 0.
    public let number: Int

    init(_ number: Int) {
        self.number = number
    }

    /// Whether `left` comes first in the charter.
    public static func < (left: BehaviorIndex, right: BehaviorIndex) -> Bool {
        left.number < right.number
    }
}

/// One thing that a charter governs: a dial of 2 to 8 values, or a switch (SEMANTICS §1).
public struct Behavior: Sendable {
    /// What kind of dial a behavior is.
    public enum Kind: Sendable {
        /// Names its values.
        case dial
        /// Has `off` and `on`.
        case `switch`
        /// A switch that names what the model owes when it is triggered (§7).
        case duty
    }

    /// Unique in its charter.
    public var id: BehaviorID
    /// The heading, as people read it.
    public var title: String
    /// Whether it is a dial, a switch or a duty.
    public var kind: Kind
    /// The names of the values, most cautious first; 2 to 8 of them.
    public var values: [Text]
    /// The lowest level that may adjust the behavior.
    public var authority: Authority
    /// The value in force where nobody says anything.
    public var `default`: Rank
    /// Its rank in the priority stack.
    public var tier: Tier = .guidelines
    /// How far a level may go by itself, where that is not all (only levels that the authority reaches).
    public var bounds: [Level: Rank] = [:]
    /// How far a level may go with leave from above.
    public var delegable: [Level: Rank] = [:]
    /// What a claim must show for an adjustment of this behavior.
    public var evidence: Evidence = .vouched
    /// What a claim must show in an operator layer that believes it.
    public var believable: Evidence = .vouched
    /// What an unmet demand calls for.
    public var otherwise: Act = .guide
    /// Duties and behaviors that this one cannot stand beside.
    public var conflicts: [BehaviorID] = []
    /// The charter's own adjustments of the behavior.
    public var adjust: [Adjustment] = []
    /// Where the heading stands.
    public var source: SourcePosition

    /// A behavior with the most careful reading of all that is not said.
    public init(
        id: BehaviorID, title: String, kind: Kind, values: [Text], authority: Authority,
        default: Rank, source: SourcePosition = .unknown
    ) {
        self.id = id
        self.title = title
        self.kind = kind
        self.values = values
        self.authority = authority
        self.default = `default`
        self.source = source
    }

    /// The highest rank.
    public var top: Rank { Rank(unchecked: Int8(clamping: values.count - 1)) }

    /// The rank of the value called `name`; nil where there is none.
    public func rank(of name: Text) -> Rank? { values.firstIndex(of: name).flatMap { Rank($0) } }

    /// The name of the value of `rank`; nil for none.
    public func name(of rank: Rank) -> Text? {
        guard let place = rank.place, place < values.count else { return nil }
        return values[place]
    }

    /// Whether nobody below root has a say: authority root.
    public var isHardcoded: Bool { authority == .root }

    /// `own[level]`: how far the level may go by itself; none where it has no say (SEMANTICS §1).
    public func own(_ level: Level) -> Rank {
        if level == .root { return top }
        if authority.reaches(level) { return bounds[level] ?? top }
        return hasSay(level) ? .cautious : .none
    }

    /// `most[level]`: how far the level may go with leave from above (SEMANTICS §1).
    public func most(_ level: Level) -> Rank {
        if level == .root { return top }
        guard hasSay(level) else { return .none }
        return delegable.reduce(own(level)) { most, entry in
            entry.key >= level ? max(most, entry.value) : most
        }
    }

    /// Whether the level may adjust at all: the authority reaches it, or `delegable` names it or a
    /// level below it (SEMANTICS §1).
    public func hasSay(_ level: Level) -> Bool {
        authority.reaches(level) || delegable.keys.contains { $0 >= level }
    }

    /// Whether a level below `level` may by itself go further than `level` may (SEMANTICS §1).
    public func isProtected(from level: Level) -> Bool {
        Level.allCases.contains { $0 > level && own($0) > own(level) }
    }
}
