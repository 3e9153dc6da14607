internal import CharterDetection
internal import CharterDocuments
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
    private let language: String?

    init(
        _ enforcement: Enforcement, _ decision: Decision, _ demands: [Demand],
        language: String? = nil
    ) {
        self.enforcement = enforcement
        self.language = language
        behaviors = decision.behaviors
        self.demands = demands
    }

    /// Whether the answer must end before a match of a pattern, unless the match can be replaced.
    func ends(atPattern place: Int) -> Bool { act(atPattern: place) > .guide }

    /// What a match of a pattern calls for. `ask` acts as `refuse` for now; `guide` lets the match pass.
    ///
    /// O(the request's demands); asked once for each pattern and text.
    func act(atPattern place: Int) -> Act {
        let pattern = enforcement.patterns.patterns[place]
        guard let exercised = enforcement.exercised[place], pattern.place != .request,
            !pattern.triggered
        else { return .allow }
        return act(exercised)
    }

    /// What is said in place of a match of a pattern.
    func replacement(ofPattern place: Int) -> [UInt8] {
        let behavior = enforcement.patterns.patterns[place].behavior
        return Array(enforcement.replies.redaction(of: behavior, language: language).utf8)
    }

    /// Whether an answer must end that exercises a behavior so far. Without a match nothing can be replaced.
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
