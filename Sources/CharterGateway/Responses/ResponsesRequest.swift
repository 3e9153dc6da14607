public import CharterDocuments

/// A request of OpenAI's Responses API: what the pipeline must know of it, and every text in it.
///
/// `instructions` are the operator's word, and items have a role or are somebody's by their type. What the
/// model's server remembers of earlier requests is not seen here, so that a request that refers to it is
/// refused.
public struct ResponsesRequest: ModelRequest {
    /// The body as it came.
    public let document: JSONDocument
    /// The model that is asked for.
    public let model: String
    /// Whether the answer is to be streamed.
    public let isStreamed: Bool
    /// The end user's id, where the body names one.
    public let user: String?
    /// Every text in it.
    public let texts: [RequestText]
    /// `max_output_tokens`.
    public let mostTokens: Int?

    private static let known: [StaticString] = [
        "input", "instructions", "model", "user", "metadata", "safety_identifier",
        "prompt_cache_key", "prompt_cache_retention", "include", "service_tier", "truncation",
    ]

    /// What refers to something that the model's server has, and nobody else has seen.
    private static let unseen: [StaticString] = ["previous_response_id", "conversation", "prompt"]

    /// Reads a body.
    ///
    /// - Throws: a 400 whose `param` is the place that is wrong, or a 413.
    public init(body: [UInt8], limits: JSONLimits = JSONLimits()) throws(APIError) {
        (document, model) = try Self.object(body, limits)
        let root = document.root
        for key in Self.unseen where root.present(key) != nil {
            throw Self.unseen("what the model's server has stored cannot be checked here", "\(key)")
        }
        guard try !Self.boolean(root, "background", param: "background") else {
            throw Self.unseen("an answer in the background cannot be checked here", "background")
        }
        try Self.refuse("messages", in: root)
        guard let input = root.present("input") else {
            throw .invalid("`input` must be a string or a list", param: "input")
        }
        var texts: [RequestText] = []
        if let instructions = root.present("instructions") {
            guard let text = instructions.text else {
                throw .invalid("must be a string", param: "instructions")
            }
            texts.append(
                RequestText(speaker: .developer, message: nil, kind: .content, bytes: text))
        }
        texts += Self.textsBeside(Self.known, in: document)
        if let text = input.text {
            texts.append(RequestText(speaker: .user, message: 0, kind: .content, bytes: text))
        } else {
            guard input.kind == .list else {
                throw .invalid("`input` must be a string or a list", param: "input")
            }
            for (item, number) in zip(input.children, 0...) {
                texts += try Self.texts(of: item, number)
            }
        }
        self.texts = texts
        isStreamed = try Self.boolean(root, "stream", param: "stream")
        user = try Self.string(root, "user", param: "user")
        mostTokens = root["max_output_tokens"]?.integer
    }

    /// The body with a guide behind the instructions.
    public func body(adding guide: String, role: MessageRole) -> [UInt8]? {
        body(adding: guide, to: "instructions") { _ in [] }
    }

    private static func unseen(_ message: String, _ param: String) -> APIError {
        var error = APIError.invalid(message, param: param, code: "unseen_state")
        error.isFinal = true
        return error
    }

    // MARK: Texts

    private static func texts(of item: JSONValue, _ number: Int) throws(APIError) -> [RequestText] {
        let param = "input[\(number)]"
        guard item.kind == .object else { throw .invalid("must be an object", param: param) }
        var reader = RequestTexts(message: number)
        let type = item.present("type")
        guard type == nil || type?.kind == .string else {
            throw .invalid("must be a string", param: "\(param).type")
        }
        if type == nil || type?.isText("message") ?? false {
            try message(item, param, &reader)
        } else if type?.isText("item_reference") ?? false {
            throw unseen("what the model's server has stored cannot be checked here", param)
        } else if let type = type?.string {
            let names: [StaticString] = ["type", "id", "call_id", "status", "encrypted_content"]
            let speaker = speaker(ofType: type)
            for member in item.children {
                if names.contains(where: member.isNamed) {
                    reader.addUnlessName(member, opaque: ["encrypted_content"], by: speaker)
                } else if member.isNamed("output"), let text = member.text {
                    reader.add(.content, text, by: speaker)
                } else {
                    reader.addAll(member, by: speaker)
                }
            }
            if let arguments = item["arguments"]?.text {
                reader.add(
                    .arguments(tool: item["name"]?.string ?? ""), arguments, by: speaker)
            }
        }
        return reader.texts
    }

    /// What the model itself wrote; all else that has no role is nobody's word.
    static func speaker(ofType type: String) -> MessageRole {
        type == "reasoning" || type.hasSuffix("_call") ? .assistant : .tool
    }

    private static func message(
        _ item: JSONValue, _ param: String, _ reader: inout RequestTexts
    ) throws(APIError) {
        let role: MessageRole
        switch item["role"]?.string {
        case "user": role = .user
        case "assistant": role = .assistant
        case "system": role = .system
        case "developer": role = .developer
        default:
            throw .invalid(
                "`role` must be user, assistant, system or developer", param: "\(param).role")
        }
        guard let content = item.present("content") else {
            throw .invalid("`content` must be a string or a list", param: "\(param).content")
        }
        reader.addAll(of: item, except: ["type", "role", "content", "id", "status"], by: role)
        if let text = content.text { return reader.add(.content, text, by: role) }
        guard content.kind == .list else {
            throw .invalid("`content` must be a string or a list", param: "\(param).content")
        }
        for (part, number) in zip(content.children, 0...) {
            let param = "\(param).content[\(number)]"
            guard part.kind == .object, let type = part["type"], type.text != nil else {
                throw .invalid("a part must be an object with a `type`", param: param)
            }
            var read: [StaticString] = [
                "type", "image_url", "file_id", "file_data", "file_url", "input_audio",
            ]
            for (name, key, kind) in [
                ("input_text", "text", .content), ("output_text", "text", .content),
                ("refusal", "refusal", .refusal),
            ] as [(StaticString, StaticString, RequestText.Kind)] where type.isText(name) {
                guard let text = part[key]?.text else {
                    throw .invalid("must be a string", param: "\(param).\(key)")
                }
                reader.add(kind, text, by: role)
                read.append(key)
            }
            reader.addAll(of: part, except: read, by: role)
        }
    }
}
