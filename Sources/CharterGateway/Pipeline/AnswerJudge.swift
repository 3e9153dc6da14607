internal import CharterDetection
internal import CharterEngine

/// What is to happen where an answer matches a pattern.
///
/// What an answer exercises is judged with the `explicit` and `from` of the request's own demand for
/// that behavior, up to the value that was asked for: who is allowed to ask is allowed to be
/// answered. Where nobody asked it is the assistant's alone.
struct AnswerJudge: Sendable {
    /// By pattern: what a match calls for.
    private let acts: [Act]

    init(_ enforcement: Enforcement, _ decision: Decision, _ demands: [Demand]) {
        let policy = enforcement.policy
        acts = enforcement.exercised.enumerated().map { place, exercised in
            let pattern = enforcement.patterns.patterns[place]
            guard let exercised, pattern.place != .request, !pattern.triggered,
                exercised.rank > decision.behaviors[exercised.behavior.number].setting
            else { return .allow }
            let behavior = policy.charter[exercised.behavior]
            guard let value = behavior.name(of: exercised.rank) else { return .refuse }
            let asking = demands.filter { demand in
                demand.behavior == behavior.id && !demand.isTriggered
                    && (demand.value.map(behavior.rank(of:)) ?? behavior.top).map {
                        $0 >= exercised.rank
                    } ?? false
            }
            let standing = asking.map { (isExplicit: $0.isExplicit, from: $0.from) }
            let duties = demands.filter(\.isTriggered)
            return (standing + [(false, .assistant)]).map { isExplicit, from in
                let demand = Demand(behavior.id, value: value, isExplicit: isExplicit, from: from)
                return policy.verdict(of: duties + [demand], given: decision.behaviors).act
            }.min() ?? .refuse
        }
    }

    /// Whether the answer must end before the match. `ask` and `transform` act as `refuse` for now;
    /// `guide` lets it pass.
    func ends(at match: Match) -> Bool { acts[match.pattern] > .guide }
}
