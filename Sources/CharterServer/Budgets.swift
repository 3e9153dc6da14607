internal import CharterGateway
internal import Crypto
internal import Synchronization

/// What operators, their keys and their users have used, in memory: a gateway that starts anew starts with
/// full budgets.
final class Budgets: Sendable {
    /// What one operator has used; each has a lock of its own.
    fileprivate final class Account: Sendable {
        let state: Mutex<OperatorBudgets>

        init(_ state: sending OperatorBudgets) {
            self.state = Mutex(state)
        }
    }

    /// Of the operators that are limited.
    private let accounts: [String: Account]
    /// By operator: its own, those of its keys, those of its users.
    private let limits: [String: [BudgetLimits?]]
    private let prices: ModelPrices
    private let userHash: @Sendable (_ user: String, _ operatorName: String) -> [UInt8]

    /// - Parameters:
    ///   - now: since the process began.
    ///   - userHash: what stands for a user; nil: a hash with a key that this process makes up.
    init(
        _ settings: Settings, at now: Duration = Uptime.now,
        userHash: (@Sendable (_ user: String, _ operatorName: String) -> [UInt8])? = nil
    ) {
        var accounts: [String: Account] = [:]
        for entry in settings.operators {
            guard entry.budget != nil || entry.keyBudget != nil || entry.userBudget != nil else {
                continue
            }
            accounts[entry.name] = Account(
                OperatorBudgets(
                    operator: entry.budget, key: entry.keyBudget, user: entry.userBudget,
                    at: now))
        }
        self.accounts = accounts
        limits = Budgets.limits(settings)
        prices = settings.prices
        let secret = SymmetricKey(size: .bits256)
        self.userHash =
            userHash ?? { user, _ in
                Array(HMAC<SHA256>.authenticationCode(for: Array(user.utf8), using: secret))
            }
    }

    /// The same for other settings: an operator whose budgets are the same keeps what it has used.
    init(_ settings: Settings, after last: Budgets, at now: Duration = Uptime.now) {
        var accounts: [String: Account] = [:]
        for (name, account) in Budgets(settings, at: now).accounts {
            let entry = settings.operators.first { $0.name == name }
            let limits = [entry?.budget, entry?.keyBudget, entry?.userBudget]
            accounts[name] = last.limits[name] == limits ? last.accounts[name] ?? account : account
        }
        self.accounts = accounts
        limits = Budgets.limits(settings)
        prices = settings.prices
        userHash = last.userHash
    }

    private static func limits(_ settings: Settings) -> [String: [BudgetLimits?]] {
        Dictionary(
            settings.operators.map { ($0.name, [$0.budget, $0.keyBudget, $0.userBudget]) },
            uniquingKeysWith: { first, _ in first })
    }

    /// Lets a request in.
    ///
    /// - Parameters:
    ///   - name: the operator that asks.
    ///   - key: the id of the key that it asks with.
    ///   - now: since the process began.
    /// - Returns: what is to be finished once the request is answered.
    /// - Throws: a 429 that says whose budget of what is used up.
    func admit(
        operator name: String, key: String, _ demand: BudgetDemand, at now: Duration = Uptime.now
    ) throws(APIError) -> BudgetTicket {
        guard let account = accounts[name] else { return BudgetTicket(nil) }
        let request = OperatorBudgets.Request(
            key: key, user: demand.user.map { userHash($0, name) }, held: demand.held(prices))
        do throws(BudgetShortage) {
            try account.state.withLock { state throws(BudgetShortage) in
                try state.admit(request, at: now)
            }
        } catch {
            throw APIError(error)
        }
        return BudgetTicket { [prices] usage, now in
            let used = prices.amount(of: usage ?? demand.unknownUsage, model: demand.model)
            account.state.withLock { $0.settle(request, used: used, at: now) }
        }
    }
}

/// A request that was let in, and what it has used when it ends.
///
/// It ends once: when it is finished, or else when nobody holds the ticket any more, as where a client goes
/// away; then an estimate counts.
final class BudgetTicket: Sendable {
    typealias Settle = @Sendable (_ usage: Usage?, _ now: Duration) -> Void

    /// Whether what is used matters to anybody.
    let isCounted: Bool
    private let settle: Mutex<Settle?>

    /// - Parameter settle: called once with what is known of the usage; nil: nothing is limited.
    init(_ settle: Settle?) {
        isCounted = settle != nil
        self.settle = Mutex(settle)
    }

    /// The request has ended. What is said a second time does not count, and what matters to nobody is
    /// not worked out.
    func finish(_ usage: @autoclosure () -> Usage, at now: Duration = Uptime.now) {
        if isCounted { end(usage(), at: now) }
    }

    /// The answer is whole: an error has cost nothing, and what an answer does not say is estimated.
    func finish(status: Int, _ body: [UInt8], requestBytes: Int) {
        finish(
            status >= 400
                ? Usage()
                : Usage(answer: body) ?? Usage(estimatedFrom: requestBytes, answer: body.count))
    }

    private func end(_ usage: Usage?, at now: Duration) {
        let settle = settle.withLock { settle in
            defer { settle = nil }
            return settle
        }
        settle?(usage, now)
    }

    deinit { end(nil, at: Uptime.now) }
}
