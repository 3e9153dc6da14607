public import CharterDocuments

/// A request of OpenAI's older completions: what the pipeline must know of it, and every text in it.
///
/// The prompts are the user's words. There is no place where the operator speaks, so that nobody can be
/// guided; and a prompt of token numbers cannot be read here.
public struct CompletionsRequest: ModelRequest {
    /// The body as it came.
    public let document: JSONDocument
    /// The model that is asked for.
    public let model: String
    /// Whether the answer is to be streamed.
    public let isStreamed: Bool
    /// Whether a streamed answer is to end with an event of usage.
    public let includesUsage: Bool
    /// How many answers are asked for: `n` for each prompt.
    public let choices: Int
    /// The end user's id, where the body names one.
    public let user: String?
    /// What is to be continued, each by itself.
    public let prompts: [String]
    /// `max_tokens`.
    public let mostTokens: Int?

    private static let known: [StaticString] = ["prompt", "model", "user"]

    /// Reads a body.
    ///
    /// - Throws: a 400 whose `param` is the place that is wrong, or a 413.
    public init(body: [UInt8], limits: JSONLimits = JSONLimits()) throws(APIError) {
        (document, model) = try Self.object(body, limits)
        let root = document.root
        prompts = try Self.prompts(root.present("prompt"))
        isStreamed = try Self.boolean(root, "stream", param: "stream")
        includesUsage = try Self.includesUsage(root)
        user = try Self.string(root, "user", param: "user")
        mostTokens = root["max_tokens"]?.integer
        let most = ChatRequest.mostChoices
        let each = try root.present("n").map { value throws(APIError) in
            guard let count = value.integer, (1...most).contains(count) else {
                throw .invalid("must be a whole number from 1 to \(most)", param: "n")
            }
            return count
        }
        choices = (each ?? 1) * prompts.count
        guard choices <= most else {
            throw .invalid("more than \(most) answers are asked for", param: "prompt")
        }
    }

    private static func prompts(_ value: JSONValue?) throws(APIError) -> [String] {
        if let text = value?.string { return [text] }
        guard let value, value.kind == .list else {
            throw .invalid("`prompt` must be a string or a list of strings", param: "prompt")
        }
        var prompts: [String] = []
        for prompt in value.children {
            guard let text = prompt.string else {
                throw .invalid(
                    "a prompt must be a string: token numbers cannot be looked at here",
                    param: "prompt[\(prompts.count)]")
            }
            prompts.append(text)
        }
        guard !prompts.isEmpty else {
            throw .invalid("`prompt` must not be empty", param: "prompt")
        }
        return prompts
    }

    /// Every text in it: the developer's, then the prompts.
    public var texts: [RequestText] {
        Self.textsBeside(Self.known, in: document)
            + prompts.enumerated().map { number, prompt in
                RequestText(
                    speaker: .user, message: number, kind: .content, bytes: Array(prompt.utf8)[...])
            }
    }

    /// There is no place for one.
    public func body(adding guide: String, role: MessageRole) -> [UInt8]? { nil }

    /// The prompts as what a user says in a conversation.
    var conversation: JSONWriter {
        var writer = JSONWriter()
        writer.list { writer in
            for prompt in prompts {
                writer.object { writer in
                    writer.member("role", MessageRole.user.rawValue)
                    writer.member("content", prompt)
                }
            }
        }
        return writer
    }

    /// A refusal in each of the choices that were asked for: its words are their text, since the protocol has
    /// no other place.
    public func reply(with refusal: Refusal) -> (contentType: String, body: [UInt8])? {
        guard isStreamed else {
            return (Self.jsonType, completion(refusal, choices: 0..<choices, usage: true))
        }
        var output: [UInt8] = []
        for choice in 0..<choices {
            output += Self.event(completion(refusal, choices: choice..<choice + 1, usage: false))
        }
        if includesUsage {
            output += Self.event(completion(refusal, choices: 0..<0, usage: true))
        }
        return (Self.eventsType, output + ChatChunk.doneEvent)
    }

    private static func event(_ data: [UInt8]) -> [UInt8] {
        Array("data: ".utf8) + data + "\n\n".utf8
    }

    private func completion(_ refusal: Refusal, choices: Range<Int>, usage: Bool) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("id", "cmpl-\(refusal.id)")
            writer.member("object", "text_completion")
            writer.member("created", refusal.created)
            writer.member("model", model)
            writer.list("choices") { writer in
                for index in choices {
                    writer.object { writer in
                        writer.member("text", refusal.text)
                        writer.member("index", index)
                        writer.member("logprobs", nil)
                        writer.member("finish_reason", "content_filter")
                    }
                }
            }
            if usage {
                writer.object("usage") { writer in
                    for key in ["prompt_tokens", "completion_tokens", "total_tokens"] {
                        writer.member(key, 0)
                    }
                }
            }
            if !refusal.note.isEmpty {
                writer.key("charter")
                writer.raw(String(decoding: refusal.note, as: UTF8.self))
            }
        }
        return writer.bytes
    }
}
