internal import CharterDocuments
internal import CharterGateway

extension SettingsReader {
    /// Reads `prices` (docs/gateway.md).
    mutating func prices(_ node: YAMLNode) -> ModelPrices {
        guard case .mapping(let pairs) = node.content else {
            findings.add(
                "settings.bad-value", at: node.range,
                "`prices` says what a million tokens of each model cost, and is a map",
                help: "write `prices: {MODEL: {input: 0.15, output: 0.6}}`")
            return ModelPrices()
        }
        var prices: [String: ModelPrices.Price] = [:]
        for (key, value) in pairs {
            let members = self.pairs(value, ["input", "output"])
            guard let input = members["input"], let output = members["output"] else {
                findings.add(
                    "settings.bad-value", at: value.range, "a price has an `input` and an `output`",
                    reason: "what is not said would cost nothing",
                    help: "write `{input: 0.15, output: 0.6}`, for a million tokens")
                continue
            }
            guard let input = decimal(input, 0...1e6), let output = decimal(output, 0...1e6) else {
                continue
            }
            prices[key.scalar ?? ""] = ModelPrices.Price(input: input, output: output)
        }
        return ModelPrices(prices)
    }

    /// Reads `budget`, `user_budget` or `key_budget` of an operator (docs/gateway.md).
    mutating func budget(_ node: YAMLNode) -> BudgetLimits? {
        let members = pairs(
            node, ["requests_per_minute", "concurrent", "tokens_per_minute", "cost_per_day"])
        var limits = BudgetLimits()
        limits.requestsPerMinute = members["requests_per_minute"].flatMap {
            number($0, 1...1_000_000)
        }
        limits.concurrent = members["concurrent"].flatMap { number($0, 1...100_000) }
        limits.tokensPerMinute = members["tokens_per_minute"]
            .flatMap { number($0, 1...1_000_000_000) }
        limits.costPerDay = members["cost_per_day"].flatMap { decimal($0, 0.01...1e9) }
        if members.isEmpty, case .mapping = node.content {
            findings.add(
                "settings.bad-value", at: node.range, "a budget says at least one limit",
                help: "write `{requests_per_minute: 60}`, or leave the budget out")
        }
        if let node = members["cost_per_day"], !hasPrices {
            findings.add(
                "settings.bad-value", at: node.range, "`cost_per_day` needs `prices`",
                reason: "without a price nothing would cost anything",
                help: "write `prices: {MODEL: {input: 0.15, output: 0.6}}` at the top")
        }
        return limits
    }

    /// A number with or without a fraction, written in digits.
    private mutating func decimal(_ node: YAMLNode, _ range: ClosedRange<Double>) -> Double? {
        let isWritten = node.scalar?.wholeMatch(of: /[0-9]{1,10}(\.[0-9]{1,10})?/) != nil
        guard isWritten, let number = node.scalar.flatMap({ Double($0) }), range.contains(number)
        else {
            let (least, most) = (text(range.lowerBound), text(range.upperBound))
            findings.add(
                "settings.bad-value", at: node.range,
                "a number from \(least) to \(most) is expected",
                help: "write digits, such as `0.15`")
            return nil
        }
        return number
    }

    private func text(_ number: Double) -> String {
        number == number.rounded() ? String(Int(number)) : String(number)
    }
}
