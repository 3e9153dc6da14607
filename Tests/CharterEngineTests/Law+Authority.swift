@testable import CharterEngine

/// The laws of SEMANTICS §4 about who may do what.
extension Law {
    /// Hardcoded: with authority root nothing but the charter's own adjust moves the setting.
    static let hardcoded = Law { sample, _ in
        guard sample.policy.behaviors.contains(where: \.isHardcoded) else { return nil }
        var alone = sample.policy
        (alone.platform, alone.operators, alone.user) = (nil, [], nil)
        alone.request.instructions = []
        alone.request.roles = []
        for (fold, bare) in zip(sample.folds, try alone.folds()) where fold.behavior.isHardcoded {
            let id = fold.behavior.id
            if fold.setting != bare.setting { return "\(id) is moved" }
            if fold.decidedBy != .root { return "\(id) is decided by \(fold.decidedBy)" }
            if fold.ceilings.dropFirst().contains(where: { !$0.isNone }) {
                return "somebody has a say in \(id)"
            }
            if fold.trail.contains(where: { $0.scope != .root && $0.reason == nil }) {
                return "a step below root is accepted for \(id)"
            }
        }
        return nil
    }

    /// Nobody gives what they do not have.
    static let giving = Law { sample, _ in
        for ((behavior, actors), fold) in zip(sample.chains, sample.folds) {
            let ceilings = fold.ceilings
            if ceilings[0] != behavior.top { return "root does not reach the top" }
            for x in actors.indices.dropFirst() {
                let level = actors[x].level
                let lent = min(ceilings[x - 1], behavior.most(level))
                if ceilings[x] > behavior.own(level), ceilings[x] > lent {
                    return "actor \(x) has \(behavior.spelled(ceilings[x])) of \(behavior.id)"
                }
            }
        }
        return nil
    }

    /// Nobody takes what is not theirs.
    static let taking = Law { sample, generator in
        let policy = sample.policy
        for level in [Level.platform, .operator] {
            let isProtected = policy.behaviors.map { $0.isProtected(from: level) }
            guard isProtected.contains(true) else { continue }
            let chain = Array(repeating: Level.operator, count: max(1, policy.operators.count))
            let levels = [.root, .platform] + chain + [.user]
            let places = levels.indices.filter { levels[$0] == level }
            let x = generator.pick(places)
            var without = policy
            if level == .platform {
                without.platform?.updateAdjustments { $0 = [] }
            } else if x - 2 < without.operators.count {
                without.operators[x - 2].updateAdjustments { $0 = [] }
            }
            for ((fold, bare), isProtected) in zip(
                zip(sample.folds, try without.folds()), isProtected) where isProtected
            {
                for y in fold.ceilings.indices where y > x {
                    if fold.ceilings[y] < bare.ceilings[y] {
                        return "actor \(x) lowers \(fold.behavior.id) of actor \(y)"
                    }
                }
            }
        }
        return nil
    }

    /// Forbidden is final.
    static let forbidden = Law { sample, _ in
        for ((behavior, actors), fold) in zip(sample.chains, sample.folds) {
            for (place, step) in fold.trail.enumerated()
            where step.operation == .forbid && step.reason == nil {
                guard case .rank(let value) = step.value else { return "no value is forbidden" }
                if step.setting >= value || fold.setting >= value { return "it stays in force" }
                for later in fold.trail[place...] {
                    if later.setting >= value { return "\(later) brings it back" }
                    let gives = [.set, .allow, .administrator].contains(later.operation)
                    if gives, later.reason == nil, case .rank(let given) = later.value,
                        given >= value
                    {
                        return "\(later) gives it again"
                    }
                }
                for (x, actor) in actors.enumerated() where actor.scopes[0].place > step.place {
                    if fold.ceilings[x] >= value {
                        return "actor \(x) may still put it in force"
                    }
                }
            }
        }
        return nil
    }

