internal import CharterDocuments

/// A client of OpenAI's chat completions in front of a server of Anthropic's Messages.
enum ChatToMessages {
    /// How long an answer may be where the client does not say, which Anthropic's protocol wants said.
    static let mostTokens = 4_096

    /// What a server of the other protocol does not need in order to answer alike.
    private static let left = [
        "messages", "n", "stream_options", "store", "metadata", "user", "tools", "tool_choice",
        "parallel_tool_calls", "service_tier", "safety_identifier", "prompt_cache_key",
        "max_tokens", "max_completion_tokens", "stop", "response_format", "modalities",
    ]
    /// What changes the answer, and has no counterpart.
    private static let unsupported = [
        "audio", "frequency_penalty", "presence_penalty", "functions", "function_call",
        "logit_bias", "logprobs", "top_logprobs", "prediction", "reasoning_effort", "seed",
        "verbosity", "web_search_options",
        // The other dialect has these, and would take them for its own.
        "system", "stop_sequences", "output_config", "thinking", "mcp_servers", "container",
        "context_management",
    ]

    // MARK: Requests

    /// A request for a chat completion as one for a message.
    static func request(_ root: JSONValue) throws(APIError) -> [UInt8] {
        for member in root.children where !member.isNull {
            let key = String(decoding: member.key, as: UTF8.self)
            if unsupported.contains(key) { throw Translation.unsupported("this", key) }
        }
        if let count = root.present("n")?.integer, count > 1 {
            throw Translation.unsupported("more than one answer", "n")
        }
        var system: [String] = []
        var turns: [Turn] = []
        for (message, number) in zip(root["messages"].elements, 0...) {
            try read(message, "messages[\(number)]", &system, &turns)
        }
        let tools = try tools(root.present("tools"))
        let choice = toolChoice(root)
        let format = try root.present("response_format").flatMap(schema)
        var writer = JSONWriter()
        writer.object { writer in
            for member in root.children where !member.isNull {
                let key = String(decoding: member.key, as: UTF8.self)
                if !left.contains(key) { writer.copy(member) }
            }
            let most = root.present("max_completion_tokens") ?? root.present("max_tokens")
            writer.member("max_tokens", most?.integer ?? mostTokens)
            if !system.isEmpty {
                writer.list("system") { writer in
                    for text in system { writeText(text, to: &writer) }
                }
            }
            writer.list("messages") { writer in
                for turn in turns {
                    writer.object { writer in
                        writer.member("role", turn.role)
                        writer.list("content") { writer in turn.blocks.forEach { writer.raw($0) } }
                    }
                }
            }
            if let stop = root.present("stop") {
                writer.list("stop_sequences") { writer in
                    if let one = stop.string { writer.value(one) }
                    for one in stop.children { writer.copy(value: one) }
                }
            }
            if let user = root.present("user")?.string {
                writer.object("metadata") { $0.member("user_id", user) }
            }
            if let tools { writer.key("tools"); writer.raw(tools) }
            if let choice { writer.key("tool_choice"); writer.raw(choice) }
            if let format {
                writer.object("output_config") { writer in
                    writer.object("format") { writer in
                        writer.member("type", "json_schema")
                        writer.copy(format, as: "schema")
                    }
                }
            }
        }
        return writer.bytes
    }

    /// What one side says before the other does.
    private struct Turn {
        let role: String
        var blocks: [String]
    }

