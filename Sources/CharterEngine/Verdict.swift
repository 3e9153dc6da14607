/// What happens to a request (SEMANTICS §7).
public struct Verdict: Hashable, Sendable {
    /// The strongest that is called for.
    public var act: Act = .allow
    /// By tier, then the strength that they call for, then charter order.
    public var unmet: [BehaviorIndex] = []
    /// Behaviors that asking alone put in force, in charter order.
    public var byAsking: [BehaviorIndex] = []
    /// Duties still owed, whatever the act, in charter order.
    public var duties: [BehaviorIndex] = []
    /// By the winner's tier, then charter order of the unmet, then of the duty.
    public var conflicts: [Conflict] = []

    /// An unmet behavior beside an owed duty.
    public struct Conflict: Hashable, Sendable {
        /// What the tiers make of the two.
        public enum Kind: String, Sendable {
            /// Two of one tier: nothing is done.
            case inaction
            /// A policy is no shield for what safety or ethics forbid: a defect of the charter.
            case shield
            /// The higher tier wins, and that is no defect.
            case outranked
        }

        /// The unmet one.
        public var behavior: BehaviorIndex
        /// The owed one.
        public var duty: BehaviorIndex
        /// How it was settled.
        public var kind: Kind
    }

    /// A verdict that allows everything and owes nothing.
    public init() {}
}

/// Works out a verdict from settings, ceilings and demands (SEMANTICS §7).
struct Arbitration {
    private let charter: Charter
    private let decisions: [BehaviorDecision]
    /// Demands that name what the charter lacks.
    private(set) var unknown: [Step] = []
    private(set) var verdict = Verdict()
    /// What each unmet behavior calls for; and who still stands in the conflicts.
    private var calls: [BehaviorIndex: Act] = [:]
    private var standingUnmet: Set<BehaviorIndex> = []
    private var standingDuties: Set<BehaviorIndex> = []
    private var owed: Set<BehaviorIndex> = []
    /// Every unmet behavior beside an owed duty that one of them lists, in charter order of both.
    private var conflicts: [(unmet: BehaviorIndex, duty: BehaviorIndex)] = []

    init(
        _ demands: [Demand], _ decisions: [BehaviorDecision], _ policy: Policy,
        levelOf: (Speaker) -> Level?
    ) {
        charter = policy.charter
        self.decisions = decisions
        var asked: Set<BehaviorIndex> = []
        for demand in demands {
            meet(demand, levelOf(demand.from), policy, &asked)
        }
        standingUnmet = Set(calls.keys)
        standingDuties = owed
        conflicts = conflictsAtFirst()
        let act = arbitrate()
        verdict.act = max(act, calls.values.max() ?? .allow)
        verdict.unmet = calls.keys.sorted { a, b in
            let left = (charter[a].tier, calls[a] ?? .allow),
                right = (charter[b].tier, calls[b] ?? .allow)
            if left.0 != right.0 { return left.0 < right.0 }
            if left.1 != right.1 { return left.1 > right.1 }
            return a < b
        }
        verdict.byAsking = asked.subtracting(calls.keys).sorted()
        verdict.duties = owed.sorted()
    }

    private mutating func meet(
        _ demand: Demand, _ level: Level?, _ policy: Policy, _ asked: inout Set<BehaviorIndex>
    ) {
        guard let index = charter.index(of: demand.behavior) else {
            let value = demand.value.map { Step.Value.unknown($0) } ?? .unsaid
            unknown.append(policy.unknownStep(demand.behavior, .demand, value, .unknownBehavior))
            return
        }
        let behavior = charter[index]
        let decision = decisions[index.number]
        if behavior.kind == .duty, demand.isTriggered {
            if decision.setting == .cautious { owed.insert(index) }
            return
        }
        guard let value = demand.value.map(behavior.rank(of:)) ?? behavior.top else {
            let value = demand.value.map { Step.Value.unknown($0) } ?? .unsaid
            unknown.append(policy.unknownStep(demand.behavior, .demand, value, .unknownValue))
            return
        }
        if value <= decision.setting { return }
        if demand.isExplicit, level != nil, value <= decision.ceilings.user {
            asked.insert(index)
        } else {
            calls[index] = behavior.otherwise
        }
    }

    /// Tier by tier; gives the act that an inaction calls for.
    private mutating func arbitrate() -> Act {
        var act = Act.allow
        guard !conflicts.isEmpty else { return act }
        for tier in Tier.allCases {
            let equals = pairs { charter[$0].tier == tier && charter[$1].tier == tier }
            if !equals.isEmpty { act = .refuse }
            for (unmet, duty) in equals {
                verdict.conflicts.append(.init(behavior: unmet, duty: duty, kind: .inaction))
                if tier != .safety {
                    owed.remove(duty)
                    standingDuties.remove(duty)
                }
            }
            let unequals = pairs { unmet, duty in
                let tiers = (charter[unmet].tier, charter[duty].tier)
                return tiers.0 != tiers.1 && min(tiers.0, tiers.1) == tier
            }
            for (unmet, duty) in unequals {
                let loser = max(charter[unmet].tier, charter[duty].tier)
                let isShield = loser == .guidelines && tier <= .ethics
                verdict.conflicts.append(
                    .init(behavior: unmet, duty: duty, kind: isShield ? .shield : .outranked))
                if charter[unmet].tier == tier {
                    owed.remove(duty)
                    standingDuties.remove(duty)
                } else {
                    calls[unmet] = min(calls[unmet] ?? .allow, .guide)
                    standingUnmet.remove(unmet)
                }
            }
            sortConflicts(of: tier)
        }
        return act
    }

    /// O(c log c) in the number of conflicts that the unmet and the owed list.
    private func conflictsAtFirst() -> [(unmet: BehaviorIndex, duty: BehaviorIndex)] {
        var duties: [BehaviorIndex: Set<BehaviorIndex>] = [:]
        for unmet in standingUnmet {
            for duty in charter[unmet].conflicts.compactMap(charter.index(of:))
            where standingDuties.contains(duty) {
                duties[unmet, default: []].insert(duty)
            }
        }
        for duty in standingDuties {
            for unmet in charter[duty].conflicts.compactMap(charter.index(of:))
            where standingUnmet.contains(unmet) {
                duties[unmet, default: []].insert(duty)
            }
        }
        return duties.flatMap { unmet, duties in duties.map { (unmet, $0) } }.sorted(by: <)
    }

    private func pairs(
        where isPair: (BehaviorIndex, BehaviorIndex) -> Bool
    ) -> [(unmet: BehaviorIndex, duty: BehaviorIndex)] {
        conflicts.filter { unmet, duty in
            standingUnmet.contains(unmet) && standingDuties.contains(duty) && isPair(unmet, duty)
        }
    }

    /// By the winner's tier (the loop), then charter order of the unmet, then of the duty.
    private mutating func sortConflicts(of tier: Tier) {
        func isOfTier(_ conflict: Verdict.Conflict) -> Bool {
            min(charter[conflict.behavior].tier, charter[conflict.duty].tier) == tier
        }
        let before = verdict.conflicts.filter { !isOfTier($0) }
        let these = verdict.conflicts.filter(isOfTier).sorted {
            ($0.behavior, $0.duty) < ($1.behavior, $1.duty)
        }
        verdict.conflicts = before + these
    }
}
