public import CharterDocuments
public import CharterEngine

/// The texts of a conversation with whoever speaks them, in OpenAI's form or Anthropic's.
///
/// Tool results speak for their tool, wherever they stand. What is quoted (fenced, behind `>`, or in a
/// `<document>`) speaks for nobody, whoever quotes it.
public struct MessageList: Sendable {
    /// In the order of the conversation.
    public let texts: [Spoken]

    /// One text.
    public struct Spoken: Sendable, Hashable {
        /// Whose word it is.
        public var speaker: Speaker
        /// Where it stands: `messages[3].content[0]`, and `system` for Anthropic's.
        public var place: String
        /// The text itself.
        public var text: String
    }

    /// A list of messages that is none.
    public struct Malformed: Error, Equatable, Sendable {
        /// Where: `messages[3].role`.
        public var place: String
        /// What was expected.
        public var message: String
    }

    /// Reads a list of messages, or an object with `messages` and, as Anthropic has it, `system`.
    public init(_ json: JSONValue) throws(Malformed) {
        var reader = Reader()
        if json.kind == .object {
            if let system = json.present("system") {
                try reader.content(system, .principal(.operator), "system")
            }
            guard let messages = json["messages"], messages.kind == .list else {
                throw Malformed(place: "messages", message: "a list of messages is expected")
            }
            try reader.messages(messages)
        } else {
            try reader.messages(json)
        }
        texts = reader.texts
    }

    /// The speaker of quoted text, which has no authority.
    static let quotation = Speaker.tool("quotation")
}

private struct Reader {
    var texts: [MessageList.Spoken] = []

    mutating func messages(_ list: JSONValue) throws(MessageList.Malformed) {
        for (message, number) in zip(list.children, 0...) {
            let place = "messages[\(number)]"
            guard message.kind == .object, let role = message["role"]?.string else {
                throw MessageList.Malformed(
                    place: "\(place).role", message: "a role is expected")
            }
            guard let speaker = Reader.speaker(role, message) else {
                throw MessageList.Malformed(
                    place: "\(place).role",
                    message: "system, developer, user, assistant, tool or function is expected")
            }
            if let content = message.present("content") {
                try self.content(content, speaker, "\(place).content")
            }
        }
    }

    /// `system` and `developer` are the operator's word: nothing on a wire is the platform's.
    private static func speaker(_ role: String, _ message: JSONValue) -> Speaker? {
        switch role {
        case "system", "developer": .principal(.operator)
        case "user": .principal(.user)
        case "assistant": .assistant
        case "tool", "function":
            .tool(Text(message["name"]?.string ?? message["tool_call_id"]?.string ?? role))
        default: nil
        }
    }

    mutating func content(
        _ content: JSONValue, _ speaker: Speaker, _ place: String
    ) throws(MessageList.Malformed) {
        if let text = content.string { return add(text, speaker, place) }
        guard content.kind == .list else {
            throw MessageList.Malformed(place: place, message: "a text or a list is expected")
        }
        for (part, number) in zip(content.children, 0...) {
            let place = "\(place)[\(number)]"
            guard part.kind == .object, let type = part["type"]?.string else {
                throw MessageList.Malformed(
                    place: place, message: "an object with a `type` is expected")
            }
            switch type {
            case "text", "input_text", "output_text":
                if let text = part["text"]?.string { add(text, speaker, "\(place).text") }
            case "tool_result":
                let tool = Speaker.tool(Text(part["tool_use_id"]?.string ?? "tool"))
                if let inner = part.present("content") {
                    try self.content(inner, tool, "\(place).content")
                }
            case "document", "search_result":
                for text in [part["source"]?["data"], part["content"]] {
                    if let text = text?.string { add(text, MessageList.quotation, place) }
                }
            default: break
            }
        }
    }

    /// A text in stretches: what is quoted in it is nobody's word.
    private mutating func add(_ text: String, _ speaker: Speaker, _ place: String) {
        for stretch in QuotedText.stretches(of: text) {
            texts.append(
                MessageList.Spoken(
                    speaker: stretch.isQuoted ? MessageList.quotation : speaker, place: place,
                    text: stretch.text))
        }
    }
}

/// Tells what is quoted in a text, line by line.
enum QuotedText {
    struct Stretch: Equatable {
        var text: String
        var isQuoted: Bool
    }

    static func stretches(of text: String) -> [Stretch] {
        var stretches: [Stretch] = []
        var fence: String?
        var document = 0
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            let trimmed = line.drop { $0 == " " || $0 == "\t" }
            var isQuoted = fence != nil || document > 0 || trimmed.hasPrefix(">")
            if let open = fence {
                if trimmed.hasPrefix(open) { fence = nil }
            } else if let mark = ["```", "~~~"].first(where: trimmed.hasPrefix) {
                fence = mark
                isQuoted = true
            } else {
                let opened = trimmed.ranges(of: "<document").count
                let closed = trimmed.ranges(of: "</document").count
                if opened > 0 { isQuoted = true }
                document = max(0, document + opened - closed)
            }
            if let last = stretches.last, last.isQuoted == isQuoted {
                stretches[stretches.count - 1].text += "\n" + line
            } else {
                stretches.append(Stretch(text: String(line), isQuoted: isQuoted))
            }
        }
        return stretches.filter { $0.text.contains { !$0.isWhitespace } }
    }
}
