@testable import CharterEngine

/// The laws of SEMANTICS §4 about more and less: caution in, caution out.
extension Law {
    /// Monotone: lowering the setting, the cap or a ceiling before a step raises none of them.
    static let steps = Law { sample, generator in
        for (behavior, actors) in sample.chains {
            for x in actors.indices {
                for scope in actors[x].scopes where !scope.entries.isEmpty {
                    for part in [scope] + scope.alone {
                        var high = Fold.random(behavior, actors, &generator)
                        var low = high.lowered(&generator)
                        high.fold(part, of: actors, x)
                        low.fold(part, of: actors, x)
                        if let raised = low.raised(above: high) {
                            return "\(behavior.id): \(raised) after \(part)"
                        }
                        high.leave(x)
                        low.leave(x)
                        if let raised = low.raised(above: high) {
                            return "\(behavior.id): \(raised) as actor \(x) ends"
                        }
                    }
                }
            }
        }
        return nil
    }

    /// Monotone: adding a deny or a forbid raises neither setting nor ceiling of anybody.
    static let restricting = Law { sample, generator in
        let policy = sample.policy
        let isNew = generator.chance(50)
        let behavior = generator.pick(policy.behaviors)
        let value = Rank(1 + generator.below(behavior.values.count - 1))
        let isForbid = generator.chance(50)
        var more = policy
        if isNew {
            var added = Adjustment(behavior.id)
            if isForbid { added.forbid = value } else { added.deny = value }
            if generator.chance(30) { added.until = generator.pick(RandomPolicy.moments) }
            more.updateAdjustments { list in
                if generator.chance(15) {
                    list.insert(added, at: generator.below(list.count + 1))
                }
            }
        } else if !policy.adjustments.isEmpty {
            more = policy.withAdjustment(generator.below(policy.adjustments.count)) { old in
                var new = old
                let lowest: Rank? = Rank(1)
                if isForbid { new.forbid = lowest } else { new.deny = lowest }
                return new
            }
        }
        return sample.raised(by: try more.folds())
    }

    /// Monotone: taking an allow away raises neither setting nor ceiling of anybody.
    static let takingAllows = Law { sample, generator in
        let policy = sample.policy
        let allows = policy.adjustments.indices.filter { policy.adjustments[$0].allow != nil }
        guard !allows.isEmpty else { return nil }
        let less = policy.withAdjustment(generator.pick(allows)) { old in
            var new = old
            new.allow = nil
            return new
        }
        return sample.raised(by: try less.folds())
    }

    /// Silence never helps: withholding a claim that nobody assumes.
    static let withholding = Law { sample, generator in
        let claims = sample.policy.request.claims.keys.sorted()
        guard
            let name = claims.filter({ !sample.policy.isAssumed($0) }).randomElement(
                using: &generator)
        else { return nil }
        return try sample.raised { $0.claims[name] = nil }.map { "without \(name): \($0)" }
    }

    /// Silence never helps: weakening a claim's evidence.
    static let weakening = Law { sample, generator in
        let claims = sample.policy.request.claims
        guard let name = claims.keys.sorted().randomElement(using: &generator),
            let claim = claims[name],
            let evidence = Evidence.allCases.filter({ $0 < claim.evidence })
                .randomElement(using: &generator)
        else { return nil }
        return try sample.raised { $0.claims[name]?.evidence = evidence }
            .map { "with \(name) \(evidence): \($0)" }
    }

    /// Silence never helps: garbling a claim.
    static let garbling = Law { sample, generator in
        guard let name = sample.policy.request.claims.keys.sorted().randomElement(using: &generator)
        else { return nil }
        return try sample.raised { $0.claims[name]?.value = .garbled }
            .map { "with \(name) garbled: \($0)" }
    }

    /// Silence never helps: nor does it about the time, the surface, the model or the language.
    static let attributes = Law { sample, generator in
        let parts = (0..<4).map { _ in generator.chance(50) }
        return try sample.raised { request in
            if parts[0] { request.at = nil }
            if parts[1] { request.surface = nil }
            if parts[2] { request.model = nil }
            if parts[3] { request.language = nil }
        }
    }

