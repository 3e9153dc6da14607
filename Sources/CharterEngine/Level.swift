/// A level of the chain of command, highest first (SEMANTICS §1).
///
/// Tools, quotations and the assistant have none.
public enum Level: UInt8, Comparable, CaseIterable, Sendable {
    case root, platform, `operator`, user

    /// Whether `left` stands above `right`.
    public static func < (left: Level, right: Level) -> Bool { left.rawValue < right.rawValue }

    /// The level that a document or request names; `system` reads as `platform` and `developer` as
    /// `operator`. Nil for any other name.
    public init?(named name: String) {
        switch name {
        case "root": self = .root
        case "platform", "system": self = .platform
        case "operator", "developer": self = .operator
        case "user": self = .user
        default: return nil
        }
    }

    /// The name of §8: `root`, `platform`, `operator`, `user`.
    public var name: String {
        switch self {
        case .root: "root"
        case .platform: "platform"
        case .operator: "operator"
        case .user: "user"
        }
    }
}

/// The lowest level that may adjust a behavior (SEMANTICS §1).
public enum Authority: UInt8, CaseIterable, Sendable {
    case root, platform, `operator`, user
    /// Reaches the user; implicit instructions count too (§6).
    case guideline

    /// The lowest level that the authority reaches.
    public var level: Level {
        switch self {
        case .root: .root
        case .platform: .platform
        case .operator: .operator
        case .user, .guideline: .user
        }
    }

    /// Whether `level` may adjust.
    public func reaches(_ level: Level) -> Bool { level <= self.level }

    /// The authority that a document names, aliases of levels included. Nil for any other name.
    public init?(named name: String) {
        if name == "guideline" {
            self = .guideline
            return
        }
        guard let level = Level(named: name), let authority = Authority(rawValue: level.rawValue)
        else { return nil }
        self = authority
    }

    /// The name in documents: `root`, `platform`, `operator`, `user`, `guideline`.
    public var name: String { self == .guideline ? "guideline" : level.name }
}

/// The rank of a behavior in the priority stack, highest first (SEMANTICS §7).
public enum Tier: String, CaseIterable, Comparable, Sendable {
    case safety, ethics, guidelines, helpfulness

    /// Whether `left` is the higher tier.
    public static func < (left: Tier, right: Tier) -> Bool { left.order < right.order }

    private var order: Int {
        switch self {
        case .safety: 0
        case .ethics: 1
        case .guidelines: 2
        case .helpfulness: 3
        }
    }
}

/// How well a fact about the request is shown (SEMANTICS §5), weakest first.
public enum Evidence: UInt8, CaseIterable, Comparable, Sendable {
    /// Somebody says so.
    case asserted
    /// The operator says so.
    case vouched
    /// A signature was checked.
    case verified

    /// Whether `left` shows less.
    public static func < (left: Evidence, right: Evidence) -> Bool {
        left.rawValue < right.rawValue
    }

    /// The evidence that a document or request names. Nil for any other name.
    public init?(named name: String) {
        guard let evidence = Evidence.allCases.first(where: { $0.name == name }) else { return nil }
        self = evidence
    }

    /// The name in documents: `asserted`, `vouched`, `verified`.
    public var name: String {
        switch self {
        case .asserted: "asserted"
        case .vouched: "vouched"
        case .verified: "verified"
        }
    }
}

/// What an unmet behavior calls for, and what a verdict does (SEMANTICS §7), weakest first.
public enum Act: String, CaseIterable, Comparable, Sendable {
    /// `guide`: the answer is held to the rules; `transform`: it is changed to what is allowed;
    /// `ask`: somebody who may decide is asked first.
    case allow, guide, transform, ask, refuse

    /// Whether `left` is the weaker act.
    public static func < (left: Act, right: Act) -> Bool { left.strength < right.strength }

    private var strength: Int {
        switch self {
        case .allow: 0
        case .guide: 1
        case .transform: 2
        case .ask: 3
        case .refuse: 4
        }
    }
}
