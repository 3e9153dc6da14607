internal import CharterDocuments

/// A client of Anthropic's Messages in front of a server of OpenAI's chat completions.
enum MessagesToChat {
    // MARK: Requests

    /// What the other dialect calls by these names, and this one otherwise or not at all: passed on as it
    /// came it would stand there twice, or be what nobody has looked at.
    private static let unsupported: [StaticString] = [
        "stop", "stream_options", "response_format", "parallel_tool_calls", "user", "n",
        "functions", "function_call", "max_completion_tokens",
    ]

    /// A request for a message as one for a chat completion.
    static func request(_ root: JSONValue) throws(APIError) -> [UInt8] {
        for key in unsupported where root.present(key) != nil {
            throw Translation.unsupported("this", "\(key)")
        }
        var messages = JSONWriter()
        var failure: APIError?
        messages.list { writer in
            do throws(APIError) {
                if let system = root.present("system") { write(system: system, to: &writer) }
                for (message, number) in zip(root["messages"].elements, 0...) {
                    try write(message, "messages[\(number)]", to: &writer)
                }
            } catch { failure = error }
        }
        if let failure { throw failure }
        let tools = try tools(root.present("tools"))
        let choice = root.present("tool_choice").map(toolChoice)
        var writer = JSONWriter()
        writer.object { writer in
            for member in root.children {
                switch String(decoding: member.key, as: UTF8.self) {
                case "messages", "system", "tools", "tool_choice", "metadata", "thinking",
                    "service_tier", "cache_control", "output_config":
                    continue
                case "stop_sequences": writer.copy(member, as: "stop")
                default: writer.copy(member)
                }
            }
            writer.key("messages")
            writer.raw(messages.text)
            if let tools { writer.key("tools"); writer.raw(tools) }
            if let choice { writer.key("tool_choice"); writer.raw(choice) }
            if root["tool_choice"]?["disable_parallel_tool_use"]?.boolean == true {
                writer.member("parallel_tool_calls", false)
            }
            if let user = root["metadata"]?["user_id"]?.string { writer.member("user", user) }
            if let format = root["output_config"]?.present("format"),
                let schema = format.present("schema")
            {
                writer.object("response_format") { writer in
                    writer.member("type", "json_schema")
                    writer.object("json_schema") { writer in
                        writer.member("name", "answer")
                        writer.copy(schema, as: "schema")
                    }
                }
            }
            if root["stream"]?.boolean == true {
                writer.object("stream_options") { $0.member("include_usage", true) }
            }
        }
        return writer.bytes
    }

    private static func write(system: JSONValue, to writer: inout JSONWriter) {
        let texts = system.string.map { [$0] } ?? system.children.compactMap { $0["text"]?.string }
        guard !texts.allSatisfy(\.isEmpty) else { return }
        writer.object { writer in
            writer.member("role", "system")
            writer.member("content", texts.joined(separator: "\n\n"))
        }
    }

    private static func write(
        _ message: JSONValue, _ param: String, to writer: inout JSONWriter
    ) throws(APIError) {
        guard let content = message["content"], content.kind == .list else {
            return writer.copy(value: message)
        }
        if message["role"]?.isText("assistant") ?? false {
            return try write(assistant: content, param, to: &writer)
        }
        // What tools gave back has messages of its own, which stand before what the user says to it.
        let results = content.children.filter { $0["type"]?.isText("tool_result") ?? false }
        for result in results {
            let texts = try self.texts(ofResult: result, param)
            writer.object { writer in
                writer.member("role", "tool")
                writer.member("tool_call_id", result["tool_use_id"]?.string)
                writer.member("content", texts.joined(separator: "\n"))
            }
        }
        let others = content.children.filter { !($0["type"]?.isText("tool_result") ?? false) }
        guard !others.isEmpty || results.isEmpty else { return }
        var parts: [String] = []
        for block in others { parts.append(try part(block, param)) }
        writer.object { writer in
            writer.member("role", "user")
            writer.list("content") { writer in parts.forEach { writer.raw($0) } }
        }
    }

    private static func texts(
        ofResult result: JSONValue, _ param: String
    ) throws(APIError) -> [String] {
        guard let content = result.present("content") else { return [""] }
        if let text = content.string { return [text] }
        var texts: [String] = []
        for block in content.children {
            guard let text = block["text"]?.string else {
                throw Translation.unsupported("a tool's result that is no text", param)
            }
            texts.append(text)
        }
        return texts
    }

    private static func part(_ block: JSONValue, _ param: String) throws(APIError) -> String {
        let type = block["type"]?.string ?? ""
        let source = block["source"]
        var writer = JSONWriter()
        func text(_ text: String) {
            writer.object { writer in
                writer.member("type", "text")
                writer.member("text", text)
            }
        }
        switch (type, source?["type"]?.string) {
        case ("text", _): text(block["text"]?.string ?? "")
        case ("document", "text"): text(source?["data"]?.string ?? "")
        case ("image", "url"), ("image", "base64"):
            let media = source?["media_type"]?.string ?? "image/png"
            let url =
                source?["url"]?.string ?? "data:\(media);base64,\(source?["data"]?.string ?? "")"
            writer.object { writer in
                writer.member("type", "image_url")
                writer.object("image_url") { $0.member("url", url) }
            }
        default: throw Translation.unsupported("such a block", "\(param).content")
        }
        return writer.text
    }