    /// An unknown adjustment is as careful as one that holds and as one that does not.
    static let unknown = Law { sample, generator in
        for (behavior, actors) in sample.chains {
            let x = generator.below(actors.count)
            let y = generator.below(actors[x].scopes.count)
            guard !actors[x].scopes[y].entries.isEmpty else { continue }
            let z = generator.below(actors[x].scopes[y].entries.count)
            var (unknown, holding, not) = (actors, actors, actors)
            unknown[x].scopes[y].entries[z].truth = .unknown
            holding[x].scopes[y].entries[z].truth = .yes
            not[x].scopes[y].entries.remove(at: z)
            let careful = Fold(behavior, unknown)
            for other in [Fold(behavior, holding), Fold(behavior, not)] {
                if let raised = careful.raised(above: other) {
                    return "\(behavior.id): \(raised)"
                }
            }
        }
        return nil
    }
}

extension RandomPolicy {
    /// Whether anybody presumes a value of the claim.
    func isAssumed(_ name: Text) -> Bool {
        let layers = [platform].compactMap { $0 } + operators
        return assume[name] != nil
            || layers.contains { layer in
                layer.assume[name] != nil || layer.templates.contains { $0.assume[name] != nil }
            }
    }
}

extension ActorScope {
    /// Each step of the scope as a scope of its own.
    fileprivate var alone: [ActorScope] {
        entries.flatMap { entry in
            var single = entry
            (single.set, single.allow, single.deny, single.forbid) = (nil, nil, nil, nil)
            var parts: [Entry] = []
            if let set = entry.set { parts.append(single.with { $0.set = set }) }
            if let allow = entry.allow { parts.append(single.with { $0.allow = allow }) }
            if let deny = entry.deny { parts.append(single.with { $0.deny = deny }) }
            if let forbid = entry.forbid { parts.append(single.with { $0.forbid = forbid }) }
            return parts.map { ActorScope(scope: scope, place: place, entries: [$0]) }
        }
    }
}

extension Entry {
    fileprivate func with(_ change: (inout Entry) -> Void) -> Entry {
        var copy = self
        change(&copy)
        return copy
    }
}

extension Fold {
    /// A fold in the middle of its work, in any state.
    static func random(
        _ behavior: Behavior, _ actors: [Actor], _ generator: inout SeededGenerator
    ) -> Fold {
        var fold = Fold(beginning: behavior, actors.map(\.level))
        fold.setting = generator.pick(behavior.ranks)
        fold.cap = generator.pick(behavior.ranks)
        fold.left = generator.pick(behavior.ranks)
        fold.open = generator.pick([.none] + behavior.ranks)
        for x in fold.ceiling.indices { fold.ceiling[x] = generator.pick([.none] + behavior.ranks) }
        return fold
    }

    /// The same with some of its ranks lowered.
    fileprivate func lowered(_ generator: inout SeededGenerator) -> Fold {
        var low = self
        func lower(_ rank: inout Rank, to lowest: Rank, _ generator: inout SeededGenerator) {
            let lower = ([.none] + behavior.ranks).filter { $0 <= rank && $0 >= lowest }
            if generator.chance(40) { rank = generator.pick(lower) }
        }
        lower(&low.setting, to: .cautious, &generator)
        lower(&low.cap, to: .cautious, &generator)
        lower(&low.left, to: .cautious, &generator)
        lower(&low.open, to: .none, &generator)
        for x in low.ceiling.indices { lower(&low.ceiling[x], to: .none, &generator) }
        return low
    }

    /// What is higher here than there, of all that a fold carries.
    fileprivate func raised(above other: Fold) -> String? {
        if setting > other.setting { return "the setting rises" }
        if cap > other.cap { return "the cap rises" }
        if left > other.left { return "what the actor leaves rises" }
        if open > other.open { return "what the actor opens rises" }
        if zip(ceiling, other.ceiling).contains(where: >) { return "a ceiling rises" }
        if zip(ceilings, other.ceilings).contains(where: >) { return "a reported ceiling rises" }
        return nil
    }
}
