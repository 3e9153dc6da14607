@testable import CharterEngine

/// That every way of deciding says the same. The measure is the readable fold over what the layers say,
/// read a second way (`PlainChain`).
extension Law {
    /// What the policy's own reading of the layers comes to.
    static let plainReading = Law { sample, _ in
        let plain = sample.policy.plainFolds
        for (mine, theirs) in zip(plain, sample.folds) {
            if let difference = mine.difference(to: theirs) { return difference }
        }
        return plain.count == sample.folds.count ? nil : "behaviors are missing"
    }

    /// Instructions that are said again, before or behind: what is left is decided as the whole is.
    static let repetitions = Law { sample, generator in
        var request = sample.policy.request
        for instruction in generator.some(of: request.instructions, 60) {
            let place = Int.random(in: 0...request.instructions.count, using: &generator)
            request.instructions.insert(instruction, at: place)
        }
        let whole = try sample.compiled.decide(request, user: sample.policy.user)
        request.instructions = request.instructions.withoutRepetitions
        let short = try sample.compiled.decide(request, user: sample.policy.user)
        let principals = request.instructions.filter { instruction in
            if case (.principal, .set) = (instruction.from, instruction.content) {
                true
            } else {
                false
            }
        }
        if Set(principals).count < principals.count {
            return "one stands twice"
        }
        return whole.behaviors == short.behaviors && whole.verdict == short.verdict
            ? nil : "without the repetitions it is \(short.behaviors)"
    }

    /// A whole request: instructions and the user's layer included, with and without a trail.
    static let wholeRequest = Law { sample, _ in
        let plain = sample.policy.plainFolds
        let policy = sample.policy
        let without = try sample.compiled.decide(policy.request, user: policy.user)
        if sample.decision.behaviors != plain.map(BehaviorDecision.init) {
            return "with a trail it is \(sample.decision.behaviors)"
        }
        if without.behaviors != sample.decision.behaviors {
            return "without a trail it is \(without.behaviors)"
        }
        let trail = plain.flatMap(\.trail)
        if Array(sample.decision.trail.prefix(trail.count)) != trail { return "the trail differs" }
        let refused = trail.filter { $0.reason != nil }
        if Array(without.refused.prefix(refused.count)) != refused {
            return "without a trail other steps are refused"
        }
        let rest = [
            without.refused.dropFirst(refused.count), sample.decision.trail[trail.count...],
        ]
        let isUnknown = rest.joined().allSatisfy {
            [.unknownBehavior, .unknownValue, .noAuthority].contains($0.reason)
        }
        return isUnknown ? nil : "the trail has steps that nobody took"
    }

    /// The fast fold, one behavior at a time.
    static let oneBehavior = Law { sample, _ in
        let facts = try sample.compiled.facts(of: sample.policy.request)
        for (place, fold) in sample.policy.silent.plainFolds.enumerated() {
            let decision = sample.compiled.decide(BehaviorIndex(place), facts)
            if decision != BehaviorDecision(fold) { return "\(fold.behavior.id): \(decision)" }
        }
        return nil
    }

    /// The fast fold, some behaviors in any order, one of them twice.
    static let someBehaviors = Law { sample, generator in
        let facts = try sample.compiled.facts(of: sample.policy.request)
        let folds = sample.policy.silent.plainFolds
        let places = generator.shuffled(generator.some(of: Array(folds.indices), 60))
        for place in places + places.prefix(1) {
            let decision = sample.compiled.decide(BehaviorIndex(place), facts)
            if decision != BehaviorDecision(folds[place]) {
                return "\(folds[place].behavior.id) of \(places): \(decision)"
            }
        }
        return nil
    }

    /// The fast fold, all behaviors, with and without rows, into storage that has been used before.
    static let wholeMatrix = Law { sample, generator in
        let silent = sample.policy.silent
        let expected = silent.plainFolds.map(BehaviorDecision.init)
        let facts = try sample.compiled.facts(of: silent.request)
        var decisions = Array(
            repeating: BehaviorDecision(
                setting: .highest, decidedBy: .user,
                ceilings: .init(platform: .highest, operator: .none, user: .highest)),
            count: generator.below(expected.count + 2))
        let rows = PolicyRows(sample.compiled)
        for _ in 0..<2 {
            sample.compiled.decideAll(facts, into: &decisions)
            if decisions != expected { return "the matrix is \(decisions)" }
            rows.decide(facts, into: &decisions)
            if decisions != expected { return "the matrix by rows is \(decisions)" }
        }
        let whole = try sample.compiled.decide(silent.request)
        if whole.behaviors != expected { return "the request is \(whole.behaviors)" }
        let (request, user) = (sample.policy.request, sample.policy.user)
        let slow = try sample.compiled.decide(request, user: user, withRefused: false)
        let quick = try rows.decide(request, user: user)
        return quick == slow ? nil : "the request by rows is \(quick), and not \(slow)"
    }

