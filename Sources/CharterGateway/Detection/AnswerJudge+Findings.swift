internal import CharterDetection
internal import CharterEngine

extension AnswerJudge {
    /// The behaviors whose exercise would end an answer, as far as it goes: what a detector looks for in one.
    var open: Set<BehaviorID> {
        let charter = enforcement.policy.charter
        return Set(
            charter.behaviors.filter { behavior in
                guard behavior.kind != .duty, let index = charter.index(of: behavior.id) else {
                    return false
                }
                return ends(at: Enforcement.Exercise(behavior: index, rank: behavior.top))
            }.map(\.id))
    }

    /// Why an answer must end, by what was found in it and what nobody could look for; nil where it need not.
    func violation(by findings: DetectorFindings) -> PatternWatcher.Violation? {
        func first(_ demands: [Demand]) -> BehaviorIndex? {
            demands.lazy.compactMap(exercise).first(where: ends(at:))?.behavior
        }
        if let found = first(findings.demands) { return .judged(found) }
        return first(findings.assumed).map { .undetermined($0) }
    }

    private func exercise(_ demand: Demand) -> Enforcement.Exercise? {
        let charter = enforcement.policy.charter
        guard !demand.isTriggered, let index = charter.index(of: demand.behavior) else {
            return nil
        }
        let behavior = charter[index]
        let rank = demand.value.map(behavior.rank(of:)) ?? behavior.top
        return rank.map { Enforcement.Exercise(behavior: index, rank: $0) }
    }
}
