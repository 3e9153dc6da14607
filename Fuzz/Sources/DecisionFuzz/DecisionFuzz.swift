import Fuzzing

@testable import CharterEngine

/// Whatever the policy and the request, drawn from bytes: the fast fold with its compact trail says
/// what the readable fold says.
@main
struct DecisionFuzz: Fuzzer {
    func test(_ input: [UInt8]) {
        var generator = SeededGenerator(input)
        let random = RandomPolicy(&generator)
        let policy = required(try? random.policy(), "policy")
        let facts = required(try? policy.facts(of: random.request), "facts")
        var matrix: [BehaviorDecision] = []
        policy.decideAll(facts, into: &matrix)
        var byRows: [BehaviorDecision] = []
        PolicyRows(policy).decide(facts, into: &byRows)
        let nobody = (Conversation([], policy), UserSettings(nil, policy))
        for number in policy.charter.behaviors.indices {
            let index = BehaviorIndex(number)
            let fold = policy.fold(index, facts, nobody.0, nobody.1)
            var trail = CompactTrail()
            let noted = policy.decide(index, facts, noting: &trail)
            for decision in [policy.decide(index, facts), noted, matrix[number], byRows[number]] {
                check(decision == BehaviorDecision(fold), "\(decision) is \(fold)")
            }
            compare(trail, fold)
        }
        compareWhole(random, policy)
    }

    /// The compact trail has the outcome of each adjustment, the readable one a step for each part of
    /// it, so that the outcomes are as often in both.
    private func compare(_ trail: CompactTrail, _ fold: Fold) {
        guard !trail.isCut else { return }
        let operations: [Step.Operation] = [.set, .allow, .deny, .forbid]
        var counts = [Int](repeating: 0, count: 64)
        for bits in trail.outcomeBits {
            for place in operations.indices {
                counts[place * 16 + Int(bits >> (place * 4) & 15)] += 1
            }
        }
        for step in fold.trail {
            guard let place = operations.firstIndex(of: step.operation) else { continue }
            counts[place * 16 + Int(step.reason.map(RunFold.Outcome.code) ?? 1)] -= 1
        }
        // No outcome at all is no step.
        for place in operations.indices { counts[place * 16] = 0 }
        check(counts.allSatisfy { $0 == 0 }, "\(trail.outcomeBits) tells of \(fold.trail)")
    }

    private func compareWhole(_ random: RandomPolicy, _ policy: Policy) {
        let decision = required(try? policy.decide(random.request, user: random.user), "decision")
        var withTrail = required(
            try? policy.decide(random.request, user: random.user, withTrail: true), "trail")
        let refused = withTrail.trail.filter { $0.reason != nil }
        check(refused == withTrail.refused, "what is refused is on the trail")
        withTrail.trail = []
        check(decision == withTrail, "\(decision) is \(withTrail)")
    }
}

extension Policy {
    /// The fold of each behavior, in charter order, as random policies ask for it.
    func folds(_ request: Request, _ user: UserLayer?) throws -> [Fold] {
        let facts = try facts(of: request)
        let conversation = Conversation(request.instructions, self)
        let settings = UserSettings(user, self)
        return charter.behaviors.indices.map {
            fold(BehaviorIndex($0), facts, conversation, settings)
        }
    }
}
