@testable import CharterEngine

/// The laws of SEMANTICS §4 about what a decision depends on, and about its trail.
extension Law {
    /// Order: permuting a user's roles, or naming one twice, changes nothing.
    static let order = Law { sample, generator in
        let policy = sample.policy
        var request = policy.request
        request.roles = generator.shuffled(request.roles) + request.roles.prefix(1)
        let other = try sample.compiled.decide(request, user: policy.user, withTrail: true)
        return sample.difference(to: other)
    }

    /// Idempotence: naming a template again at the end of extends changes nothing.
    static let idempotence = Law { sample, generator in
        var other = sample.policy
        if let again = other.platform?.templates.randomElement(using: &generator) {
            other.platform?.templates.append(again)
        }
        for (place, layer) in other.operators.enumerated() {
            guard let again = layer.templates.randomElement(using: &generator) else { continue }
            other.operators[place].templates.append(again)
        }
        return sample.difference(to: try other.decide(withTrail: true))
    }

    /// Purity: a decision depends on nothing but charter, layers and request.
    static let purity = Law { sample, generator in
        let policy = sample.policy
        let second = try policy.policy()
        var request = policy.request
        request.instructions = generator.shuffled(request.instructions + request.instructions)
        request.claims = [:]
        request.roles = RandomPolicy.roles
        _ = try second.decide(request, user: nil)
        _ = try sample.compiled.decide(request, user: nil, withTrail: true)
        for again in [second, sample.compiled] {
            let other = try again.decide(policy.request, user: policy.user, withTrail: true)
            if let difference = sample.difference(to: other) { return "later \(difference)" }
        }
        return nil
    }

    /// The decision without its trail is the one with it, and refused is the trail's refusals.
    static let withoutTrail = Law { sample, _ in
        var with = sample.decision
        if with.refused != with.trail.filter({ $0.reason != nil }) {
            return "refused is not what the trail refuses"
        }
        with.trail = []
        let policy = sample.policy
        return try sample.compiled.decide(policy.request, user: policy.user) == with
            ? nil : "they differ"
    }

    /// Folding the accepted steps of a trail alone gives the same decision.
    static let replay = Law { sample, _ in
        for ((behavior, actors), fold) in zip(sample.chains, sample.folds) {
            let accepted = fold.trail.filter { $0.reason == nil }
            let replay = Replay(behavior, actors, accepted)
            if replay.setting != fold.setting { return "the setting of \(behavior.id) differs" }
            if replay.decidedBy != fold.decidedBy {
                return "decided_by of \(behavior.id) differs"
            }
            if replay.ceilings != fold.ceilings { return "ceilings of \(behavior.id) differ" }
        }
        return nil
    }

    /// A refused step changes nothing, and does not touch the rest of its adjustment.
    static let refused = Law { sample, generator in
        for (behavior, actors) in sample.chains {
            let numbered = actors.numbered()
            let fold = Fold(behavior, numbered)
            let refused = fold.trail.indices.filter { fold.trail[$0].reason != nil }
            guard !refused.isEmpty else { continue }
            let place = generator.pick(refused)
            let other = Fold(behavior, numbered.without(fold.trail[place]))
            var rest = fold.trail
            rest.remove(at: place)
            if other.setting != fold.setting || other.ceilings != fold.ceilings
                || other.decidedBy != fold.decidedBy || other.trail != rest
            {
                return "without \(fold.trail[place]) \(behavior.id) differs"
            }
        }
        return nil
    }

    /// A policy of fewer behaviors decides each of them as the whole does.
    static let alone = Law { sample, generator in
        let policy = sample.policy
        let id = generator.pick(policy.behaviors).id
        var alone = policy
        alone.behaviors.removeAll { $0.id != id }
        alone.updateAdjustments { list in list.removeAll { $0.behavior != id } }
        let whole = sample.decision
        let part = try alone.decide(withTrail: true)
        guard let place = policy.behaviors.firstIndex(where: { $0.id == id }) else {
            return nil
        }
        if whole.behaviors[place] != part.behaviors[0] { return "\(id) is decided otherwise" }
        let steps = [whole, part].map { decision in
            decision.trail.filter { $0.behavior == id && $0.scope != .demand }
        }
        return steps[0] == steps[1] ? nil : "the trail of \(id) differs"
    }
}

