public import CharterDocuments

/// A request for a chat completion: what the pipeline must know of it, and every text in it.
///
/// Everything else stays in the original bytes and is passed on as it came.
public struct ChatRequest: Sendable {
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

    /// The most answers that one request may ask for, as in the API.
    public static let mostChoices = 128

    /// Reads a body.
    ///
    /// - Throws: a 400 whose `param` is the place that is wrong, or a 413.
    public init(body: [UInt8], limits: JSONLimits = JSONLimits()) throws(APIError) {
        let document: JSONDocument
        do { document = try JSONDocument(body, limits: limits) } catch { throw APIError(error) }
        let root = document.root
        guard root.kind == .object else { throw .invalid("the body must be an object", param: nil) }
        guard let model = root["model"]?.string, !model.isEmpty else {
            throw .invalid("`model` must be the name of a model", param: "model")
        }
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
        self.document = document
        self.model = model
        self.isStreamed = try Self.boolean(root, "stream", param: "stream")
        let options = root.present("stream_options")
        guard options == nil || options?.kind == .object else {
            throw .invalid("must be an object", param: "stream_options")
        }
        self.includesUsage =
            try options.map { options throws(APIError) in
                try Self.boolean(options, "include_usage", param: "stream_options.include_usage")
            } ?? false
        self.choices = try Self.choices(root.present("n"))
        let user = root.present("user")
        guard user == nil || user?.kind == .string else {
            throw .invalid("must be a string", param: "user")
        }
        self.user = user?.string
        self.messages = messages
    }

    private static func boolean(
        _ object: JSONValue,
        _ key: StaticString,
        param: String
    ) throws(APIError) -> Bool {
        guard let value = object.present(key) else { return false }
        guard let boolean = value.boolean else {
            throw .invalid("must be true or false", param: param)
        }
        return boolean
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
    /// Every text of the conversation, in order.
    public var texts: [ChatText] { messages.flatMap(\.texts) }

    /// Every text outside of the conversation: descriptions of tools, schemas, a predicted answer,
    /// and what this protocol does not know. It is the word of whoever made the request.
    public var textsBesideMessages: [ChatText] {
        let unread: [StaticString] = [
            "messages", "model", "user", "metadata", "safety_identifier", "prompt_cache_key",
        ]
        return document.root.children
            .filter { member in !unread.contains(where: member.isNamed) }
            .flatMap(\.textsInside)
            .map { ChatText(speaker: .developer, message: nil, kind: .other, bytes: $0) }
    }

    /// The body with one more message, and otherwise byte for byte as it came.
    ///
    /// The message stands behind the last one of system and developer: it is the last word of their
    /// level. Where there is none it stands before everything that a user wrote.
    ///
    /// - Parameter role: `system` or `developer`, whichever the model's server understands.
    public func body(adding guide: String, role: ChatRole) -> [UInt8] {
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
