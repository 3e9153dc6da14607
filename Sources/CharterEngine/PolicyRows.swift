/// A policy made ready to decide whole matrices: what every request meets is decided beforehand.
///
/// For a policy that is asked often: some 5 KB for 64 behaviors, made in microseconds, dropped when it
/// is asked no more. A request then costs only the behaviors that some role, channel, member or
/// condition speaks of.
public struct PolicyRows: Sendable {
    private let policy: Policy
    /// By behavior: its fold when everything has been applied that every request meets.
    private let folds: [RunFold]
    /// By behavior: what is left to apply of the platform's and the operators' tables.
    private let rest: [(platform: Range<Int>, operators: Range<Int>)]
    /// By behavior: the decision where nothing of the rest holds.
    private let settled: [BehaviorDecision]
    /// Which behaviors every request has to visit: those with conditions for everyone.
    private let always: BehaviorSet
    /// Which behaviors the adjustments for a role, a channel or a member may move.
    private let parts: [Part]

    /// The adjustments with one target.
    private struct Part: Sendable {
        var target: AdjustmentTarget
        var behaviors: BehaviorSet
    }

    /// Makes a policy ready; O(behaviors + adjustments).
    public init(_ policy: Policy) {
        self.policy = policy
        let count = policy.base.folds.count
        var folds = policy.base.folds
        var rest: [(platform: Range<Int>, operators: Range<Int>)] = []
        var settled: [BehaviorDecision] = []
        var always = BehaviorSet(count: count)
        var parts = policy.own.targets.map {
            Part(target: $0, behaviors: BehaviorSet(count: count))
        }
        for number in 0..<count {
            folds[number].lastOperator = UInt8(truncatingIfNeeded: policy.lastOperator)
            let platform = policy.base.rest[number]
            var operators = policy.own.range(number)
            if platform.isEmpty {
                operators = folds[number].applyPrefix(of: operators, policy.own)
            } else {
                always.insert(number)
            }
            rest.append((platform, operators))
            for adjustment in policy.own.adjustments[operators] {
                let target = Int(adjustment.target)
                if policy.own.targets[target].isForSomebody {
                    parts[target].behaviors.insert(number)
                } else {
                    always.insert(number)
                }
            }
            var fold = folds[number]
            settled.append(fold.decision())
        }
        self.folds = folds
        self.rest = rest
        self.settled = settled
        self.always = always
        self.parts = parts.filter(\.target.isForSomebody)
    }

    /// Decides all behaviors into storage of the caller's, in charter order; nothing is allocated
    /// when the storage has been used before.
    public func decide(_ facts: borrowing Facts, into decisions: inout [BehaviorDecision]) {
        if facts.isAdministrator { return policy.decideAll(facts, into: &decisions) }
        decisions.removeAll(keepingCapacity: true)
        decisions.append(contentsOf: settled)
        for word in always.words.indices {
            var bits = always.words[word]
            for part in parts where part.target.isFor(facts) { bits |= part.behaviors.words[word] }
            while bits != 0 {
                let number = word &* 64 &+ bits.trailingZeroBitCount
                bits &= bits &- 1
                var fold = folds[number]
                let left = rest[number]
                decisions[number] =
                    policy.finish(&fold, left.platform, left.operators, facts) { _, _ in }.decision
            }
        }
    }
}

/// Behaviors of a charter, as bits.
struct BehaviorSet: Sendable {
    /// Bit B of word W: the behavior at place 64 W + B.
    private(set) var words: [UInt64]

    /// None of `count` behaviors.
    init(count: Int) {
        words = Array(repeating: 0, count: (count + 63) / 64)
    }

    mutating func insert(_ number: Int) {
        words[number / 64] |= 1 << UInt64(number % 64)
    }
}
