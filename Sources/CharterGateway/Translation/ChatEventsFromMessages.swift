internal import CharterDocuments

/// A stream of a message as one of a chat completion.
struct ChatEventsFromMessages: TranslatedEvents {
    let includesUsage: Bool
    private var id = ""
    private var model = ""
    private var usage: (input: Int, output: Int) = (0, 0)
    /// By block, the number of its call.
    private var calls: [Int: Int] = [:]
    private var hasEnded = false

    init(includesUsage: Bool) {
        self.includesUsage = includesUsage
    }

    mutating func translate(
        _ event: ServerSentEvents.Event, to output: inout [UInt8]
    ) throws(APIError) {
        let document = try UpstreamError.document(event.data)
        let root = document.root
        let block = root["index"]?.integer ?? 0
        switch root["type"]?.string {
        case "message_start":
            id = root["message"]?["id"]?.string ?? ""
            model = root["message"]?["model"]?.string ?? ""
            usage = ChatToMessages.usage(root["message"]?["usage"])
            chunk(to: &output) { writer in
                writer.member("role", "assistant")
                writer.member("content", "")
            }
        case "content_block_start": start(root["content_block"], block, to: &output)
        case "content_block_delta": delta(root["delta"], block, to: &output)
        case "message_delta":
            if let said = root["usage"]?.present("output_tokens") {
                usage.output = ChatToMessages.tokens(said)
            }
            if let said = root["usage"]?.present("input_tokens") {
                usage.input = ChatToMessages.tokens(said)
            }
            guard let stop = root["delta"]?.present("stop_reason")?.string else { return }
            if stop == "refusal",
                let words = root["delta"]?["stop_details"]?.present("explanation")?.string
            {
                chunk(to: &output) { $0.member("refusal", words) }
            }
            chunk(ChatToMessages.reason(stop), to: &output) { _ in }
        case "message_stop": end(to: &output)
        default: return
        }
    }

    private mutating func start(
        _ block: JSONValue?, _ number: Int, to output: inout [UInt8]
    ) {
        switch block?["type"]?.string {
        case "text":
            if let text = block?["text"]?.string, !text.isEmpty {
                chunk(to: &output) { $0.member("content", text) }
            }
        case "tool_use":
            let call = calls.count
            calls[number] = call
            self.call(call, to: &output) { writer in
                writer.member("id", block?["id"]?.string)
                writer.member("type", "function")
            } function: { writer in
                writer.member("name", block?["name"]?.string)
                writer.member("arguments", "")
            }
        default: return
        }
    }

    private func delta(_ delta: JSONValue?, _ block: Int, to output: inout [UInt8]) {
        switch delta?["type"]?.string {
        case "text_delta":
            chunk(to: &output) { $0.member("content", delta?["text"]?.string) }
        case "thinking_delta":
            chunk(to: &output) { $0.member("reasoning_content", delta?["thinking"]?.string) }
        case "input_json_delta":
            guard let call = calls[block] else { return }
            self.call(call, to: &output) { _ in
            } function: { writer in
                writer.member("arguments", delta?["partial_json"]?.string)
            }
        default: return
        }
    }

    private func call(
        _ number: Int, to output: inout [UInt8], head: (inout JSONWriter) -> Void,
        function: (inout JSONWriter) -> Void
    ) {
        chunk(to: &output) { writer in
            writer.list("tool_calls") { writer in
                writer.object { writer in
                    writer.member("index", number)
                    head(&writer)
                    writer.object("function", function)
                }
            }
        }
    }

    private mutating func end(to output: inout [UInt8]) {
        guard !hasEnded else { return }
        hasEnded = true
        if includesUsage {
            event(to: &output) { writer in
                writer.list("choices") { _ in }
                ChatToMessages.write(usage: usage, to: &writer)
            }
        }
        output += ChatChunk.doneEvent
    }

    private func chunk(
        _ reason: String? = nil, to output: inout [UInt8], delta: (inout JSONWriter) -> Void
    ) {
        event(to: &output) { writer in
            writer.list("choices") { writer in
                writer.object { writer in
                    writer.member("index", 0)
                    writer.object("delta", delta)
                    writer.member("logprobs", nil)
                    writer.member("finish_reason", reason)
                }
            }
            if includesUsage {
                writer.key("usage")
                writer.raw("null")
            }
        }
    }

    private func event(to output: inout [UInt8], members: (inout JSONWriter) -> Void) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("id", id)
            writer.member("object", "chat.completion.chunk")
            writer.member("created", 0)
            writer.member("model", model)
            members(&writer)
        }
        output += "data: ".utf8 + writer.bytes + "\n\n".utf8
    }
}
