public import CharterEngine

/// What is not the same in two versions of a charter, behavior by behavior.
public struct CharterChanges: Sendable {
    /// In the order of the new charter; behaviors that are gone come last.
    public let changes: [Change]

    /// What changed about one behavior.
    public struct Change: Sendable, Equatable {
        /// Which behavior.
        public let behavior: BehaviorID
        /// One sentence each, in lower case without a full stop.
        public let sentences: [String]
    }

    /// Compares two versions; O(behaviors).
    public init(from old: Charter, to new: Charter) {
        var changes: [Change] = []
        for behavior in new.behaviors {
            guard let before = old[behavior.id] else {
                changes.append(
                    Change(
                        behavior: behavior.id,
                        sentences: ["is new, `\(CharterChanges.name(behavior.default, behavior))`"])
                )
                continue
            }
            let sentences = CharterChanges.sentences(before, behavior)
            if !sentences.isEmpty {
                changes.append(Change(behavior: behavior.id, sentences: sentences))
            }
        }
        for behavior in old.behaviors where new[behavior.id] == nil {
            changes.append(Change(behavior: behavior.id, sentences: ["is gone"]))
        }
        self.changes = changes
    }

    private static func sentences(_ old: Behavior, _ new: Behavior) -> [String] {
        var sentences: [String] = []
        func tell(_ what: String, _ before: String, _ after: String) {
            if before != after { sentences.append("\(what) was \(before) and is \(after)") }
        }
        func list(_ behavior: Behavior) -> String {
            behavior.values.map { "`\($0)`" }.joined(separator: " < ")
        }
        tell("its dial", list(old), list(new))
        tell("its default", "`\(name(old.default, old))`", "`\(name(new.default, new))`")
        tell("its authority", old.authority.name, new.authority.name)
        tell("its tier", old.tier.rawValue, new.tier.rawValue)
        tell("the evidence that it asks for", "\(old.evidence)", "\(new.evidence)")
        for level in [Level.platform, .operator, .user] {
            tell(
                "how far the \(level.name) may go", "`\(name(old.own(level), old))`",
                "`\(name(new.own(level), new))`")
            tell(
                "how far the \(level.name) may be let go", "`\(name(old.most(level), old))`",
                "`\(name(new.most(level), new))`")
        }
        if old.adjust.map(rule) != new.adjust.map(rule) {
            sentences.append("its rules on facts changed")
        }
        return sentences
    }

    private static func name(_ rank: Rank, _ behavior: Behavior) -> String {
        behavior.name(of: rank)?.string ?? "no say"
    }

    /// An adjustment without its place and notes.
    private static func rule(_ adjustment: Adjustment) -> [String] {
        [
            "\(adjustment.set?.place ?? -1)", "\(adjustment.forbid?.place ?? -1)",
            adjustment.condition?.source ?? "",
        ]
    }
}
