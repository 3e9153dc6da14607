public import CharterEngine

/// Everything that may be known of a request that is over: metrics, the log and traces are made of it.
///
/// No text of any message is in it, no key, no claim and no user's id, so that none can get out.
public struct RequestReport: Sendable {
    /// What was called.
    public enum Wire: String, CaseIterable, Sendable {
        case chatCompletions = "chat_completions"
        case completions, responses, embeddings, moderations, messages
        case countTokens = "count_tokens"
        /// The list of models.
        case models
        /// AuthZEN, `/access/v1/…`.
        case authzen
        /// Charter's own paths, `/charter/v1/…`.
        case charter
        /// Everything else.
        case other

        /// The wire of a path.
        public init(path: String) {
            if let wire = WireProtocol.allCases.first(where: { path == "/v1" + $0.path }) {
                self = Wire(rawValue: wire.rawValue) ?? .other
            } else if path.hasPrefix("/v1/models") {
                self = .models
            } else if path.hasPrefix("/access/") {
                self = .authzen
            } else {
                self = path.hasPrefix("/charter/") ? .charter : .other
            }
        }
    }

    /// When something began and ended, counted from the request's arrival.
    public struct Span: Hashable, Sendable {
        /// When it began.
        public var start: Duration
        /// When it ended.
        public var end: Duration

        /// From one moment to another.
        public init(_ start: Duration, _ end: Duration) {
            self.start = start
            self.end = end
        }

        /// How long it took.
        public var duration: Duration { end - start }
    }

    /// What was decided, and what became of the answer.
    public struct Outcome: Sendable {
        /// What was done with the request.
        public var act: Act
        /// Behaviors that the verdict found unmet.
        public var unmet: [String] = []
        /// Behaviors at which the answer was stopped.
        public var stopped: [String] = []
        /// Behaviors whose words were replaced in the answer.
        public var redacted: [String] = []
        /// The digest of the documents that decided.
        public var policy: Digest?

        /// An outcome with nothing unmet, stopped or replaced.
        public init(_ act: Act) {
            self.act = act
        }

        /// What is recorded of a decision.
        public init(_ record: DecisionRecord) {
            act = record.act
            unmet = record.unmet
            stopped = record.stopped
            redacted = record.answerRedacted.map(\.text.string)
            policy = record.policy.digest
        }
    }

    /// What the model's server did.
    public struct Upstream: Sendable {
        /// The server, as `host:port`.
        public var server: String
        /// From the request to it, to the end of its answer.
        public var span: Span
        /// The HTTP status of its answer; nil: there was none.
        public var status: Int?

        /// A server that has not answered yet.
        public init(server: String, at start: Duration) {
            self.server = server
            span = Span(start, start)
        }
    }

    /// The id of the decision, or of the request where there is none.
    public var id = ""
    /// Whose words it is in.
    public var wire: Wire
    /// The HTTP method.
    public var method: String
    /// The path as the server knows it, `/charter/v1/decisions/{id}`; nil: it knows none such.
    public var route: String?
    /// When it came.
    public var at: Instant
    /// How long it took, until the last byte of the answer was written.
    public var total = Duration.zero
    /// The HTTP status of the answer.
    public var status = 0
    /// The error's code, where it is one of the gateway's own.
    public var errorCode: String?
    /// The operator that asked; nil: its key was none.
    public var operatorName: String?
    /// A keyed hash of the user's id.
    public var userHash: String?
    /// The model that was asked for, cut to a name's length.
    public var model: String?
    /// Whether the answer was to be streamed.
    public var isStreamed = false
    /// What was decided; nil: it did not come to a decision.
    public var outcome: Outcome?
    /// When demands and instructions were looked for.
    public var detect: Span?
    /// When it was decided.
    public var decide: Span?
    /// What the model's server did; nil: it was not asked.
    public var upstream: Upstream?
    /// What the model's server says that it read and wrote.
    public var usage: Usage?
    /// Where it stands in a trace; nil: in none.
    public var trace: TraceContext?

    /// A request that has just come.
    public init(wire: Wire, method: String, route: String? = nil, at instant: Instant) {
        self.wire = wire
        self.method = method
        self.route = route
        self.at = instant
    }

    /// Codes of the gateway's own errors: those of a model's server may hold anything.
    static let errorCodes: Set<String> = [
        "invalid_json", "invalid_api_key", "model_not_allowed", "invalid_token", "keys_unavailable",
        "not_found", "request_too_large", "upstream_unreachable", "upstream_cut_off",
        "upstream_malformed", "upstream_credentials", "policy_unavailable", "upstream_timeout",
        "request.unknown-channel", "request.syntax", "layer", "method_not_allowed",
        "unsupported_media_type", "rate_limit_exceeded", "model_not_found", "unseen_state",
        "unsupported_call", "unsupported_value", "content_policy_violation",
    ]

    /// Notes the code of an error, where it is one of the gateway's own.
    public mutating func note(_ error: APIError) {
        errorCode = error.code.flatMap { RequestReport.errorCodes.contains($0) ? $0 : nil }
    }

    /// The longest name of a model that is told, in bytes.
    private static let longestModel = 128

    /// Notes the model that was asked for. Its name is the client's word, and may be anything.
    public mutating func note(model: String) {
        let isName =
            model.utf8.count <= RequestReport.longestModel
            && model.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
        self.model = isName ? model : "(no name)"
    }
}
