/// The fold of SEMANTICS §4 over one behavior, in the page's words: the reference for every other
/// way of deciding.
struct Fold {
    let behavior: Behavior
    var setting: Rank
    var cap: Rank
    /// By actor.
    var ceiling: [Rank]
    /// What the actor at hand leaves to those below.
    var left: Rank
    /// What the actor at hand opens to the next below.
    var open = Rank.none
    private(set) var decidedBy = Level.root
    /// By actor: the highest value that it may put in force as its first scope begins.
    private(set) var ceilings: [Rank] = []
    private(set) var trail: [Step] = []

    /// Folds the scopes of `actors`, root first.
    init(_ behavior: Behavior, _ actors: [Actor]) {
        self.init(beginning: behavior, actors.map(\.level))
        for x in actors.indices {
            ceilings.append(min(ceiling[x], cap))
            left = behavior.top
            open = .none
            for scope in actors[x].scopes { fold(scope, of: actors, x) }
            leave(x)
        }
    }

    /// The state before the first scope of the first of these levels.
    init(beginning behavior: Behavior, _ levels: [Level]) {
        self.behavior = behavior
        setting = behavior.default
        cap = behavior.top
        ceiling = levels.map(behavior.own)
        left = behavior.top
    }

    mutating func fold(_ scope: ActorScope, of actors: [Actor], _ x: Int) {
        let level = actors[x].level
        let most = x + 1 < actors.count ? behavior.most(actors[x + 1].level) : .none
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
        if scope.scope == .channelMember, let administrator = actors[x].administrator {
            let a = min(ceiling[x], cap, behavior.most(.user))
            guard !a.isNone else { return }
            left = max(left, a)
            open = max(open, a)
            record(.administrator, .rank(a), nil, scope, administrator)
        }
    }

    /// After the last scope of X: what it leaves and opens reaches those below.
    mutating func leave(_ x: Int) {
        for y in ceiling.indices where y > x { ceiling[y] = min(ceiling[y], left) }
        if x + 1 < ceiling.count { ceiling[x + 1] = max(ceiling[x + 1], open) }
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
