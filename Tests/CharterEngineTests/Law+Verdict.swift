@testable import CharterEngine

/// The verdict of SEMANTICS §7, held against a second way of saying it.
extension Law {
    /// The verdict is that of the page, said a second way.
    static let verdict = Law { sample, _ in
        let (plain, verdict) = (PlainVerdict(sample), sample.decision.verdict)
        if plain.act != verdict.act { return "the act is \(verdict.act), not \(plain.act)" }
        if plain.unmet != verdict.unmet.map(\.number) { return "unmet is not \(plain.unmet)" }
        if plain.byAsking != verdict.byAsking.map(\.number) {
            return "by asking is not \(plain.byAsking)"
        }
        if plain.duties != verdict.duties.map(\.number) { return "duties are not \(plain.duties)" }
        let conflicts = verdict.conflicts.map {
            PlainVerdict.Conflict(u: $0.behavior.number, t: $0.duty.number, kind: $0.kind.rawValue)
        }
        return plain.conflicts == conflicts ? nil : "conflicts are not \(plain.conflicts)"
    }

    /// The order of demands changes nothing in the verdict.
    static let demandOrder = Law { sample, generator in
        let policy = sample.policy
        guard policy.request.demands.count > 1 else { return nil }
        var request = policy.request
        request.demands = generator.shuffled(request.demands)
        let other = try sample.compiled.decide(request, user: policy.user)
        return other.verdict == sample.decision.verdict ? nil : "the verdicts differ"
    }
}

/// §7 sentence by sentence, on numbers and plain lists, with no thought of speed.
private struct PlainVerdict {
    struct Conflict: Equatable {
        var u: Int
        var t: Int
        var kind: String
    }

    var act = Act.allow
    var unmet: [Int] = []
    var byAsking: [Int] = []
    var duties: [Int] = []
    var conflicts: [Conflict] = []

    init(_ sample: Sample) {
        let behaviors = sample.policy.behaviors
        let decisions = sample.decision.behaviors
        var calls: [Int: Act] = [:]
        for demand in sample.policy.request.demands {
            guard let place = behaviors.firstIndex(where: { $0.id == demand.behavior }) else {
                continue
            }
            let behavior = behaviors[place]
            if behavior.kind == .duty && demand.isTriggered {
                let isOn = behavior.name(of: decisions[place].setting) == "on"
                if isOn && !duties.contains(place) { duties.append(place) }
                continue
            }
            let wanted = demand.value ?? behavior.values[behavior.values.count - 1]
            guard let rank = behavior.values.firstIndex(of: wanted) else { continue }
            if rank <= decisions[place].setting.place ?? -1 { continue }
            let asks = demand.isExplicit && PlainVerdict.speaks(demand.from, sample.policy.request)
            if asks && rank <= decisions[place].ceilings.user.place ?? -1 {
                if !byAsking.contains(place) { byAsking.append(place) }
            } else {
                calls[place] = behavior.otherwise
            }
        }
        duties.sort()
        byAsking = byAsking.filter { calls[$0] == nil }.sorted()
        arbitrate(behaviors, &calls)
        act = calls.values.reduce(act, max)
        let tiers: [Tier] = [.safety, .ethics, .guidelines, .helpfulness]
        let strengths: [Act] = [.refuse, .ask, .transform, .guide]
        for tier in tiers {
            for strength in strengths {
                unmet += calls.keys.sorted().filter {
                    behaviors[$0].tier == tier && calls[$0] == strength
                }
            }
        }
    }

    private mutating func arbitrate(_ behaviors: [Behavior], _ calls: inout [Int: Act]) {
        func areInConflict(_ u: Int, _ t: Int) -> Bool {
            behaviors[u].conflicts.contains(behaviors[t].id)
                || behaviors[t].conflicts.contains(behaviors[u].id)
        }
        let tiers: [Tier] = [.safety, .ethics, .guidelines, .helpfulness]
        var (standing, standingDuties) = (calls.keys.sorted(), duties)
        for (rank, tier) in tiers.enumerated() {
            var found: [Conflict] = []
            var (ended, gone) = (Set<Int>(), Set<Int>())
            for u in standing {
                for t in standingDuties where areInConflict(u, t) {
                    guard behaviors[u].tier == tier, behaviors[t].tier == tier else { continue }
                    found.append(Conflict(u: u, t: t, kind: "inaction"))
                    act = .refuse
                    if tier != .safety { ended.insert(t) }
                }
            }
            duties.removeAll(where: ended.contains)
            standingDuties.removeAll(where: ended.contains)
            ended = []
            for u in standing {
                for t in standingDuties where areInConflict(u, t) {
                    let lower = tiers[(rank + 1)...]
                    let isWinner = behaviors[u].tier == tier && lower.contains(behaviors[t].tier)
                    let isLoser = behaviors[t].tier == tier && lower.contains(behaviors[u].tier)
                    guard isWinner || isLoser else { continue }
                    let loser = isWinner ? behaviors[t].tier : behaviors[u].tier
                    let isShield = loser == .guidelines && (tier == .safety || tier == .ethics)
                    found.append(Conflict(u: u, t: t, kind: isShield ? "shield" : "outranked"))
                    if isWinner {
                        ended.insert(t)
                    } else {
                        gone.insert(u)
                        calls[u] = .guide
                    }
                }
            }
            duties.removeAll(where: ended.contains)
            standingDuties.removeAll(where: ended.contains)
            standing.removeAll(where: gone.contains)
            conflicts += found.sorted { ($0.u, $0.t) < ($1.u, $1.t) }
        }
    }

    /// Whether the demand is from somebody whose word counts.
    private static func speaks(_ speaker: Speaker, _ request: Request) -> Bool {
        switch speaker {
        case .principal: return true
        case .assistant: return false
        case .tool(let name):
            return request.instructions.contains { instruction in
                guard case .principal = instruction.from, instruction.isExplicit else {
                    return false
                }
                return instruction.content == .delegate(tool: name)
            }
        }
    }
}
