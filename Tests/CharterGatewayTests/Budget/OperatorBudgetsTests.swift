import CharterGateway
import Testing

/// Operators, keys and users, each within its own limits.
@Suite("Operator budgets")
struct OperatorBudgetsTests {
    private typealias Request = OperatorBudgets.Request

    private func limits(
        requests: Int? = nil, concurrent: Int? = nil, tokens: Int? = nil, cost: Double? = nil
    ) -> BudgetLimits {
        var limits = BudgetLimits()
        limits.requestsPerMinute = requests
        limits.concurrent = concurrent
        limits.tokensPerMinute = tokens
        limits.costPerDay = cost
        return limits
    }

    /// Whose budget of what is used up; nil: the request came in.
    private func shortage(
        _ budgets: inout OperatorBudgets, _ request: Request, at now: Duration = .zero
    ) -> BudgetShortage? {
        do throws(BudgetShortage) {
            try budgets.admit(request, at: now)
            return nil
        } catch {
            return error
        }
    }

    @Test("The shortage that lasts longest is told, and whose it is")
    func owners() {
        let request = Request(key: "k", user: [1], held: BudgetAmount(tokens: 10, cost: 1))
        for (owner, budgets) in [
            BudgetShortage.Owner.operator: OperatorBudgets(
                operator: limits(requests: 1), key: limits(requests: 2), user: nil, at: .zero),
            .key: OperatorBudgets(
                operator: limits(requests: 60), key: limits(requests: 1), user: limits(requests: 9),
                at: .zero),
            .user: OperatorBudgets(
                operator: nil, key: limits(concurrent: 1), user: limits(requests: 1), at: .zero),
        ] {
            var budgets = budgets
            #expect(shortage(&budgets, request) == nil)
            let told = shortage(&budgets, request)
            #expect(told?.limit == .requests && told?.owner == owner && told?.wait == .seconds(60))
        }
    }

    @Test("A request that does not come in takes nothing from any budget")
    func refusedTakesNothing() {
        var budgets = OperatorBudgets(
            operator: limits(requests: 3), key: limits(requests: 100), user: limits(requests: 1),
            at: .zero)
        #expect(shortage(&budgets, Request(key: "k", user: [1])) == nil)
        for _ in 0..<50 {
            #expect(shortage(&budgets, Request(key: "k", user: [1]))?.owner == .user)
        }
        #expect(shortage(&budgets, Request(key: "k", user: [2])) == nil)
        #expect(shortage(&budgets, Request(key: "k", user: [3])) == nil)
        #expect(shortage(&budgets, Request(key: "k", user: [4]))?.owner == .operator)
    }

    @Test("As many requests are answered at once as may be, and each that ends makes room")
    func concurrency() {
        var budgets = OperatorBudgets(
            operator: limits(concurrent: 2), key: nil, user: nil, at: .zero)
        let request = Request(key: "k")
        #expect(shortage(&budgets, request) == nil && shortage(&budgets, request) == nil)
        #expect(shortage(&budgets, request)?.limit == .concurrent)
        budgets.settle(request, used: BudgetAmount(), at: .zero)
        #expect(shortage(&budgets, request) == nil)
        #expect(shortage(&budgets, request)?.limit == .concurrent)
    }

    @Test("Tokens and cost that are used are known afterwards, and taken from what is refilled")
    func debts() {
        var budgets = OperatorBudgets(
            operator: limits(tokens: 60, cost: 86.4), key: nil, user: nil, at: .zero)
        let request = Request(key: "k")
        #expect(shortage(&budgets, request) == nil)
        budgets.settle(request, used: BudgetAmount(tokens: 90, cost: 0), at: .zero)
        let told = shortage(&budgets, request)
        #expect(told?.limit == .tokens && told?.wait == .seconds(30))
        #expect(shortage(&budgets, request, at: .seconds(31)) == nil)
        budgets.settle(request, used: BudgetAmount(tokens: 0, cost: 86.5), at: .seconds(31))
        #expect(shortage(&budgets, request, at: .seconds(60))?.limit == .cost)
        #expect(shortage(&budgets, request, at: .seconds(31 + 101)) == nil)
    }