    private static func write(
        assistant content: JSONValue, _ param: String, to writer: inout JSONWriter
    ) throws(APIError) {
        var texts: [String] = []
        var calls: [JSONValue] = []
        for block in content.children {
            switch block["type"]?.string {
            case "text": texts.append(block["text"]?.string ?? "")
            case "tool_use": calls.append(block)
            // Thoughts are signed for the server that had them.
            case "thinking", "redacted_thinking": continue
            default: throw Translation.unsupported("such a block", "\(param).content")
            }
        }
        writer.object { writer in
            writer.member("role", "assistant")
            writer.member("content", texts.isEmpty ? nil : texts.joined())
            guard !calls.isEmpty else { return }
            writer.list("tool_calls") { writer in
                for call in calls { ChatToMessages.write(call, to: &writer) }
            }
        }
    }

    private static func tools(_ tools: JSONValue?) throws(APIError) -> String? {
        guard let tools else { return nil }
        for tool in tools.children {
            let type = tool["type"]?.string
            guard type == nil || type == "custom" else {
                throw Translation.unsupported("a tool of the server's own", "tools")
            }
        }
        var writer = JSONWriter()
        writer.list { writer in
            for tool in tools.children {
                writer.object { writer in
                    writer.member("type", "function")
                    writer.object("function") { writer in
                        writer.member("name", tool["name"]?.string)
                        if let text = tool["description"] { writer.copy(text, as: "description") }
                        if let schema = tool["input_schema"] {
                            writer.copy(schema, as: "parameters")
                        }
                    }
                }
            }
        }
        return writer.text
    }

    private static func toolChoice(_ choice: JSONValue) -> String {
        switch choice["type"]?.string {
        case "any": return "\"required\""
        case "none": return "\"none\""
        case "tool":
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("type", "function")
                writer.object("function") { $0.member("name", choice["name"]?.string) }
            }
            return writer.text
        default: return "\"auto\""
        }
    }

    // MARK: Answers

    /// A chat completion as a message.
    static func answer(_ root: JSONValue) throws(APIError) -> [UInt8] {
        guard let choice = root["choices"].elements.first, let message = choice["message"] else {
            throw .upstreamMalformed("an answer without choices")
        }
        let refusal = message.present("refusal")?.string
        var writer = JSONWriter()
        var failure: APIError?
        writer.object { writer in
            writer.member("id", "msg_" + (root["id"]?.string ?? ""))
            writer.member("type", "message")
            writer.member("role", "assistant")
            writer.member("model", root["model"]?.string)
            writer.list("content") { writer in
                for text in [message.present("content")?.string, refusal] {
                    guard let text, !text.isEmpty else { continue }
                    writer.object { writer in
                        writer.member("type", "text")
                        writer.member("text", text)
                    }
                }
                for call in message.present("tool_calls").elements {
                    guard let input = input(call["function"]?["arguments"]?.string ?? "") else {
                        failure = .upstreamMalformed("a call's arguments")
                        return
                    }
                    writer.object { writer in
                        writer.member("type", "tool_use")
                        writer.member("id", call["id"]?.string)
                        writer.member("name", call["function"]?["name"]?.string)
                        writer.key("input")
                        writer.raw(input)
                    }
                }
            }
            write(reason: choice["finish_reason"]?.string, refusal, to: &writer)
            writer.object("usage") { writer in
                writer.member("input_tokens", root["usage"]?["prompt_tokens"]?.integer ?? 0)
                writer.member("output_tokens", root["usage"]?["completion_tokens"]?.integer ?? 0)
            }
        }
        if let failure { throw failure }
        return writer.bytes
    }

    /// Arguments as an object; nil where they are none.
    static func input(_ arguments: String) -> String? {
        if arguments.isEmpty { return "{}" }
        guard let document = try? JSONDocument(Array(arguments.utf8)),
            document.root.kind == .object
        else { return nil }
        return String(decoding: document.root.raw, as: UTF8.self)
    }

    /// Why an answer ended, and of a refusal the words.
    static func write(reason: String?, _ refusal: String?, to writer: inout JSONWriter) {
        if let refusal, !refusal.isEmpty {
            return MessagesStop(explanation: refusal).writeMembers(to: &writer)
        }
        let stop =
            switch reason {
            case "length": "max_tokens"
            case "tool_calls", "function_call": "tool_use"
            case "content_filter": "refusal"
            default: "end_turn"
            }
        writer.member("stop_reason", stop)
        writer.member("stop_sequence", nil)
    }
}

