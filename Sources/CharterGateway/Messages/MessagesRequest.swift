public import CharterDocuments

/// A request of Anthropic's Messages API: what the pipeline must know of it, and every text in it.
///
/// `system` is the operator's word. Messages have the roles `user` and `assistant` alone, and a user's
/// message may hold what is not the user's word: results of tools, documents, search results.
public struct MessagesRequest: ModelRequest {
    /// The body as it came.
    public let document: JSONDocument
    /// The model that is asked for.
    public let model: String
    /// Whether the answer is to be streamed.
    public let isStreamed: Bool
    /// The end user's id, `metadata.user_id`.
    public let user: String?
    /// Every text in it.
    public let texts: [RequestText]
    /// `max_tokens`.
    public let mostTokens: Int?

    private static let known: [StaticString] = [
        "messages", "system", "model", "metadata", "service_tier", "container",
    ]

    /// Reads a body, also one that only asks how many tokens it has.
    ///
    /// - Throws: a 400 whose `param` is the place that is wrong, or a 413.
    public init(body: [UInt8], limits: JSONLimits = JSONLimits()) throws(APIError) {
        (document, model) = try Self.object(body, limits)
        let root = document.root
        try Self.refuse("input", in: root)
        guard let list = root["messages"], list.kind == .list else {
            throw .invalid("`messages` must be a list", param: "messages")
        }
        var texts: [RequestText] = []
        if let system = root.present("system") {
            var reader = RequestTexts(message: nil)
            try Self.read(system, .system, "system", &reader)
            texts += reader.texts
        }
        texts += Self.textsBeside(Self.known, in: document)
        var count = 0
        for (message, number) in zip(list.children, 0...) {
            texts += try Self.texts(of: message, number)
            count += 1
        }
        guard count > 0 else { throw .invalid("`messages` must not be empty", param: "messages") }
        self.texts = texts
        isStreamed = try Self.boolean(root, "stream", param: "stream")
        let metadata = root.present("metadata")
        guard metadata == nil || metadata?.kind == .object else {
            throw .invalid("must be an object", param: "metadata")
        }
        user =
            try metadata.map { metadata throws(APIError) in
                try Self.string(metadata, "user_id", param: "metadata.user_id")
            } ?? nil
        mostTokens = root["max_tokens"]?.integer
    }

    /// The body with a guide behind what `system` says.
    public func body(adding guide: String, role: MessageRole) -> [UInt8]? {
        body(adding: guide, to: "system") { text in
            var block = Array(#"{"type":"text","text":"#.utf8)
            JSONText.append(text, to: &block)
            return block + "}".utf8
        }
    }

    // MARK: Texts

    private static func texts(
        of message: JSONValue, _ number: Int
    ) throws(APIError) -> [RequestText] {
        let param = "messages[\(number)]"
        guard message.kind == .object else { throw .invalid("must be an object", param: param) }
        let role: MessageRole
        switch message["role"]?.string {
        case "user": role = .user
        case "assistant": role = .assistant
        default:
            throw .invalid("`role` must be user or assistant", param: "\(param).role")
        }
        guard let content = message.present("content") else {
            throw .invalid("`content` must be a string or a list", param: "\(param).content")
        }
        var reader = RequestTexts(message: number)
        try read(content, role, "\(param).content", &reader)
        reader.addAll(of: message, except: ["role", "content"], by: role)
        return reader.texts
    }

    /// Reads a content: a string, or a list of blocks.
    private static func read(
        _ content: JSONValue, _ role: MessageRole, _ param: String, _ reader: inout RequestTexts
    ) throws(APIError) {
        if let text = content.text { return reader.add(.content, text, by: role) }
        guard content.kind == .list else {
            throw .invalid("`content` must be a string or a list", param: param)
        }
        for (block, number) in zip(content.children, 0...) {
            let param = "\(param)[\(number)]"
            guard block.kind == .object, let type = block["type"]?.string else {
                throw .invalid("a block must be an object with a `type`", param: param)
            }
            try read(block, type, role, param, &reader)
        }
    }

    private static func read(
        _ block: JSONValue, _ type: String, _ role: MessageRole, _ param: String,
        _ reader: inout RequestTexts
    ) throws(APIError) {
        switch type {
        case "text":
            guard let text = block["text"]?.text else {
                throw .invalid("must be a string", param: "\(param).text")
            }
            reader.add(.content, text, by: role)
            reader.addAll(of: block, except: ["type", "text", "cache_control"], by: role)
        case "thinking":
            reader.addAll(of: block, except: ["type", "signature"], by: .assistant)
            block["signature"].map {
                reader.addUnlessName($0, opaque: ["signature"], by: .assistant)
            }
        case "redacted_thinking":
            for member in block.children {
                reader.addUnlessName(member, opaque: ["data"], by: .assistant)
            }
        case "image":
            reader.addAll(of: block, except: ["type", "source", "cache_control"], by: role)
        case "tool_use", "server_tool_use", "mcp_tool_use":
            reader.addAll(of: block, except: ["type", "id", "cache_control"], by: .assistant)
            block["id"].map { reader.addUnlessName($0, by: .assistant) }
        case "tool_result":
            if let content = block.present("content") {
                try read(content, .tool, "\(param).content", &reader)
            }
            reader.addAll(
                of: block, except: ["type", "tool_use_id", "content", "cache_control"], by: .tool)
            block["tool_use_id"].map { reader.addUnlessName($0, by: .tool) }
        case "document":
            document(block, &reader)
        default:
            // Results of servers' own tools, and what this protocol does not know: what an assistant's
            // message holds is the assistant's, all else is nobody's.
            reader.addAll(of: block, except: ["type"], by: role == .assistant ? role : .tool)
        }
    }

    /// A document is nobody's word, whoever hands it over; its bytes are seen where they are text.
    private static func document(_ block: JSONValue, _ reader: inout RequestTexts) {
        reader.addAll(of: block, except: ["type", "source", "cache_control"], by: .tool)
        guard let source = block.present("source") else { return }
        let type = source["type"]
        if type?.isText("base64") ?? false || type?.isText("url") ?? false { return }
        for member in source.children {
            if let text = member.text, member.isNamed("data") || member.isNamed("content") {
                reader.add(.content, text, by: .tool)
            } else {
                reader.addAll(member, by: .tool)
            }
        }
    }
}
