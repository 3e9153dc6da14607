public import CharterDocuments

/// A request for a chat completion: what the pipeline must know of it, and every text in it.
///
/// Everything else stays in the original bytes and is passed on as it came.
public struct ChatRequest: ModelRequest {
    /// The body as it came.
    public let document: JSONDocument
    /// The model that is asked for.
    public let model: String
    /// Whether the answer is to be streamed.
    public let isStreamed: Bool
    /// Whether a streamed answer is to end with a chunk of usage.
    public let includesUsage: Bool
    /// How many answers are asked for.
    public let choices: Int
    /// The end user's id, where the body names one.
    public let user: String?
    /// The conversation, in order.
    public let messages: [ChatMessage]
    /// `max_completion_tokens`, or `max_tokens`.
    public let mostTokens: Int?

    /// The most answers that one request may ask for, as in the API.
    public static let mostChoices = 128

    private static let known: [StaticString] = [
        "messages", "model", "user", "metadata", "safety_identifier", "prompt_cache_key",
    ]

    /// Reads a body.
    ///
    /// - Throws: a 400 whose `param` is the place that is wrong, or a 413.
    public init(body: [UInt8], limits: JSONLimits = JSONLimits()) throws(APIError) {
        (document, model) = try Self.object(body, limits)
        let root = document.root
        guard let list = root["messages"], list.kind == .list else {
            throw .invalid("`messages` must be a list", param: "messages")
        }
        var messages: [ChatMessage] = []
        for message in list.children {
            messages.append(try ChatMessage(message, number: messages.count))
        }
        guard !messages.isEmpty else {
            throw .invalid("`messages` must not be empty", param: "messages")
        }
        self.messages = messages
        isStreamed = try Self.boolean(root, "stream", param: "stream")
        includesUsage = try Self.includesUsage(root)
        choices = try Self.choices(root.present("n"))
        user = try Self.string(root, "user", param: "user")
        mostTokens = (root["max_completion_tokens"] ?? root["max_tokens"])?.integer
    }

    private static func choices(_ value: JSONValue?) throws(APIError) -> Int {
        guard let value else { return 1 }
        guard let count = value.integer, (1...mostChoices).contains(count) else {
            throw .invalid("must be a whole number from 1 to \(mostChoices)", param: "n")
        }
        return count
    }
}

extension ChatRequest {
    /// Every text in it: those beside the conversation, then those of the conversation, in order.
    public var texts: [RequestText] {
        Self.textsBeside(Self.known, in: document) + messages.flatMap(\.texts)
    }

    /// A refusal in each of the choices that were asked for.
    public func reply(with refusal: Refusal) -> (contentType: String, body: [UInt8])? {
        let answer = ChatRefusal(
            id: "chatcmpl-\(refusal.id)", created: refusal.created, model: model,
            text: refusal.text, choices: choices, note: refusal.note)
        return isStreamed
            ? (Self.eventsType, answer.events(includingUsage: includesUsage))
            : (Self.jsonType, answer.body)
    }

    /// The body with one more message, and otherwise byte for byte as it came.
    ///
    /// The message stands behind the last one of system and developer: it is the last word of their
    /// level. Where there is none it stands before everything that a user wrote.
    ///
    /// - Parameter role: `system` or `developer`, whichever the model's server understands.
    public func body(adding guide: String, role: MessageRole) -> [UInt8]? {
        var message = Array(#"{"role":"\#(role.rawValue)","content":"#.utf8)
        JSONText.append(guide, to: &message)
        message.append(UInt8(ascii: "}"))
        let place: Int
        if let last = messages.last(where: { $0.role == .system || $0.role == .developer }) {
            place = last.value.range.upperBound
            message.insert(UInt8(ascii: ","), at: 0)
        } else {
            place = messages[0].value.range.lowerBound
            message.append(UInt8(ascii: ","))
        }
        let source = document.source
        return source[..<place] + message + source[place...]
    }
}
