import CharterDocuments
import CharterGateway
import Testing

@testable import CharterServer

/// Budgets of a running gateway: tenants apart, and each ticket given back once.
@Suite("Budgets")
struct BudgetsTests {
    private func budgets(_ operators: String) throws -> Budgets {
        let text = """
            upstream: {url: 'http://127.0.0.1:1/v1'}
            prices: {m: {input: 1, output: 10}}
            operators: [\(operators)]
            """
        let reading = Settings.read(
            SourceText(file: "charter.yaml", text: text), environment: [:])
        return Budgets(
            try #require(reading.value, "\(reading.diagnostics.map(\.message))"), at: .zero)
    }

    /// Whether a request comes in; it is answered at once.
    private func isAdmitted(
        _ budgets: Budgets, _ name: String, key: String = "k", user: String? = nil,
        using usage: Usage = Usage(), at now: Duration = .zero
    ) -> Bool {
        let demand = BudgetDemand(model: "m", user: user)
        guard let ticket = try? budgets.admit(operator: name, key: key, demand, at: now) else {
            return false
        }
        ticket.finish(usage, at: now)
        return true
    }

    @Test("What one operator does changes nothing for another, nor do its keys and users")
    func tenants() throws {
        let limits = "{requests_per_minute: 7, tokens_per_minute: 100, cost_per_day: 0.5}"
        let operators = ["a", "b"].map {
            "{name: \($0), key: k\($0), budget: \(limits), user_budget: {requests_per_minute: 3}, key_budget: {requests_per_minute: 5}}"
        }.joined(separator: ", ")
        for seed in 0..<15 {
            // The same requests of `a`, with and without those of `b` in between.
            let outcomes = try [false, true].map { isShared in
                let budgets = try budgets(operators)
                var (random, other) = (Numbers(seed), Numbers(seed + 1_000))
                return (0..<120).map { step in
                    let now = Duration.seconds(step * 2)
                    if isShared {
                        for _ in 0..<other.below(8) {
                            _ = isAdmitted(
                                budgets, "b", key: "k\(other.below(2))", user: "u\(other.below(3))",
                                using: Usage(outputTokens: other.below(500)), at: now)
                        }
                    }
                    return isAdmitted(
                        budgets, "a", key: "k\(random.below(2))", user: "u\(random.below(3))",
                        using: Usage(outputTokens: random.below(40)), at: now)
                }
            }
            #expect(outcomes[0] == outcomes[1], "seed \(seed)")
            #expect(Set(outcomes[0]) == [true, false], "seed \(seed): nothing was limited")
        }
    }

    @Test("A ticket is given back once, whoever says so and however often")
    func tickets() throws {
        let budgets = try budgets(
            "{name: a, key: k, budget: {concurrent: 1, tokens_per_minute: 60}}")
        let demand = BudgetDemand(model: "m", mostTokens: 10, requestBytes: 40)
        var ticket: BudgetTicket? = try budgets.admit(operator: "a", key: "k", demand, at: .zero)
        #expect(throws: APIError.self) {
            try budgets.admit(operator: "a", key: "k", demand, at: .zero)
        }
        ticket?.finish(Usage(outputTokens: 50), at: .zero)
        ticket?.finish(Usage(outputTokens: 50), at: .zero)
        ticket = nil
        // 10 of 60 are left, so that one more is let in, and not two at once.
        ticket = try budgets.admit(operator: "a", key: "k", demand, at: .zero)
        #expect(throws: APIError.self) {
            try budgets.admit(operator: "a", key: "k", demand, at: .zero)
        }
        ticket?.finish(Usage(outputTokens: 10), at: .zero)
        #expect(throws: APIError.self) {
            try budgets.admit(operator: "a", key: "k", demand, at: .zero)
        }
    }

    @Test("A ticket that nobody finishes is given back, and costs what is thought of it")
    func forgotten() throws {
        let budgets = try budgets(
            "{name: a, key: k, budget: {concurrent: 1, tokens_per_minute: 21}}")
        let demand = BudgetDemand(model: "m", mostTokens: 10, requestBytes: 40)
        _ = try budgets.admit(operator: "a", key: "k", demand, at: .seconds(1_000))
        #expect(isAdmitted(budgets, "a", using: Usage(outputTokens: 1), at: .seconds(1_000)))
        let error = #expect(throws: APIError.self) {
            try budgets.admit(
                operator: "a", key: "k", BudgetDemand(model: "m"), at: .seconds(1_000))
        }
        #expect(error?.message.contains("tokens per minute") == true)
    }

    @Test(
        "Users of an operator are told apart, and who is nobody in particular has no budget of theirs"
    )
    func users() throws {
        let budgets = try budgets("{name: a, key: k, user_budget: {requests_per_minute: 1}}")
        #expect(isAdmitted(budgets, "a", user: "u") && !isAdmitted(budgets, "a", user: "u"))
        #expect(isAdmitted(budgets, "a", user: "v"))
        #expect(isAdmitted(budgets, "a") && isAdmitted(budgets, "a"))
        #expect(
            try budgets.admit(operator: "other", key: "k", BudgetDemand(model: "m")).isCounted
                == false)
    }

    @Test("Cost is what the settings say of the model")
    func cost() throws {
        let budgets = try budgets("{name: a, key: k, budget: {cost_per_day: 0.02}}")
        let usage = Usage(inputTokens: 10_000, outputTokens: 1_000)
        #expect(isAdmitted(budgets, "a", using: usage))
        let error = #expect(throws: APIError.self) {
            try budgets.admit(operator: "a", key: "k", BudgetDemand(model: "m"), at: .zero)
        }
        #expect(error?.message == "the budget of the operator is used up: cost per day")
    }

    /// Small numbers from a seed.
    private struct Numbers {
        private var state: UInt64

        init(_ seed: Int) { state = UInt64(seed) &* 2 &+ 1 }

        mutating func below(_ count: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % count
        }
    }
}
