import Testing

@testable import CharterEngine

/// A rule of the page in its words, what is said, and what is decided.
struct RuleRow: CustomTestStringConvertible, Sendable {
    let rule: String
    let behavior: String
    /// Lines of a `SmallPolicy`.
    let says: [String]
    let request: Request
    let operators: Int
    /// `setting level platform/operator/user`, the last three being the ceilings.
    let decision: String
    /// Each step as `scope op value [reason]`.
    let trail: [String]?

    init(
        _ rule: String, _ behavior: String, _ says: [String] = [], _ request: Request = Request(),
        operators: Int = 1, is decision: String, _ trail: [String]? = nil
    ) {
        self.rule = rule
        self.behavior = behavior
        self.says = says
        self.request = request
        self.operators = operators
        self.decision = decision
        self.trail = trail
    }

    var testDescription: String { "\(rule) \(says)" }

    func holds(sourceLocation: SourceLocation = #_sourceLocation) throws {
        let policy = try SmallPolicy(behavior, says, operators: operators)
        let decided = try policy.decide(request)
        #expect(policy.spelled(decided) == decision, sourceLocation: sourceLocation)
        guard let trail else { return }
        #expect(policy.spelled(decided.trail) == trail, sourceLocation: sourceLocation)
        let refused = decided.trail.filter { $0.reason != nil }
        #expect(decided.refused == refused, sourceLocation: sourceLocation)
    }
}

extension SmallPolicy {
    /// A decision of the first behavior.
    func spelled(_ decision: Decision) -> String {
        let (behavior, decided) = (behaviors[0], decision.behaviors[0])
        func name(_ rank: Rank) -> String { behavior.name(of: rank)?.string ?? "-" }
        let ceilings = decided.ceilings
        return "\(name(decided.setting)) \(decided.decidedBy.name) "
            + [ceilings.platform, ceilings.operator, ceilings.user].map(name)
            .joined(separator: "/")
    }

    func spelled(_ steps: [Step]) -> [String] {
        steps.map { step in
            let value: String
            switch step.value {
            case .rank(let rank):
                value = behaviors.first { $0.id == step.behavior }?.name(of: rank)?.string ?? "?"
            case .claim(let text), .unknown(let text): value = text.string
            case .unsaid: value = "-"
            }
            let said = "\(step.scope.rawValue) \(step.operation.rawValue) \(value)"
            return step.reason.map { "\(said) \($0.rawValue)" } ?? said
        }
    }
}