extension Sample {
    /// In what another decision is not this one.
    fileprivate func difference(to other: Decision) -> String? {
        if decision.behaviors != other.behaviors { return "the settings or ceilings differ" }
        if decision.verdict != other.verdict { return "the verdicts differ" }
        if decision.ignoredRoles != other.ignoredRoles { return "the ignored roles differ" }
        return decision == other ? nil : "the trails differ"
    }
}

/// The pseudo-code of SEMANTICS §4 over steps that were accepted before, on plain numbers: no ceiling,
/// cap or say is looked at.
private struct Replay {
    private(set) var setting: Rank
    private(set) var decidedBy = Level.root
    private(set) var ceilings: [Rank] = []

    init(_ behavior: Behavior, _ actors: [Actor], _ accepted: [Step]) {
        func number(_ rank: Rank) -> Int { rank.place ?? -1 }
        let top = behavior.values.count - 1
        var setting = number(behavior.default)
        var decidedBy = Level.root
        var ceilings: [Rank] = []
        var cap = top
        var ceiling = actors.map { number(behavior.own($0.level)) }
        for x in actors.indices {
            ceilings.append(Rank(min(ceiling[x], cap)) ?? .none)
            var (left, open) = (top, -1)
            for scope in actors[x].scopes {
                func values(_ operation: Step.Operation) -> [Int] {
                    accepted.filter { $0.place == scope.place && $0.operation == operation }
                        .compactMap {
                            if case .rank(let rank) = $0.value { number(rank) } else { nil }
                        }
                }
                func lower(_ value: Int) {
                    if value < setting { (setting, decidedBy) = (value, actors[x].level) }
                }
                for value in values(.set) { (setting, decidedBy) = (value, actors[x].level) }
                let a = values(.allow).max() ?? -1
                let d = values(.deny).min() ?? top + 1
                left = max(min(left, d - 1), a)
                open = max(min(open, d - 1), a)
                lower(max(d - 1, a))
                for value in values(.forbid) {
                    cap = min(cap, value - 1)
                    lower(value - 1)
                }
                for value in values(.administrator) {
                    left = max(left, value)
                    open = max(open, value)
                }
            }
            for y in actors.indices where y > x { ceiling[y] = min(ceiling[y], left) }
            if x + 1 < actors.count { ceiling[x + 1] = max(ceiling[x + 1], open) }
        }
        self.setting = Rank(setting) ?? .none
        self.decidedBy = decidedBy
        self.ceilings = ceilings
    }
}

extension [Actor] {
    /// The same, each adjustment on a line of its own, by which its steps are found again.
    fileprivate func numbered() -> [Actor] {
        var actors = self
        var line = 0
        for x in actors.indices {
            for y in actors[x].scopes.indices {
                for z in actors[x].scopes[y].entries.indices {
                    line += 1
                    actors[x].scopes[y].entries[z].origin.position = SourcePosition(
                        line: line, column: 1)
                }
            }
        }
        return actors
    }

    /// The same without what the step came from.
    fileprivate func without(_ step: Step) -> [Actor] {
        var actors = self
        for x in actors.indices {
            for y in actors[x].scopes.indices {
                for z in actors[x].scopes[y].entries.indices {
                    let entry = actors[x].scopes[y].entries[z]
                    guard entry.origin.position == step.origin.position else { continue }
                    var changed = entry
                    switch step.operation {
                    case .set: (changed.set, changed.refused) = (nil, nil)
                    case .allow: changed.allow = nil
                    case .deny: changed.deny = nil
                    case .forbid: changed.forbid = nil
                    case .when:
                        changed.needsEvidence.removeAll { .claim($0) == step.value }
                    case .administrator: break
                    }
                    actors[x].scopes[y].entries[z] = changed
                }
            }
        }
        return actors
    }
}