    @Test("What an answer may have is held back, and given back as far as it is not used")
    func held() {
        var budgets = OperatorBudgets(operator: limits(tokens: 100), key: nil, user: nil, at: .zero)
        let request = Request(key: "k", held: BudgetAmount(tokens: 60))
        #expect(shortage(&budgets, request) == nil)
        #expect(shortage(&budgets, request)?.limit == .tokens)
        budgets.settle(request, used: BudgetAmount(tokens: 40), at: .zero)
        #expect(shortage(&budgets, request) == nil)
    }

    @Test(
        "However users come and go, none uses more than rate × time + burst: forgetting refills nothing"
    )
    func eviction() {
        for seed in 0..<60 {
            var random = Random(seed: seed)
            let most = 1 + random.below(4)
            let perMinute = 1 + random.below(30)
            var budgets = OperatorBudgets(
                operator: nil, key: nil, user: limits(requests: perMinute), mostUsers: most,
                at: .zero)
            var (now, counts, open) = (0, [UInt8: Int](), [Request]())
            for _ in 0..<600 {
                now += random.below(4_000)
                let user = UInt8(random.below(most * 3))
                let request = Request(key: "k", user: [user])
                if shortage(&budgets, request, at: .milliseconds(now)) == nil {
                    counts[user, default: 0] += 1
                    open.append(request)
                }
                if !open.isEmpty, random.below(3) > 0 {
                    let ended = open.remove(at: random.below(open.count))
                    budgets.settle(ended, used: BudgetAmount(), at: .milliseconds(now))
                }
                let bound = Double(perMinute) * (Double(now) / 60_000 + 1) + 1e-6
                guard counts.values.allSatisfy({ Double($0) <= bound }) else {
                    Issue.record("seed \(seed): \(counts) after \(now) ms, of \(bound)")
                    break
                }
            }
            #expect(counts.count > 1 || most == 1, "seed \(seed): nobody new ever came in")
        }
    }

    @Test("A debt is not forgotten, and who is new waits for room")
    func room() {
        var budgets = OperatorBudgets(
            operator: nil, key: nil, user: limits(tokens: 60), mostUsers: 1, at: .zero)
        let (first, second) = (Request(key: "k", user: [1]), Request(key: "k", user: [2]))
        #expect(shortage(&budgets, first) == nil)
        // Untouched as its bucket is, its request is on its way, and may come to a debt.
        #expect(shortage(&budgets, second, at: .seconds(100))?.limit == .room)
        budgets.settle(first, used: BudgetAmount(tokens: 120), at: .seconds(100))
        #expect(shortage(&budgets, second, at: .seconds(219))?.limit == .room)
        #expect(shortage(&budgets, first, at: .seconds(150))?.limit == .tokens)
        #expect(shortage(&budgets, second, at: .seconds(220)) == nil)
        #expect(shortage(&budgets, first, at: .seconds(222))?.limit == .room)
    }

    @Test("A 429 says whose budget it is and when to come again, rounded up, and nobody's name")
    func errors() throws {
        var budgets = OperatorBudgets(operator: nil, key: nil, user: limits(tokens: 9), at: .zero)
        let request = Request(key: "k", user: [1], held: BudgetAmount(tokens: 9))
        #expect(self.shortage(&budgets, request) == nil)
        var shortage = try #require(self.shortage(&budgets, request))
        shortage.wait = .milliseconds(1_001)
        let error = APIError(shortage)
        #expect(error.status == 429 && error.code == "rate_limit_exceeded")
        #expect(error.message == "the budget of the user is used up: tokens per minute")
        #expect(error.headers.map(\.value) == ["2"])
        shortage.wait = .nanoseconds(1)
        #expect(APIError(shortage).retryAfterSeconds == 1)
        // Clients wait a minute at most, so that more is no reason to come again.
        shortage.wait = .seconds(61)
        #expect(APIError(shortage).isFinal && APIError(shortage).retryAfterSeconds == 61)
        #expect(!error.isFinal)
    }
}