    private static func writeText(_ text: String, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("type", "text")
            writer.member("text", text)
        }
    }

    private static func text(_ text: String) -> String {
        var writer = JSONWriter()
        writeText(text, to: &writer)
        return writer.text
    }

    private static func read(
        _ message: JSONValue, _ param: String, _ system: inout [String], _ turns: inout [Turn]
    ) throws(APIError) {
        func add(_ blocks: [String], _ role: String) {
            if blocks.isEmpty { return }
            if turns.last?.role == role {
                turns[turns.count - 1].blocks += blocks
            } else {
                turns.append(Turn(role: role, blocks: blocks))
            }
        }
        let content = message.present("content")
        switch message["role"]?.string {
        case "system", "developer":
            system += try texts(content, param).filter { !$0.isEmpty }
        case "user":
            guard let content, content.kind == .list else {
                return add([text(content?.string ?? "")], "user")
            }
            var blocks: [String] = []
            for part in content.children { blocks.append(try block(part, param)) }
            add(blocks, "user")
        case "assistant":
            guard message.present("function_call") == nil else {
                throw Translation.unsupported("the older form of a call", "\(param).function_call")
            }
            let refusal = message.present("refusal")?.string
            var blocks = (try texts(content, param) + [refusal].compactMap { $0 })
                .filter { !$0.isEmpty }.map(text)
            for (call, number) in zip(message.present("tool_calls").elements, 0...) {
                blocks.append(try toolUse(call, "\(param).tool_calls[\(number)]"))
            }
            add(blocks, "assistant")
        case "tool":
            var writer = JSONWriter()
            let said = try texts(content, param).joined(separator: "\n")
            writer.object { writer in
                writer.member("type", "tool_result")
                writer.member("tool_use_id", message["tool_call_id"]?.string)
                writer.member("content", said)
            }
            add([writer.text], "user")
        default:
            throw Translation.unsupported("a message of this role", "\(param).role")
        }
    }

    private static func texts(
        _ content: JSONValue?, _ param: String
    ) throws(APIError) -> [String] {
        guard let content else { return [] }
        if let text = content.string { return [text] }
        var texts: [String] = []
        for part in content.children {
            guard let text = part["text"]?.string ?? part["refusal"]?.string else {
                throw Translation.unsupported("such a part", "\(param).content")
            }
            texts.append(text)
        }
        return texts
    }

    private static func block(_ part: JSONValue, _ param: String) throws(APIError) -> String {
        if let said = part["text"]?.string, part["type"]?.isText("text") ?? false {
            return text(said)
        }
        guard part["type"]?.isText("image_url") ?? false,
            let url = part["image_url"]?["url"]?.string
        else { throw Translation.unsupported("such a part", "\(param).content") }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", "image")
            writer.object("source") { writer in
                // data:MEDIA;base64,DATA (RFC 2397)
                let parts = url.split(separator: ",", maxSplits: 1)
                if url.hasPrefix("data:"), parts.count == 2, parts[0].hasSuffix(";base64") {
                    writer.member("type", "base64")
                    writer.member("media_type", String(parts[0].dropFirst(5).dropLast(7)))
                    writer.member("data", String(parts[1]))
                } else {
                    writer.member("type", "url")
                    writer.member("url", url)
                }
            }
        }
        return writer.text
    }

    private static func toolUse(_ call: JSONValue, _ param: String) throws(APIError) -> String {
        guard let input = MessagesToChat.input(call["function"]?["arguments"]?.string ?? "") else {
            throw Translation.unsupported("arguments that are no object", param)
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", "tool_use")
            writer.member("id", call["id"]?.string)
            writer.member("name", call["function"]?["name"]?.string)
            writer.key("input")
            writer.raw(input)
        }
        return writer.text
    }

    private static func tools(_ tools: JSONValue?) throws(APIError) -> String? {
        guard let tools else { return nil }
        for tool in tools.children where tool["function"] == nil {
            throw Translation.unsupported("a tool that is no function", "tools")
        }
        var writer = JSONWriter()
        writer.list { writer in
            for tool in tools.children {
                let function = tool["function"]
                writer.object { writer in
                    writer.member("name", function?["name"]?.string)
                    if let text = function?.present("description") { writer.copy(text) }
                    if let schema = function?.present("parameters") {
                        writer.copy(schema, as: "input_schema")
                    } else {
                        writer.object("input_schema") { $0.member("type", "object") }
                    }
                }
            }
        }
        return writer.text
    }

    private static func toolChoice(_ root: JSONValue) -> String? {
        let choice = root.present("tool_choice")
        let isSerial = root.present("parallel_tool_calls")?.boolean == false
        guard choice != nil || isSerial, root.present("tools") != nil else { return nil }
        var writer = JSONWriter()
        writer.object { writer in
            switch choice?.string {
            case "none": writer.member("type", "none")
            case "required": writer.member("type", "any")
            case "auto": writer.member("type", "auto")
            default:
                if let name = choice?["function"]?["name"]?.string {
                    writer.member("type", "tool")
                    writer.member("name", name)
                } else {
                    writer.member("type", "auto")
                }
            }
            if isSerial, choice?.string != "none" {
                writer.member("disable_parallel_tool_use", true)
            }
        }
        return writer.text
    }

    private static func schema(_ format: JSONValue) throws(APIError) -> JSONValue? {
        switch format["type"]?.string {
        case "text": return nil
        case "json_schema": return format["json_schema"]?.present("schema")
        default: throw Translation.unsupported("such a format", "response_format")
        }
    }

    // MARK: Answers

    /// A message as a chat completion.
    static func answer(_ root: JSONValue) throws(APIError) -> [UInt8] {
        guard let content = root["content"], content.kind == .list else {
            throw .upstreamMalformed("a message without `content`")
        }
        let isRefusal = root["stop_reason"]?.isText("refusal") ?? false
        var texts = ""
        var thoughts = ""
        var calls: [JSONValue] = []
        for block in content.children {
            switch block["type"]?.string {
            case "text": texts += block["text"]?.string ?? ""
            case "thinking": thoughts += block["thinking"]?.string ?? ""
            case "tool_use": calls.append(block)
            default: continue
            }
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("id", root["id"]?.string)
            writer.member("object", "chat.completion")
            writer.member("created", 0)
            writer.member("model", root["model"]?.string)
            writer.list("choices") { writer in
                writer.object { writer in
                    writer.member("index", 0)
                    writer.object("message") { writer in
                        writer.member("role", "assistant")
                        writer.member("content", texts.isEmpty ? nil : texts)
                        let refusal = root["stop_details"]?.present("explanation")?.string
                        writer.member("refusal", isRefusal ? refusal : nil)
                        if !thoughts.isEmpty { writer.member("reasoning_content", thoughts) }
                        guard !calls.isEmpty else { return }
                        writer.list("tool_calls") { writer in
                            for call in calls { write(call, to: &writer) }
                        }
                    }
                    writer.member("logprobs", nil)
                    writer.member("finish_reason", reason(root["stop_reason"]?.string))
                }
            }
            write(usage: usage(root["usage"]), to: &writer)
        }
        return writer.bytes
    }

    /// A call of a tool, as a chat completion has it.
    static func write(_ call: JSONValue, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", call["id"]?.string)
            writer.member("type", "function")
            writer.object("function") { writer in
                writer.member("name", call["name"]?.string)
                writer.member(
                    "arguments",
                    call["input"].map { String(decoding: $0.raw, as: UTF8.self) } ?? "{}")
            }
        }
    }

    static func usage(_ usage: JSONValue?) -> (input: Int, output: Int) {
        (tokens(usage?["input_tokens"]), tokens(usage?["output_tokens"]))
    }

    /// A count of tokens, within what can be added up: what a server says may be any number.
    static func tokens(_ value: JSONValue?) -> Int {
        min(max(0, value?.integer ?? 0), 1 << 40)
    }

    static func write(usage: (input: Int, output: Int), to writer: inout JSONWriter) {
        writer.object("usage") { writer in
            writer.member("prompt_tokens", usage.input)
            writer.member("completion_tokens", usage.output)
            writer.member("total_tokens", usage.input + usage.output)
        }
    }

    /// Why an answer ended. What OpenAI's protocol has no word for ended by the model's own will.
    static func reason(_ stop: String?) -> String {
        switch stop {
        case "max_tokens", "model_context_window_exceeded": "length"
        case "tool_use": "tool_calls"
        case "refusal": "content_filter"
        default: "stop"
        }
    }
}