    /// Forbidden is final: whoever asks for it, at any level, does not get it.
    static let forbiddenAsked = Law { sample, generator in
        let policy = sample.policy
        var asking = policy
        let forbidden = sample.folds.map { fold in
            fold.trail.filter { $0.operation == .forbid && $0.reason == nil }
                .compactMap { if case .rank(let value) = $0.value { value } else { nil } }.min()
        }
        guard forbidden.contains(where: { $0 != nil }) else { return nil }
        for (behavior, value) in zip(policy.behaviors, forbidden) where value != nil {
            let top = Adjustment(behavior.id, set: behavior.top, allow: behavior.top)
            asking.updateAdjustments { list in
                if generator.chance(50) { list.append(top) }
            }
            for level in [Level.platform, .operator, .user] {
                asking.request.instructions.append(
                    Instruction(
                        from: .principal(level), .set(behavior.id, behavior.values.last ?? "")))
            }
        }
        // The charter's own adjustments have set and forbid alone.
        for place in asking.behaviors.indices {
            asking.behaviors[place].adjust = policy.behaviors[place].adjust
        }
        for (fold, value) in zip(try asking.folds(), forbidden) {
            if let value, fold.setting >= value { return "\(fold.behavior.id) is brought back" }
        }
        return nil
    }

    /// Denied holds.
    static let denied = Law { sample, _ in
        for ((behavior, actors), fold) in zip(sample.chains, sample.folds) {
            let accepted = fold.trail.filter { $0.reason == nil }
            func ranks(_ operation: Step.Operation, _ isIn: (Step) -> Bool) -> [Rank] {
                accepted.filter { $0.operation == operation && isIn($0) }
                    .compactMap { if case .rank(let value) = $0.value { value } else { nil } }
            }
            for (x, actor) in actors.enumerated() {
                for scope in actor.scopes {
                    let place = scope.place
                    guard let d = ranks(.deny, { $0.place == place }).min() else { continue }
                    let a = ranks(.allow) { $0.place == place }.max() ?? .none
                    var bound = max(d.below, a)
                    let after = accepted.last { $0.place == place }?.setting ?? .none
                    if after > bound { return "\(behavior.id) stays above the deny" }
                    let places = (place + 1)..<((actor.scopes.last?.place ?? place) + 1)
                    bound = ranks(.allow) { places.contains($0.place) }.reduce(bound, max)
                    bound = ranks(.administrator) {
                        places.contains($0.place) || $0.place == place
                    }.reduce(bound, max)
                    for y in actors.indices where y > x && fold.ceilings[y] > bound {
                        return "actor \(y) has more of \(behavior.id) than is denied to it"
                    }
                }
            }
        }
        return nil
    }

    /// Caution is free: whoever has a say can always lower the setting.
    static let caution = Law { sample, generator in
        for (behavior, actors) in sample.chains {
            let x = generator.below(actors.count)
            guard behavior.hasSay(actors[x].level) else { continue }
            for scope in actors[x].scopes {
                var fold = Fold.random(behavior, actors, &generator)
                for value in behavior.ranks where value < fold.setting {
                    var entry = Entry(set: value, origin: .init())
                    entry.isInstruction = generator.chance(50)
                    if generator.chance(50) { entry.truth = .unknown }
                    fold.fold(
                        ActorScope(scope: scope.scope, place: scope.place, entries: [entry]),
                        of: actors.map { Actor(level: $0.level, scopes: []) }, x)
                    if fold.setting != value { return "\(behavior.id) stays where it was" }
                    fold.setting = behavior.top
                }
            }
        }
        return nil
    }

    /// Caution is free: the most cautious value is everybody's who has a say, from any scope.
    static let mostCautious = Law { sample, generator in
        for (behavior, actors) in sample.chains {
            let x = generator.below(actors.count)
            guard behavior.hasSay(actors[x].level) else { continue }
            let y = generator.below(actors[x].scopes.count)
            var changed = actors
            let entry = Entry(
                set: .cautious, origin: .init(position: SourcePosition(line: -1, column: 1)))
            changed[x].scopes[y].entries.append(entry)
            let step = Fold(behavior, changed).trail.first {
                $0.origin.position.line == -1 && $0.operation == .set
            }
            if step?.reason != nil || step?.value != .rank(.cautious) {
                return "\(String(describing: step)) is refused"
            }
        }
        return nil
    }
}

extension Behavior {
    /// Every rank of its values.
    var ranks: [Rank] { values.indices.compactMap { Rank($0) } }
}
