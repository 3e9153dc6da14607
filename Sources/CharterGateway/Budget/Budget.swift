/// What somebody may use; what is nil is not limited.
public struct BudgetLimits: Sendable, Equatable {
    /// Requests, of which all may come at once.
    public var requestsPerMinute: Int?
    /// Requests that are being answered at once.
    public var concurrent: Int?
    /// Tokens of requests and answers, of which all may be used at once.
    public var tokensPerMinute: Int?
    /// In the currency of the prices, of which all may be used at once.
    public var costPerDay: Double?

    /// Limits of nothing.
    public init() {}
}

/// An amount of tokens and what they cost: held back for a request, or used by it.
public struct BudgetAmount: Sendable, Equatable {
    /// Of request and answer together.
    public var tokens: Int
    /// In the currency of the prices.
    public var cost: Double

    /// Unsaid: nothing.
    public init(tokens: Int = 0, cost: Double = 0) {
        self.tokens = tokens
        self.cost = cost
    }
}

/// Why a request is not let in: whose budget of what is used up, and for how long.
public struct BudgetShortage: Error, Sendable, Equatable {
    /// What there is too little of.
    public enum Limit: String, Sendable {
        case requests = "requests per minute"
        case concurrent = "concurrent requests"
        case tokens = "tokens per minute"
        case cost = "cost per day"
        /// More at once than can be told apart.
        case room
    }

    /// Whose budget it is.
    public enum Owner: String, Sendable {
        case key, `operator`, user
    }

    /// What there is too little of.
    public var limit: Limit
    /// How long it takes at least.
    public var wait: Duration
    /// Whose budget it is.
    public var owner = Owner.operator
}

/// What one key, operator or user may use, and has used.
struct Budget: Sendable {
    private var requests: TokenBucket?
    private var tokens: TokenBucket?
    private var cost: TokenBucket?
    private var concurrency: ConcurrencyLimit

    /// How long somebody waits whose requests are not answered yet: it is not known when they will be.
    private static let concurrencyWait = Duration.seconds(1)

    /// A budget of which nothing is used.
    init(_ limits: BudgetLimits, at now: Duration) {
        func bucket(_ amount: Double?, seconds: Double) -> TokenBucket? {
            amount.map { TokenBucket(rate: $0 / seconds, burst: $0, at: now) }
        }
        requests = bucket(limits.requestsPerMinute.map(Double.init), seconds: 60)
        tokens = bucket(limits.tokensPerMinute.map(Double.init), seconds: 60)
        cost = bucket(limits.costPerDay, seconds: 86_400)
        concurrency = ConcurrencyLimit(limits.concurrent)
    }

    /// What is missing longest for one more request; nil: it may come in.
    func shortage(for held: BudgetAmount, at now: Duration) -> BudgetShortage? {
        let waits: [(BudgetShortage.Limit, Duration?)] = [
            (.concurrent, concurrency.hasRoom ? nil : Budget.concurrencyWait),
            (.requests, requests?.wait(for: 1, at: now)),
            (.tokens, tokens?.wait(for: Double(held.tokens), at: now)),
            (.cost, cost?.wait(for: held.cost, at: now)),
        ]
        return waits.compactMap { limit, wait in wait.map { BudgetShortage(limit: limit, wait: $0) }
        }
        .max { $0.wait < $1.wait }
    }

    /// One more request comes in, for which an amount is held. `settle` is called once for each.
    mutating func hold(_ amount: BudgetAmount, at now: Duration) {
        concurrency.enter()
        requests?.hold(1, at: now)
        tokens?.hold(Double(amount.tokens), at: now)
        cost?.hold(amount.cost, at: now)
    }

    /// A request has ended, and has used an amount in place of what was held for it.
    mutating func settle(held: BudgetAmount, used: BudgetAmount, at now: Duration) {
        concurrency.leave()
        tokens?.settle(held: Double(held.tokens), used: Double(used.tokens), at: now)
        cost?.settle(held: held.cost, used: used.cost, at: now)
    }

    /// Whether it is as good as a new one: nothing is on its way, and everything is refilled.
    func isUntouched(at now: Duration) -> Bool {
        concurrency.count == 0
            && [requests, tokens, cost].allSatisfy { $0?.isFull(at: now) ?? true }
    }
}
