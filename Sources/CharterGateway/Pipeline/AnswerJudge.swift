internal import CharterDetection
internal import CharterEngine

/// What is to happen where an answer matches a pattern.
///
/// What an answer exercises is judged with the `explicit` and `from` of the request's own demand for
/// that behavior, up to the value that was asked for: who is allowed to ask is allowed to be
/// answered. Where nobody asked it is the assistant's alone.
struct AnswerJudge: Sendable {
    let enforcement: Enforcement
    private let behaviors: [BehaviorDecision]
    /// The request's own; without those of duties that are only assumed to be owed.
    let demands: [Demand]

    init(_ enforcement: Enforcement, _ decision: Decision, _ demands: [Demand]) {
        self.enforcement = enforcement
        behaviors = decision.behaviors
        self.demands = demands
    }

    /// Whether the answer must end before a match of a pattern. `ask` and `transform` act as `refuse`
    /// for now; `guide` lets it pass.
    ///
    /// O(the request's demands); asked once for each pattern and text.
    func ends(atPattern place: Int) -> Bool {
        let pattern = enforcement.patterns.patterns[place]
        guard let exercised = enforcement.exercised[place], pattern.place != .request,
            !pattern.triggered
        else { return false }
        return ends(at: exercised)
    }

    /// Whether an answer must end that exercises a behavior so far.
    func ends(at exercised: Enforcement.Exercise) -> Bool { act(exercised) > .guide }

    private func act(_ exercised: Enforcement.Exercise) -> Act {
        let policy = enforcement.policy
        guard exercised.rank > behaviors[exercised.behavior.number].setting else { return .allow }
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
            return policy.verdict(of: duties + [demand], given: behaviors).act
        }.min() ?? .refuse
    }
}
