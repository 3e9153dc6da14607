/// One of the calls that clients make, each with a form of its own.
public enum WireProtocol: String, Sendable, CaseIterable {
    /// OpenAI's `POST /v1/chat/completions`.
    case chatCompletions = "chat_completions"
    /// OpenAI's older `POST /v1/completions`.
    case completions
    /// OpenAI's `POST /v1/responses`.
    case responses
    /// OpenAI's `POST /v1/embeddings`.
    case embeddings
    /// OpenAI's `POST /v1/moderations`.
    case moderations
    /// Anthropic's `POST /v1/messages`.
    case messages
    /// Anthropic's `POST /v1/messages/count_tokens`.
    case countTokens = "count_tokens"

    /// The path behind the version, as in `/v1` + `/chat/completions`.
    public var path: String {
        switch self {
        case .chatCompletions: "/chat/completions"
        case .completions: "/completions"
        case .responses: "/responses"
        case .embeddings: "/embeddings"
        case .moderations: "/moderations"
        case .messages: "/messages"
        case .countTokens: "/messages/count_tokens"
        }
    }

    /// Whose protocol it is.
    public var dialect: Dialect {
        switch self {
        case .chatCompletions, .completions, .responses, .embeddings, .moderations: .openAI
        case .messages, .countTokens: .anthropic
        }
    }

    /// Whether a model speaks in the answer. Vectors, scores and counts exercise no behavior: for them key,
    /// model and budgets are looked at, and nothing else.
    public var isSpoken: Bool {
        switch self {
        case .chatCompletions, .completions, .responses, .messages: true
        case .embeddings, .moderations, .countTokens: false
        }
    }

    /// The same call in another dialect; nil where that has none.
    public func path(in dialect: Dialect) -> WireProtocol? {
        switch (self, dialect) {
        case (_, self.dialect): self
        case (.chatCompletions, .anthropic): .messages
        case (.messages, .openAI): .chatCompletions
        default: nil
        }
    }
}

/// Whose wire protocol somebody speaks.
public enum Dialect: String, Sendable, CaseIterable {
    /// OpenAI's, as most servers of models do.
    case openAI = "openai"
    /// Anthropic's.
    case anthropic
}
