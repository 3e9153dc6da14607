import CharterDocuments
import CharterEngine

/// Decisions as people read them on a terminal.
struct DecisionText {
    let policy: Policy
    let request: Request
    private var charter: Charter { policy.charter }

    init(_ policy: Policy, _ request: Request) {
        self.policy = policy
        self.request = request
    }

    /// The setting of each behavior, and what comes of the demands.
    func text(_ decision: Decision, _ behaviors: [BehaviorIndex]) -> String {
        let rows = behaviors.map { index in
            let decided = decision.behaviors[index.number]
            let behavior = charter[index]
            let reaches = [
                decided.ceilings.platform, decided.ceilings.operator, decided.ceilings.user,
            ].map { Reach($0, setting: decided.setting).words(behavior) }
            let row = [
                behavior.id.text.string, behavior.spelled(decided.setting), decided.decidedBy.words,
            ]
            return row + (behavior.isHardcoded ? ["hardcoded: nobody may change it"] : reaches)
        }
        let header = [
            "behavior", "setting", "decided by", "the platform may", "the operator may",
            "the user may",
        ]
        let shown = Set(behaviors.map { charter[$0].id })
        return Output.visible(
            TextTable([header] + rows).lines + [""]
                + verdict(decision, refused: { shown.contains($0.behavior) }))
    }

    /// The verdict on the demands, and what was refused: of the known behaviors, the chosen steps.
    func verdict(_ decision: Decision, refused isChosen: (Step) -> Bool) -> [String] {
        let verdict = decision.verdict
        var lines = [
            "verdict: "
                + (request.demands.isEmpty ? "allow (nothing is demanded)" : verdict.act.words)
        ]
        for index in verdict.unmet {
            lines.append(
                "  unmet: \(demand(index)) is demanded, and \(setting(index, decision)) is in force"
            )
        }
        for index in verdict.byAsking {
            lines.append("  met by asking: \(demand(index)) is demanded, and the user may set it")
        }
        for index in verdict.duties {
            lines.append("  owed: \(charter[index].id) (\(charter[index].title))")
        }
        for conflict in verdict.conflicts {
            lines.append(
                "  conflict: \(charter[conflict.behavior].id) and \(charter[conflict.duty].id): "
                    + conflict.kind.rawValue)
        }
        for step in decision.refused
        where isChosen(step) || charter[step.behavior] == nil || step.scope == .demand {
            let text = StepText(step: step, policy: policy)
            let place = text.place.isEmpty ? "" : " (\(text.place))"
            lines.append(
                "  \(step.behavior): \(text.operation) by \(text.speaker)\(place) \(text.refusal ?? "")"
            )
        }
        if !decision.ignoredRoles.isEmpty {
            lines.append(
                "  ignored: the operator does not define "
                    + decision.ignoredRoles.map { "the role `\($0.string)`" }.joined(
                        separator: ", "))
        }
        return lines
    }

    private func demand(_ index: BehaviorIndex) -> String {
        let behavior = charter[index]
        let ranks = request.demands.filter { $0.behavior == behavior.id && !$0.isTriggered }
            .compactMap { $0.value.map(behavior.rank(of:)) ?? behavior.top }
        return "\(behavior.id) \(ranks.max().map(behavior.spelled) ?? "")"
    }

    private func setting(_ index: BehaviorIndex, _ decision: Decision) -> String {
        charter[index].spelled(decision.behaviors[index.number].setting)
    }
}

extension Act {
    /// What it means for the request.
    fileprivate var words: String {
        switch self {
        case .allow: "allow (the model answers)"
        case .guide: "guide (the model answers, held to the rules of what is unmet)"
        case .transform: "transform (the answer is changed to what is allowed)"
        case .ask: "ask (somebody who may decide it is asked first)"
        case .refuse: "refuse (the model does not do it)"
        }
    }
}
