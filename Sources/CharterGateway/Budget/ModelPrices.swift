/// What models cost, by name.
public struct ModelPrices: Sendable, Equatable {
    /// What a million tokens of a model cost.
    public struct Price: Sendable, Equatable {
        /// Of a request.
        public var input: Double
        /// Of an answer.
        public var output: Double

        /// A price of both.
        public init(input: Double, output: Double) {
            self.input = input
            self.output = output
        }
    }

    private let prices: [String: Price]
    /// Of models that are not named.
    private let dearest: Price

    /// Unsaid: nothing costs anything. A model that is not named costs as much as the dearest, so that
    /// another name for a model is no way around a budget.
    public init(_ prices: [String: Price] = [:]) {
        self.prices = prices
        dearest = Price(
            input: prices.values.map(\.input).max() ?? 0,
            output: prices.values.map(\.output).max() ?? 0)
    }

    /// Whether no price is known.
    public var isEmpty: Bool { prices.isEmpty }

    /// What tokens of a model come to.
    public func amount(of usage: Usage, model: String) -> BudgetAmount {
        let price = prices[model] ?? dearest
        let million = 1e6
        return BudgetAmount(
            tokens: usage.inputTokens + usage.outputTokens,
            cost: Double(usage.inputTokens) / million * price.input
                + Double(usage.outputTokens) / million * price.output)
    }
}
