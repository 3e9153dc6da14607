import CharterEngine

/// What a level may do with a behavior as things stand.
///
/// A ceiling says how far a level may go; whoever has a say may always be more careful, whatever its
/// ceiling is.
enum Reach: Equatable {
    /// Beyond the setting, as far as this.
    case upTo(Rank)
    case onlyMoreCareful
    /// It has a say, but the setting is the most careful one, and more is out of reach.
    case nothing
    case noSay

    init(_ ceiling: Rank, setting: Rank) {
        if ceiling.isNone {
            self = .noSay
        } else if ceiling > setting {
            self = .upTo(ceiling)
        } else {
            self = setting > .cautious ? .onlyMoreCareful : .nothing
        }
    }

    /// Whether the level can change nothing.
    var isOut: Bool { self == .nothing || self == .noSay }

    /// Behind "the user may": `set up to exact`, `turn it off`, `only be more careful`.
    func words(_ behavior: Behavior) -> String {
        switch self {
        case .upTo(let rank):
            behavior.isSwitch
                ? "turn it \(behavior.spelled(rank))" : "set up to \(behavior.spelled(rank))"
        case .onlyMoreCareful:
            behavior.isSwitch
                ? "only turn it \(behavior.spelled(.cautious))" : "only be more careful"
        case .nothing, .noSay: "not change it"
        }
    }
}

extension Behavior {
    var isSwitch: Bool { kind != .dial }

    /// The name of a value as the documents write it; a dash for none.
    func spelled(_ rank: Rank) -> String { name(of: rank)?.string ?? "–" }
}

extension Level {
    /// With its article; the charter's own level is the charter.
    var words: String { self == .root ? "the charter" : "the \(name)" }
}