/// A stream of chat completions as one of a message.
///
/// Calls may interleave in the one and not in the other: they are put together, and come behind the text.
struct MessagesEventsFromChat: TranslatedEvents {
    private var hasBegun = false
    private var isOver = false
    private var openText = false
    private var nextBlock = 0
    private var calls: [Call] = []
    /// How much waits until all of it is there.
    private var heldBytes = 0
    private var refusal = ""
    private var reason: String?
    private var usage: (input: Int, output: Int) = (0, 0)

    private struct Call {
        let number: Int
        var id = ""
        var name = ""
        var arguments = ""
    }

    mutating func translate(
        _ event: ServerSentEvents.Event, to output: inout [UInt8]
    ) throws(APIError) {
        if event.data == ChatChunk.done { return try end(to: &output) }
        let chunk = try ChatChunk(event)
        let root = chunk.document.root
        begin(root, to: &output)
        if let said = root.present("usage") {
            usage = (
                said["prompt_tokens"]?.integer ?? 0, said["completion_tokens"]?.integer ?? 0
            )
        }
        for choice in chunk.choices where choice.index == 0 {
            for member in choice.delta.elements where !member.isNull {
                if member.isNamed("content"), let text = member.string {
                    write(text, to: &output)
                } else if member.isNamed("refusal"), let text = member.string {
                    heldBytes += text.utf8.count
                    refusal += text
                    write(text, to: &output)
                } else if member.isNamed("tool_calls") {
                    for call in member.children { try take(call) }
                }
            }
            if let said = choice.value.present("finish_reason")?.string { reason = said }
        }
    }

    private mutating func begin(_ root: JSONValue, to output: inout [UInt8]) {
        guard !hasBegun else { return }
        hasBegun = true
        TypedEvent.write("message_start", to: &output) { writer in
            writer.object("message") { writer in
                writer.member("id", "msg_" + (root["id"]?.string ?? ""))
                writer.member("type", "message")
                writer.member("role", "assistant")
                writer.member("model", root["model"]?.string)
                writer.list("content") { _ in }
                writer.member("stop_reason", nil)
                writer.member("stop_sequence", nil)
                writer.object("usage") { writer in
                    writer.member("input_tokens", 0)
                    writer.member("output_tokens", 0)
                }
            }
        }
    }

    private mutating func write(_ text: String, to output: inout [UInt8]) {
        guard !text.isEmpty else { return }
        let block = nextBlock
        if !openText {
            openText = true
            MessagesText.writeStart(block: block, to: &output)
        }
        MessagesText.write(text, block: block, to: &output)
    }

    /// As much as an answer may have that is not streamed.
    private static let mostHeld = 32 << 20
    private static let mostCalls = 1_000

    private mutating func take(_ call: JSONValue) throws(APIError) {
        heldBytes += call.raw.count
        guard heldBytes <= Self.mostHeld, calls.count <= Self.mostCalls else {
            throw .upstreamMalformed("calls that are too long")
        }
        let number = call["index"]?.integer ?? 0
        let place: Int
        if let known = calls.firstIndex(where: { $0.number == number }) {
            place = known
        } else {
            place = calls.count
            calls.append(Call(number: number))
        }
        if let id = call.present("id")?.string { calls[place].id = id }
        if let name = call["function"]?.present("name")?.string { calls[place].name += name }
        calls[place].arguments += call["function"]?.present("arguments")?.string ?? ""
    }

    private mutating func end(to output: inout [UInt8]) throws(APIError) {
        guard !isOver, reason != nil else { throw .upstreamCutOff }
        isOver = true
        if openText {
            let block = nextBlock
            TypedEvent.write("content_block_stop", to: &output) { $0.member("index", block) }
            nextBlock += 1
        }
        for call in calls.sorted(by: { $0.number < $1.number }) {
            let block = nextBlock
            guard MessagesToChat.input(call.arguments) != nil else {
                throw .upstreamMalformed("a call's arguments")
            }
            TypedEvent.write("content_block_start", to: &output) { writer in
                writer.member("index", block)
                writer.object("content_block") { writer in
                    writer.member("type", "tool_use")
                    writer.member("id", call.id)
                    writer.member("name", call.name)
                    writer.object("input") { _ in }
                }
            }
            TypedEvent.write("content_block_delta", to: &output) { writer in
                writer.member("index", block)
                writer.object("delta") { writer in
                    writer.member("type", "input_json_delta")
                    writer.member("partial_json", call.arguments)
                }
            }
            TypedEvent.write("content_block_stop", to: &output) { $0.member("index", block) }
            nextBlock += 1
        }
        let (reason, refusal, usage) = (reason, refusal, usage)
        TypedEvent.write("message_delta", to: &output) { writer in
            writer.object("delta") { MessagesToChat.write(reason: reason, refusal, to: &$0) }
            writer.object("usage") { writer in
                writer.member("input_tokens", usage.input)
                writer.member("output_tokens", usage.output)
            }
        }
        TypedEvent.write("message_stop", to: &output) { _ in }
    }
}
