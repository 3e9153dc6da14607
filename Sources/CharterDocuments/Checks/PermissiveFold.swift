internal import CharterEngine

/// The fold of SEMANTICS §4 in the most permissive world, to find steps that are refused in every one.
///
/// Every step of the fold is monotone: where the setting, the cap and the ceilings are as high as any
/// request can make them, what is refused is refused always. So here whatever widens holds (conditions,
/// terms, roles, channels, an administrator, instructions up to what is allowed them), what restricts
/// holds only where nothing can keep it from holding, and of a `set` both outcomes are kept: the higher
/// setting.
struct PermissiveFold {
    /// A step that no request can have accepted.
    struct Refusal {
        var adjustment: Adjustment
        var file: String
        var level: Level
        var operation: Step.Operation
        var value: Rank
        var reason: Reason
        /// The highest value that the level may put in force; of `not_delegable`, that the next may have.
        var ceiling: Rank
        /// The highest value that the step could have.
        var limit: Rank
    }

    /// A principal as the permissive world sees it.
    struct Actor {
        var level: Level
        var scopes: [[Entry]] = []
        /// Whether somebody in a role of it is lent what it may do.
        var hasAdministrator = false
        /// Whether messages may speak for it.
        var hasInstructions = false
        /// Whether its layer is unknown, so that it may do whatever its level may.
        var isUnknown = false
    }

    struct Entry {
        var adjustment: Adjustment
        var file: String
        /// Whether nothing can keep it from holding.
        var isCertain: Bool
    }

    private let behavior: Behavior
    private var setting: Rank
    private var cap: Rank
    private var ceilings: [Rank]
    private(set) var refusals: [Refusal] = []

    /// - Parameter actors: from the root on; the user's may be missing.
    init(_ behavior: Behavior, _ actors: [Actor]) {
        self.behavior = behavior
        setting = behavior.default
        cap = behavior.top
        ceilings = actors.map { behavior.own($0.level) }
        for place in actors.indices {
            let next = place + 1 < actors.count ? actors[place + 1].level : nil
            let (left, open) = fold(actors[place], ceilings[place], next)
            for below in actors.indices where below > place {
                ceilings[below] = min(ceilings[below], left)
            }
            if place + 1 < actors.count { ceilings[place + 1] = max(ceilings[place + 1], open) }
        }
    }

    private mutating func fold(
        _ actor: Actor, _ ceiling: Rank, _ next: Level?
    ) -> (left: Rank, open: Rank) {
        let level = actor.level
        let most = next.map(behavior.most) ?? .none
        var (left, open) = (behavior.top, Rank.none)
        if actor.isUnknown, behavior.hasSay(level) {
            setting = max(setting, min(ceiling, cap))
            open = min(ceiling, cap, most)
        }
        for entries in actor.scopes {
            for entry in entries { set(entry, level, ceiling) }
            let allowed = entries.compactMap { allow($0, level, ceiling, most) }.max() ?? .none
            let denied = entries.compactMap { deny($0, level) }.min() ?? behavior.top
            left = max(min(left, denied), allowed)
            open = max(min(open, denied), allowed)
            setting = min(setting, max(denied, allowed))
            for entry in entries { forbid(entry, level) }
        }
        if actor.hasAdministrator || (actor.isUnknown && level == .operator) {
            let lent = min(ceiling, cap, behavior.most(.user))
            left = max(left, lent)
            open = max(open, lent)
        }
        if actor.hasInstructions, behavior.hasSay(level) {
            setting = max(setting, min(ceiling, cap, left))
        }
        return (left, open)
    }

    private mutating func set(_ entry: Entry, _ level: Level, _ ceiling: Rank) {
        guard let value = entry.adjustment.set else { return }
        if !behavior.hasSay(level) {
            refuse(entry, .set, value, level, .notAdjustable)
        } else if value < setting {
            // Accepted here; in a world with a lower setting that one stays, or becomes the value.
            if entry.isCertain { setting = value }
        } else if value > ceiling {
            refuse(entry, .set, value, level, .aboveCeiling, ceiling, min(ceiling, cap))
        } else if value > cap {
            refuse(entry, .set, value, level, .forbidden, ceiling, min(ceiling, cap))
        } else {
            setting = value
        }
    }

    private mutating func allow(
        _ entry: Entry, _ level: Level, _ ceiling: Rank, _ most: Rank
    ) -> Rank? {
        guard let value = entry.adjustment.allow else { return nil }
        let limit = min(ceiling, cap, most)
        if !behavior.hasSay(level) {
            refuse(entry, .allow, value, level, .notAdjustable)
        } else if value > ceiling {
            refuse(entry, .allow, value, level, .aboveCeiling, ceiling, limit)
        } else if value > cap {
            refuse(entry, .allow, value, level, .forbidden, ceiling, limit)
        } else if value > most {
            refuse(entry, .allow, value, level, .notDelegable, most, limit)
        } else {
            return value
        }
        return nil
    }

    /// The highest value that a `deny` leaves, where it certainly holds.
    private mutating func deny(_ entry: Entry, _ level: Level) -> Rank? {
        guard let value = entry.adjustment.deny, isAccepted(entry, .deny, value, level) else {
            return nil
        }
        return entry.isCertain ? value.below : nil
    }

    private mutating func forbid(_ entry: Entry, _ level: Level) {
        guard let value = entry.adjustment.forbid, isAccepted(entry, .forbid, value, level),
            entry.isCertain
        else { return }
        cap = min(cap, value.below)
        setting = min(setting, value.below)
    }

    private mutating func isAccepted(
        _ entry: Entry, _ operation: Step.Operation, _ value: Rank, _ level: Level
    ) -> Bool {
        guard behavior.hasSay(level) else {
            refuse(entry, operation, value, level, .notAdjustable)
            return false
        }
        guard !behavior.isProtected(from: level) else {
            refuse(entry, operation, value, level, .protected)
            return false
        }
        return true
    }

    private mutating func refuse(
        _ entry: Entry, _ operation: Step.Operation, _ value: Rank, _ level: Level,
        _ reason: Reason, _ ceiling: Rank = .none, _ limit: Rank = .none
    ) {
        refusals.append(
            Refusal(
                adjustment: entry.adjustment, file: entry.file, level: level, operation: operation,
                value: value, reason: reason, ceiling: ceiling, limit: limit))
    }
}
