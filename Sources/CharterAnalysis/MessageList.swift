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

    /// Reads a list of messages, or an object with `messages` and, as Anthropic has it, `system`, or one with
    /// `input` and `instructions`, as in OpenAI's Responses.
    public init(_ json: JSONValue) throws(Malformed) {
        var reader = Reader()
        if json.kind == .object, let input = json.present("input") {
            if let instructions = json.present("instructions") {
                try reader.content(instructions, .principal(.operator), "instructions")
            }
            if input.kind == .list {
                try reader.items(input)
            } else {
                try reader.content(input, .principal(.user), "input")
            }
        } else if json.kind == .object {
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

    /// Items of a response's input: messages, what tools gave back, and what the assistant did.
    mutating func items(_ list: JSONValue) throws(MessageList.Malformed) {
        for (item, number) in zip(list.children, 0...) {
            let place = "input[\(number)]"
            guard item.kind == .object else {
                throw MessageList.Malformed(place: place, message: "an object is expected")
            }
            if let role = item["role"]?.string {
                guard let speaker = Reader.speaker(role, item) else {
                    throw MessageList.Malformed(
                        place: "\(place).role",
                        message: "user, assistant, system or developer is expected")
                }
                if let content = item.present("content") {
                    try self.content(content, speaker, "\(place).content")
                }
            } else if let output = item.present("output") {
                let tool = Speaker.tool(Text(item["call_id"]?.string ?? "tool"))
                if output.kind == .list || output.kind == .string {
                    try content(output, tool, "\(place).output")
                }
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

    /// A text in two: what is quoted in it is nobody's word.
    private mutating func add(_ text: String, _ speaker: Speaker, _ place: String) {
        let parted = QuotedText(text)
        for (lines, speaker) in [(parted.own, speaker), (parted.quoted, MessageList.quotation)]
        where lines.contains(where: { $0 > 0x20 }) {
            texts.append(
                MessageList.Spoken(
                    speaker: speaker, place: place, text: String(decoding: lines, as: UTF8.self)))
        }
    }
}

/// A text with what is quoted in it set apart, line by line: fenced, behind `>`, or in a `<document>`.
///
/// Linear; bytes are looked at, as a body may have megabytes of them.
struct QuotedText {
    /// The lines of whoever wrote the text, each with its end.
    private(set) var own: [UInt8] = []
    /// The others.
    private(set) var quoted: [UInt8] = []

    init(_ text: String) {
        var text = text
        self = text.withUTF8 { bytes in QuotedText(bytes) }
    }

    private init(_ text: UnsafeBufferPointer<UInt8>) {
        own.reserveCapacity(text.count + 1)
        var fence: Fence?
        var documents = 0
        var start = 0
        while start < text.count {
            let rest = text[start...]
            let end = rest.firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
            let line = text[start..<(end ?? text.count)]
            start = line.endIndex + 1
            if line.isEmpty { continue }
            let trimmed = line.drop(while: QuotedText.isBlank)
            var isQuoted = fence != nil || documents > 0 || trimmed.first == UInt8(ascii: ">")
            if let open = fence {
                if QuotedText.closes(trimmed, open) { fence = nil }
            } else if let open = QuotedText.fence(of: trimmed) {
                fence = open
                isQuoted = true
            } else if line.contains(UInt8(ascii: "<")) {
                let opened = QuotedText.occurrences(of: "<document", in: line)
                let closed = QuotedText.occurrences(of: "</document", in: line)
                if opened > 0 { isQuoted = true }
                documents = max(0, documents + opened - closed)
            }
            if isQuoted {
                quoted += line
                quoted.append(UInt8(ascii: "\n"))
            } else {
                own += line
                own.append(UInt8(ascii: "\n"))
            }
        }
    }

    private typealias Line = Slice<UnsafeBufferPointer<UInt8>>

    /// The marks that have opened a fence.
    private struct Fence {
        var mark: UInt8
        var count: Int
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    /// The marks that open a fence (CommonMark §4.5); nil where none does.
    private static func fence(of line: Line) -> Fence? {
        guard let mark = line.first, mark == UInt8(ascii: "`") || mark == UInt8(ascii: "~") else {
            return nil
        }
        let count = line.prefix { $0 == mark }.count
        return count >= 3 ? Fence(mark: mark, count: count) : nil
    }

    /// As many of the marks, or more, with nothing behind them.
    private static func closes(_ line: Line, _ open: Fence) -> Bool {
        let marks = line.prefix { $0 == open.mark }
        return marks.count >= open.count && line[marks.endIndex...].allSatisfy(isBlank)
    }

    /// How often a tag's beginning stands in a line.
    private static func occurrences(of tag: String, in line: Line) -> Int {
        let tag = Array(tag.utf8)
        return line.indices.count { place in
            line[place] == tag[0] && line[place...].starts(with: tag)
                // `<document>`, `<documents>`, `<document index="1">`; and not `<documentary>`.
                && line.dropFirst(place - line.startIndex + tag.count).first
                    .map { !(UInt8(ascii: "a")...UInt8(ascii: "r")).contains($0) } ?? true
        }
    }
}
