/// The fold of SEMANTICS §4 over one behavior, in the page's words: the reference for every other
/// way of deciding.
struct Fold {
    let behavior: Behavior
    private(set) var setting: Rank
    private(set) var decidedBy = Level.root
    /// By actor: the highest value that it may put in force as its first scope begins.
    private(set) var ceilings: [Rank] = []
    private(set) var trail: [Step] = []
    private var cap: Rank
    private var ceiling: [Rank]

    /// Folds the scopes of `actors`, root first.
    init(_ behavior: Behavior, _ actors: [Actor]) {
        self.behavior = behavior
        setting = behavior.default
        cap = behavior.top
        ceiling = actors.map { behavior.own($0.level) }
        for x in actors.indices {
            ceilings.append(min(ceiling[x], cap))
            let (left, open) = fold(actors[x], x, next: x + 1 < actors.count ? actors[x + 1].level : nil)
            for y in actors.indices where y > x { ceiling[y] = min(ceiling[y], left) }
            if x + 1 < actors.count { ceiling[x + 1] = max(ceiling[x + 1], open) }
        }
    }

    /// What X leaves to those below, and what it opens to the next below.
    private mutating func fold(_ actor: Actor, _ x: Int, next: Level?) -> (left: Rank, open: Rank) {
        let level = actor.level
        let most = next.map(behavior.most) ?? .none
        var left = behavior.top
        var open = Rank.none
        for scope in actor.scopes {
            for entry in scope.entries {
                for claim in entry.needsEvidence {
                    record(.when, .claim(claim), .needsEvidence, scope, entry)
                }
            }
            for entry in scope.entries {
                if let refused = entry.refused {
                    record(.set, refused.value, refused.reason, scope, entry)
                }
                guard let value = entry.set else { continue }
                if entry.truth == .unknown, !behavior.hasSay(level) || value >= setting { continue }
                var reason = refusalOfSet(value, level, x)
                if reason == nil, entry.isInstruction, value >= setting, value > left {
                    reason = .denied
                }
                if reason == nil {
                    setting = value
                    decidedBy = level
                }
                record(.set, .rank(value), reason, scope, entry)
            }
            let allows = scope.entries.filter { $0.allow != nil && $0.truth == .yes }
                .map { entry in (entry, entry.allow ?? .none) }
                .map { entry, value in (entry, value, refusalOfAllow(value, level, x, most)) }
            let denies = scope.entries.filter { $0.deny != nil }
                .map { entry in (entry, entry.deny ?? .none, refusalOfRestriction(level)) }
            let a = allows.filter { $0.2 == nil }.map(\.1).max() ?? .none
            let belowD = denies.filter { $0.2 == nil }.map(\.1.below).min() ?? behavior.top
            left = max(min(left, belowD), a)
            open = max(min(open, belowD), a)
            lower(to: max(belowD, a), level)
            for (entry, value, reason) in allows { record(.allow, .rank(value), reason, scope, entry) }
            for (entry, value, reason) in denies { record(.deny, .rank(value), reason, scope, entry) }
            for entry in scope.entries {
                guard let value = entry.forbid else { continue }
                let reason = refusalOfRestriction(level)
                if reason == nil {
                    cap = min(cap, value.below)
                    lower(to: value.below, level)
                }
                record(.forbid, .rank(value), reason, scope, entry)
            }
            if scope.scope == .channelMember, let administrator = actor.administrator {
                let a = min(ceiling[x], cap, behavior.most(.user))
                guard !a.isNone else { continue }
                left = max(left, a)
                open = max(open, a)
                record(.administrator, .rank(a), nil, scope, administrator)
            }
        }
        return (left, open)
    }

    private func refusalOfSet(_ value: Rank, _ level: Level, _ x: Int) -> Reason? {
        guard behavior.hasSay(level) else { return .notAdjustable }
        if value < setting { return nil }
        if value > ceiling[x] { return .aboveCeiling }
        if value > cap { return .forbidden }
        return nil
    }

    private func refusalOfAllow(_ value: Rank, _ level: Level, _ x: Int, _ most: Rank) -> Reason? {
        guard behavior.hasSay(level) else { return .notAdjustable }
        if value > ceiling[x] { return .aboveCeiling }
        if value > cap { return .forbidden }
        if value > most { return .notDelegable }
        return nil
    }

    private func refusalOfRestriction(_ level: Level) -> Reason? {
        guard behavior.hasSay(level) else { return .notAdjustable }
        return behavior.isProtected(from: level) ? .protected : nil
    }

    private mutating func lower(to value: Rank, _ level: Level) {
        guard value < setting else { return }
        setting = value
        decidedBy = level
    }

    private mutating func record(
        _ operation: Step.Operation, _ value: Step.Value, _ reason: Reason?, _ scope: ActorScope,
        _ entry: Entry
    ) {
        trail.append(
            Step(
                behavior: behavior.id, scope: scope.scope, place: scope.place, origin: entry.origin,
                operation: operation, value: value, reason: reason, setting: setting))
    }
}
