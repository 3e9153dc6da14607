/// What one operator, each of its keys and each of its users may use, and have used.
///
/// Operators share nothing, so that none can use up what is another's. A request comes in where all of its
/// budgets have enough, and then takes from each; one that does not come in takes nothing.
public struct OperatorBudgets: Sendable {
    /// What a request takes from.
    public struct Request: Sendable {
        /// The id of the key that it came with.
        public var key: String
        /// What stands for its user; nil: it is of nobody in particular.
        public var user: [UInt8]?
        /// What is held back until it is known what it uses.
        public var held: BudgetAmount

        /// A request; unsaid: of no user, and nothing is held back.
        public init(key: String, user: [UInt8]? = nil, held: BudgetAmount = BudgetAmount()) {
            self.key = key
            self.user = user
            self.held = held
        }
    }

    /// How many users of an operator are told apart at once.
    public static let mostUsers = 100_000
    /// How many keys of an operator are.
    private static let mostKeys = 10_000

    private var whole: Budget?
    private var keys: BudgetTable<String>?
    private var users: BudgetTable<[UInt8]>?

    /// Budgets of which nothing is used; nil: not limited.
    ///
    /// - Parameter mostUsers: how many users are told apart at once: those who have used something that is
    ///   not refilled yet.
    public init(
        operator whole: BudgetLimits?, key: BudgetLimits?, user: BudgetLimits?,
        mostUsers: Int = Self.mostUsers, at now: Duration
    ) {
        self.whole = whole.map { Budget($0, at: now) }
        keys = key.map { BudgetTable($0, capacity: Self.mostKeys) }
        users = user.map { BudgetTable($0, capacity: mostUsers) }
    }

    /// Lets a request in; `settle` is called once for each.
    ///
    /// - Throws: what is missing longest.
    /// - Complexity: O(1), but for what forgets users who are as good as new.
    public mutating func admit(
        _ request: Request, at now: Duration
    ) throws(BudgetShortage) {
        let held = request.held
        var shortages: [BudgetShortage] = []
        func note(_ shortage: BudgetShortage?, _ owner: BudgetShortage.Owner) {
            guard var shortage else { return }
            shortage.owner = owner
            shortages.append(shortage)
        }
        note(keys?.shortage(of: request.key, for: held, at: now), .key)
        note(whole?.shortage(for: held, at: now), .operator)
        if let user = request.user {
            note(users?.shortage(of: user, for: held, at: now), .user)
        }
        if let longest = shortages.max(by: { $0.wait < $1.wait }) { throw longest }
        keys?.hold(held, from: request.key, at: now)
        whole?.hold(held, at: now)
        if let user = request.user { users?.hold(held, from: user, at: now) }
    }

    /// A request that was let in has ended, and has used an amount in place of what was held back.
    public mutating func settle(_ request: Request, used: BudgetAmount, at now: Duration) {
        let held = request.held
        keys?.settle(held: held, used: used, of: request.key, at: now)
        whole?.settle(held: held, used: used, at: now)
        if let user = request.user {
            users?.settle(held: held, used: used, of: user, at: now)
        }
    }
}

extension APIError {
    /// How long official clients wait at most where they are told to wait; beyond it they would come again
    /// too soon.
    private static let longestRetry = 60

    /// A budget is used up: a 429 that says whose, and when to come again, and no name of anybody.
    public init(_ shortage: BudgetShortage) {
        let (seconds, rest) = shortage.wait.components
        let wait = max(1, Int(clamping: seconds) + (rest > 0 ? 1 : 0))
        let owner = shortage.owner.rawValue
        self.init(
            status: 429,
            message: shortage.limit == .room
                ? "there are too many \(owner)s at once"
                : "the budget of the \(owner) is used up: \(shortage.limit.rawValue)",
            type: "rate_limit_error", code: "rate_limit_exceeded",
            isFinal: wait > Self.longestRetry, retryAfterSeconds: wait)
    }
}