    /// Facts that stand where another request's stood.
    static let factsAgain = Law { sample, generator in
        let silent = sample.policy.silent
        let expected = silent.plainFolds.map(BehaviorDecision.init)
        var other = RandomPolicy(&generator).request
        other.channel = silent.request.channel
        other.roles = RandomPolicy.roles
        var facts = try sample.compiled.facts(of: other)
        try sample.compiled.intern(silent.request, into: &facts)
        var decisions: [BehaviorDecision] = []
        sample.compiled.decideAll(facts, into: &decisions)
        return decisions == expected ? nil : "the matrix is \(decisions)"
    }

    /// Operators put under a charter and platform that were compiled with other ones, or with none.
    static let otherOperators = Law { sample, generator in
        let policy = sample.policy
        var bare = policy
        bare.operators = generator.chance(50) ? [] : Array(policy.operators.suffix(1))
        guard let shared = try? bare.policy() else { return nil }
        let again = try shared.with(operators: policy.operators)
        let decision = try again.decide(policy.request, user: policy.user, withTrail: true)
        return decision == sample.decision ? nil : "shared storage decides otherwise"
    }

    /// The compact trail: which adjustments held, and for each op what became of it.
    static let compactTrail = Law { sample, _ in
        let facts = try sample.compiled.facts(of: sample.policy.request)
        let silent = sample.policy.silent
        let chain = PlainChain(silent)
        var compact = CompactTrail()
        for (place, behavior) in silent.behaviors.enumerated() {
            let index = BehaviorIndex(place)
            let decision = sample.compiled.decide(index, facts, noting: &compact)
            if decision != sample.compiled.decide(index, facts) {
                return "noting changes \(behavior.id)"
            }
            let actors = chain.actors(of: behavior)
            let entries = actors.flatMap(\.scopes).flatMap(\.entries)
            if compact.count != entries.count || compact.isCut != (entries.count > 16) {
                return "\(behavior.id): \(compact.count) of \(entries.count) adjustments held"
            }
            let trail = Fold(behavior, actors).trail
            for (entry, noted) in zip(entries, compact.outcomes) {
                let line = entry.origin.position
                let steps = trail.filter {
                    $0.origin.position == line && ![.when, .administrator].contains($0.operation)
                }
                let told = Dictionary(
                    steps.map { ($0.operation, CompactTrail.code($0.reason)) },
                    uniquingKeysWith: { first, _ in first })
                if noted != told {
                    return "\(behavior.id): \(noted), not \(told) of line \(line.line)"
                }
            }
        }
        return nil
    }

    /// The verdict beside settings that were decided before.
    static let verdictGiven = Law { sample, _ in
        let request = sample.policy.request
        let isLent = request.instructions.contains {
            if case .delegate = $0.content { true } else { false }
        }
        guard !isLent else { return nil }
        let verdict = sample.compiled.verdict(
            of: request.demands, given: sample.decision.behaviors)
        return verdict == sample.decision.verdict ? nil : "it is \(verdict)"
    }
}

extension RandomPolicy {
    /// The readable fold of each behavior over what the layers say, in charter order.
    var plainFolds: [Fold] {
        let chain = PlainChain(self)
        return behaviors.map { Fold($0, chain.actors(of: $0)) }
    }

    /// The same without what a policy's facts do not hold: instructions, and the user's own layer.
    fileprivate var silent: RandomPolicy {
        var copy = self
        copy.user = nil
        copy.request.instructions = []
        return copy
    }
}

extension Fold {
    fileprivate func difference(to other: Fold) -> String? {
        let id = behavior.id
        if setting != other.setting {
            return "\(id) is \(behavior.spelled(other.setting)), not \(behavior.spelled(setting))"
        }
        if decidedBy != other.decidedBy { return "\(id) is decided by \(other.decidedBy)" }
        if ceilings != other.ceilings { return "the ceilings of \(id) are \(other.ceilings)" }
        for (mine, theirs) in zip(trail, other.trail) where mine != theirs {
            return "\(id) has the step \(theirs), not \(mine)"
        }
        return trail.count == other.trail.count ? nil : "the trail of \(id) has other steps"
    }
}

extension CompactTrail {
    /// By adjustment, what became of each of its ops, as codes. The one place that knows the bits.
    fileprivate var outcomes: [[Step.Operation: UInt16]] {
        let operations: [Step.Operation] = [.set, .allow, .deny, .forbid]
        return outcomeBits.map { bits in
            let codes = operations.enumerated().map { ($1, bits >> UInt16($0 * 4) & 15) }
            return Dictionary(uniqueKeysWithValues: codes.filter { $0.1 != 0 })
        }
    }

    fileprivate static func code(_ reason: Reason?) -> UInt16 {
        reason.map(RunFold.Outcome.code) ?? RunFold.Outcome.accepted
    }
}
