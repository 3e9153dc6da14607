import CharterDocuments
import CharterEngine

/// How a setting came about: the levels that a decision descends, each step with its line.
struct ExplanationText {
    let policy: Policy
    let request: Request
    private let conditions: StatedConditions

    init(_ documents: PolicyDocuments, _ request: Request) {
        policy = documents.policy
        self.request = request
        conditions = StatedConditions(documents)
    }

    /// One behavior, from the charter's default down to what is in force.
    func text(_ decision: Decision, _ index: BehaviorIndex) -> String {
        let behavior = policy.charter[index]
        let decided = decision.behaviors[index.number]
        var lines = [
            "\(behavior.id): \(behavior.spelled(decided.setting))",
            "  \(behavior.title): \(behavior.values.map(\.string).joined(separator: " < ")), "
                + "the most careful first",
            "  who may adjust it: \(behavior.adjusters)",
        ]
        lines += steps(decision, behavior).map { "  " + $0 }
        lines.append("  in force: \(outcome(decided, behavior))")
        return Output.visible(lines)
    }

    private func steps(_ decision: Decision, _ behavior: Behavior) -> [String] {
        let steps = decision.trail.filter { $0.behavior == behavior.id }
        var rows = [
            [
                "charter", "\(policy.charter.file):\(behavior.source.line)",
                "default \(behavior.spelled(behavior.default))",
            ]
        ]
        var comments: [[String]] = [[]]
        var setting = behavior.default
        var told: Step.Origin?
        for step in steps {
            let text = StepText(step: step, policy: policy)
            var effect = text.refusal ?? ""
            if step.reason == .needsEvidence, case .claim(let name) = step.value,
                let shown = request.claims[name]?.evidence
            {
                let need = conditions.need(of: name, at: step, behavior)
                effect += " (\(shown); \(need) is needed)"
            }
            if step.reason == nil, step.setting != setting {
                effect = "→ \(behavior.spelled(step.setting))"
            }
            setting = step.setting
            rows.append([text.speaker, text.place, text.operation, effect])
            // An adjustment with several steps says its condition and its notes once.
            let isTold = step.operation == .when || step.origin == told
            if step.operation != .when { told = step.origin }
            comments.append(isTold ? [] : [condition(step), text.notes].compactMap { $0 })
        }
        let indent = String(repeating: " ", count: (rows.map { $0[0].count }.max() ?? 0) + 2)
        return zip(TextTable(rows).lines, comments).flatMap { line, comments in
            [line] + comments.map { indent + $0 }
        }
    }

    /// On what it depends; a condition that is unknown works in its careful part.
    private func condition(_ step: Step) -> String? {
        guard let condition = conditions.condition(of: step) else { return nil }
        let unshown = conditions.unshown(by: request, of: step)
        let why = unshown.isEmpty ? "" : " (not shown: \(unshown.joined(separator: ", ")))"
        return "when \(condition.source)\(why)"
    }

    private func outcome(_ decided: BehaviorDecision, _ behavior: Behavior) -> String {
        let setting = "\(behavior.spelled(decided.setting)), decided by \(decided.decidedBy.words)"
        guard !behavior.isHardcoded else { return "\(setting); hardcoded, nobody may change it" }
        let reach = Reach(decided.ceilings.user, setting: decided.setting).words(behavior)
        return "\(setting); the user may \(reach)"
    }
}
