import Testing

@testable import CharterEngine

/// SEMANTICS §7.
@Suite("§7 Verdict")
struct VerdictTests {
    /// What is demanded and what becomes of it, in the page's words.
    struct Row: CustomTestStringConvertible, Sendable {
        let rule: String
        let behaviors: [String]
        let says: [String]
        /// `act; unmet …; asking …; duties …; KIND u/t …`, what is empty being left out.
        let verdict: String
        let refused: [String]

        init(
            _ rule: String, _ behaviors: [String], _ says: [String], is verdict: String,
            refused: [String] = []
        ) {
            self.rule = rule
            self.behaviors = behaviors
            self.says = says
            self.verdict = verdict
            self.refused = refused
        }

        var testDescription: String { "\(rule) \(says)" }

        func holds(sourceLocation: SourceLocation = #_sourceLocation) throws {
            let policy = try SmallPolicy(behaviors, says)
            let decision = try policy.decide()
            let spelled = policy.spelled(decision.verdict)
            #expect(spelled == verdict, sourceLocation: sourceLocation)
            #expect(policy.spelled(decision.refused) == refused, sourceLocation: sourceLocation)
        }
    }

    @Test(
        "Met, met by asking, unmet",
        arguments: [
            Row("allow where nothing is called for", [dial], [], is: "allow"),
            Row(
                "met where its value is at most the setting", [dial],
                ["demand: dosage label", "demand: dosage referral"], is: "allow"),
            Row("otherwise unmet", [dial], ["demand: dosage ranges"], is: "guide; unmet dosage"),
            Row(
                "value unsaid: the one of the highest rank", [dial],
                ["operator: set ranges", "demand: dosage"], is: "guide; unmet dosage"),
            Row(
                "value unsaid: the one of the highest rank", [dial],
                ["operator: set exact", "demand: dosage"], is: "allow"),
            Row(
                "explicit, from the user, at most the user's ceiling: met by asking", [dial],
                ["demand explicit user: dosage exact"], is: "allow; asking dosage"),
            Row(
                "from the operator, from the platform", [dial, "second authority=user"],
                ["demand explicit operator: dosage", "demand explicit platform: second"],
                is: "allow; asking dosage second"),
            Row(
                "explicit unsaid is false", [dial], ["demand user: dosage exact"],
                is: "guide; unmet dosage"),
            Row(
                "from unsaid is assistant: nobody's word", [dial],
                ["demand explicit: dosage exact"],
                is: "guide; unmet dosage"),
            Row(
                "from a tool that holds a lent level at the end of the instructions", [dial],
                ["demand explicit tool:mail: dosage exact", "say user: lend mail"],
                is: "allow; asking dosage"),
            Row(
                "from another tool", [dial],
                ["demand explicit tool:search: dosage exact", "say user: lend mail"],
                is: "guide; unmet dosage"),
            Row(
                "its value is at most the user's ceiling", [dial],
                ["operator: deny exact", "demand explicit user: dosage exact"],
                is: "guide; unmet dosage"),
            Row(
                "whoever asks, it is the user's ceiling that counts",
                ["dosage authority=operator default=label"],
                ["demand explicit platform: dosage exact"], is: "guide; unmet dosage"),
            Row(
                "a role that was allowed more asks for it",
                ["dosage authority=operator delegable=user default=label"],
                ["operator: allow ranges", "demand explicit user: dosage ranges"],
                is: "allow; asking dosage"),
            Row(
                "unmet if one of its demands is, and then not met by asking", [dial],
                [
                    "operator: deny exact", "demand explicit user: dosage ranges",
                    "demand: dosage exact",
                ], is: "guide; unmet dosage"),
            Row(
                "what the charter lacks is refused, whoever it is from", [dial],
                ["demand: posology", "demand explicit user: dosage unheard"], is: "allow",
                refused: ["demand set - unknown_behavior", "demand set unheard unknown_value"]),
        ])
    func demands(row: Row) throws { try row.holds() }

    @Test(
        "Unmet calls for otherwise",
        arguments: [
            Row(
                "refuse", ["dosage otherwise=refuse"], ["demand: dosage"],
                is: "refuse; unmet dosage"),
            Row("ask", ["dosage otherwise=ask"], ["demand: dosage"], is: "ask; unmet dosage"),
            Row(
                "transform", ["dosage otherwise=transform"], ["demand: dosage"],
                is: "transform; unmet dosage"),
            Row("guide", ["dosage otherwise=guide"], ["demand: dosage"], is: "guide; unmet dosage"),
            Row(
                "the act is the strongest: refuse > ask > transform > guide",
                ["a otherwise=guide", "b otherwise=ask", "c otherwise=transform"],
                ["demand: a", "demand: b", "demand: c"], is: "ask; unmet b c a"),
            Row(
                "by tier, then the strength that they call for, then charter order",
                [
                    "a tier=helpfulness otherwise=refuse", "b otherwise=guide",
                    "c tier=safety otherwise=guide", "d otherwise=refuse", "e otherwise=guide",
                    "f tier=ethics otherwise=transform",
                ], ["e", "d", "c", "b", "a", "f"].map { "demand: \($0)" },
                is: "refuse; unmet c f d b e a"),
        ])
    func otherwise(row: Row) throws { try row.holds() }

    @Test(
        "Duties",
        arguments: [
            Row(
                "owed where a demand names it with triggered", [duty], ["demand triggered: crisis"],
                is: "allow; duties crisis"),
            Row(
                "a refusal still owes the crisis line", [duty, "dosage otherwise=refuse"],
                ["demand triggered: crisis", "demand: dosage"],
                is: "refuse; unmet dosage; duties crisis"),
            Row(
                "whose setting is on", [duty],
                ["user: crisis off", "demand triggered: crisis"], is: "allow"),
            Row(
                "asks for no value (one that it names is not looked at)", [duty],
                ["demand triggered: crisis off", "demand triggered: crisis unheard"],
                is: "allow; duties crisis"),
            Row(
                "not triggered it is a demand like any other", [duty], ["demand: crisis"],
                is: "guide; unmet crisis"),
            Row(
                "On a behavior that is no duty triggered is ignored", [dial],
                ["demand triggered: dosage"], is: "guide; unmet dosage"),
            Row(
                "in charter order, each once",
                [duty, "first values=on,off default=on authority=user duty=true"],
                ["demand triggered: first", "demand triggered: crisis", "demand triggered: first"],
                is: "allow; duties crisis first"),
        ])
    func duties(row: Row) throws { try row.holds() }

    private static let dial = "dosage authority=user default=label"
    private static let duty = "crisis values=on,off default=on authority=user duty=true"
}

extension SmallPolicy {
    fileprivate func spelled(_ verdict: Verdict) -> String {
        func names(_ title: String, _ places: [BehaviorIndex]) -> String? {
            places.isEmpty
                ? nil
                : "\(title) " + places.map { behaviors[$0.number].title }.joined(separator: " ")
        }
        let lists = [
            names("unmet", verdict.unmet), names("asking", verdict.byAsking),
            names("duties", verdict.duties),
        ]
        let conflicts = verdict.conflicts.map {
            "\($0.kind.rawValue) \(behaviors[$0.behavior.number].title)"
                + "/\(behaviors[$0.duty.number].title)"
        }
        return ([verdict.act.rawValue] + lists.compactMap { $0 } + conflicts)
            .joined(separator: "; ")
    }
}
