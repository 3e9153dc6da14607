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

    /// A sentence of a text; O(its bytes).
    static func sentence(_ range: Range<Int>, of spoken: Spoken) -> String {
        let text = spoken.text.utf8
        let start = text.index(text.startIndex, offsetBy: range.lowerBound)
        return String(spoken.text[start..<text.index(start, offsetBy: range.count)])
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

    /// Linear; bytes are looked at, as a body may have megabytes of them.
    static func stretches(of text: String) -> [Stretch] {
        var stretches: [(bytes: [UInt8], isQuoted: Bool)] = []
        var fence: StaticString?
        var documents = 0
        let isLineEnd = { (byte: UInt8) in byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
        }
        for line in Array(text.utf8).split(
            omittingEmptySubsequences: false, whereSeparator: isLineEnd)
        {
            let trimmed = line.drop { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }
            var isQuoted = fence != nil || documents > 0 || trimmed.first == UInt8(ascii: ">")
            if let open = fence {
                if trimmed.begins(with: open) { fence = nil }
            } else if let mark = fences.first(where: trimmed.begins) {
                fence = mark
                isQuoted = true
            } else {
                let opened = line.occurrences(of: "<document")
                if opened > 0 { isQuoted = true }
                documents = max(0, documents + opened - line.occurrences(of: "</document"))
            }
            if let last = stretches.last, last.isQuoted == isQuoted {
                stretches[stretches.count - 1].bytes += [UInt8(ascii: "\n")] + line
            } else {
                stretches.append((Array(line), isQuoted))
            }
        }
        return stretches.map {
            Stretch(text: String(decoding: $0.bytes, as: UTF8.self), isQuoted: $0.isQuoted)
        }.filter { $0.text.utf8.contains { $0 > 0x20 } }
    }

    private static let fences: [StaticString] = ["```", "~~~"]
}

extension ArraySlice<UInt8> {
    fileprivate func begins(with text: StaticString) -> Bool {
        text.withUTF8Buffer { prefix($0.count).elementsEqual($0) }
    }

    /// How often a text stands in it, which begins with a byte that is nowhere else in it.
    fileprivate func occurrences(of text: StaticString) -> Int {
        text.withUTF8Buffer { text in
            var count = 0
            for place in indices where self[place] == text[0] {
                if self[place...].prefix(text.count).elementsEqual(text) { count += 1 }
            }
            return count
        }
    }
}
