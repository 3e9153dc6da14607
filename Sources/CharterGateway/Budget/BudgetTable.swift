/// Budgets of the same limits, one for each key or user, of which a bounded number is kept.
///
/// A budget may be forgotten where it is as good as a new one, and only then: forgetting it sooner would
/// refill it. Where all are in use and there is no room for one more, whoever is new waits.
struct BudgetTable<Key: Hashable & Sendable>: Sendable {
    private let limits: BudgetLimits
    private let capacity: Int
    private var budgets: [Key: Budget] = [:]
    /// When it is looked again which may be forgotten.
    private var nextSweep = Duration.zero

    /// How often all are looked through at most, and how long whoever is new waits for room.
    private static var interval: Duration { .seconds(1) }

    /// - Parameter capacity: how many are kept, at least 1.
    init(_ limits: BudgetLimits, capacity: Int) {
        self.limits = limits
        self.capacity = max(1, capacity)
    }

    var count: Int { budgets.count }

    /// Why a request of this key may not come in; nil: it may.
    ///
    /// - Complexity: O(1); linear in the number kept where there is no room, once a second.
    mutating func shortage(
        of key: Key, for held: BudgetAmount, at now: Duration
    ) -> BudgetShortage? {
        if let budget = budgets[key] { return budget.shortage(for: held, at: now) }
        if budgets.count >= capacity, now >= nextSweep {
            budgets = budgets.filter { !$0.value.isUntouched(at: now) }
            nextSweep = now + Self.interval
        }
        return budgets.count < capacity
            ? nil : BudgetShortage(limit: .room, wait: Self.interval)
    }

    /// A request comes in that lacks nothing. `settle` is called once for each.
    mutating func hold(_ amount: BudgetAmount, from key: Key, at now: Duration) {
        budgets[key, default: Budget(limits, at: now)].hold(amount, at: now)
    }

    /// A request has ended.
    mutating func settle(
        held: BudgetAmount, used: BudgetAmount, of key: Key, at now: Duration
    ) {
        budgets[key]?.settle(held: held, used: used, at: now)
    }
}
