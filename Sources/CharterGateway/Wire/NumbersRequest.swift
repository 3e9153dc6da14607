public import CharterDocuments

/// A request whose answer is numbers: embeddings, moderations, a count of tokens. No model speaks, so that
/// nothing in it is looked at but for the model and the user.
public struct NumbersRequest: ModelRequest {
    /// The body as it came.
    public let document: JSONDocument
    /// The model that is asked for; empty where it is unsaid.
    public let model: String
    /// The end user's id, where the body names one.
    public let user: String?

    /// Reads a body.
    ///
    /// - Parameter needsModel: whether the protocol wants one; moderations have a model of their own.
    /// - Throws: a 400 whose `param` is the place that is wrong, or a 413.
    public init(
        body: [UInt8], limits: JSONLimits = JSONLimits(), needsModel: Bool
    ) throws(APIError) {
        (document, model) = try Self.object(body, limits, needsModel: needsModel)
        guard try !Self.boolean(document.root, "stream", param: "stream") else {
            throw .invalid("such an answer is not streamed", param: "stream")
        }
        user = try Self.string(document.root, "user", param: "user")
    }

    /// Never.
    public var isStreamed: Bool { false }
    /// None that a model reads in order to speak.
    public var texts: [RequestText] { [] }
    /// Nothing is written.
    public var mostTokens: Int? { nil }
    /// There is nobody to be guided.
    public func body(adding guide: String, role: MessageRole) -> [UInt8]? { nil }
    /// Numbers do not refuse.
    public func reply(with refusal: Refusal) -> (contentType: String, body: [UInt8])? { nil }
}
