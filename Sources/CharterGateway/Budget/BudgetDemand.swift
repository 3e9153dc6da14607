internal import CharterDocuments
internal import CharterEngine

/// What budgets have to know of a request.
public struct BudgetDemand: Sendable, Equatable {
    /// The model that is asked for.
    public var model: String
    /// The user's id; nil: nobody in particular.
    public var user: String?
    /// The most tokens that the answer may have; nil: it is not said.
    public var mostTokens: Int?

    /// How long the request is, for estimates.
    public var requestBytes: Int

    /// Unsaid: of nobody in particular, and with an answer of any length.
    public init(model: String, user: String? = nil, mostTokens: Int? = nil, requestBytes: Int = 0) {
        self.model = model
        self.user = user
        self.mostTokens = mostTokens
        self.requestBytes = requestBytes
    }

    /// What is held before it is known what a request uses: an answer as long as it may be.
    public func held(_ prices: ModelPrices) -> BudgetAmount {
        prices.amount(of: Usage(outputTokens: mostTokens ?? 0), model: model)
    }

    /// What counts where it is never known, because the client has gone away.
    public var unknownUsage: Usage {
        var usage = Usage(estimatedFrom: requestBytes, answer: 0)
        usage.outputTokens = mostTokens ?? 0
        return usage
    }
}

extension Exchange {
    /// What budgets have to know of the request.
    public var budgetDemand: BudgetDemand {
        BudgetDemand(
            model: request.model, user: arrival.caller.user?.string ?? request.user,
            mostTokens: request.mostTokens.map { min(max($0, 0), 1 << 32) * request.choices },
            requestBytes: request.document.source.count)
    }
}
