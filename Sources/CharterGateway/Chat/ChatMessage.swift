public import CharterDocuments

/// One message of a request.
///
/// Every string in it is a text, but for the few that are known to be none: what a model may read
/// is never silently left out.
public struct ChatMessage: Sendable {
    /// Whose word it is.
    public let role: MessageRole
    /// The call that a tool's message answers.
    public let toolCallID: String?
    /// Its texts, in the order in which they stand.
    public let texts: [RequestText]
    /// The message as it came.
    public let value: JSONValue

    /// Reads `messages[number]`.
    init(_ value: JSONValue, number: Int) throws(APIError) {
        var param: String { "messages[\(number)]" }
        guard value.kind == .object else { throw .invalid("must be an object", param: param) }
        guard let role = value["role"]?.string.flatMap(MessageRole.init(rawValue:)) else {
            throw .invalid(
                "`role` must be system, developer, user, assistant, tool or function",
                param: "\(param).role"
            )
        }
        var reader = Reader(speaker: role, number: number)
        for member in value.children {
            try reader.read(member, param: "\(param).\(member.knownKey ?? "*")")
        }
        // The assistant may have called a tool instead of speaking; everybody else has to speak.
        guard role == .assistant || role == .function || value.present("content") != nil else {
            throw .invalid("`content` must be a string or a list", param: "\(param).content")
        }
        self.role = role
        self.toolCallID = value["tool_call_id"]?.string
        self.texts = reader.texts
        self.value = value
    }
}

/// Collects the texts of one message.
private struct Reader {
    let speaker: MessageRole
    let number: Int
    var texts: [RequestText] = []

    /// Members of a part that are media, not text.
    private static let media: [StaticString] = [
        "image_url", "input_audio", "file", "audio_url", "video_url", "type",
    ]

    /// - Parameter param: where it stands, which is put into words where it is wrong alone.
    mutating func read(
        _ member: JSONValue, param: @autoclosure () -> String
    ) throws(APIError) {
        if member.isNull { return }
        switch member.knownKey {
        case "role": return
        case "content": try content(member, param())
        case "refusal": add(.refusal, try string(member, param()))
        case "name": add(.name, try string(member, param()))
        case "tool_call_id": add(.other, try string(member, param()))
        case "tool_calls":
            for (call, number) in zip(try list(member, param()), 0...) {
                try self.call(call, "\(param())[\(number)]")
            }
        case "function_call": try function(member, param())
        default: addAll(member)
        }
    }

    private mutating func content(
        _ content: JSONValue, _ param: @autoclosure () -> String
    ) throws(APIError) {
        if let text = content.text { return add(.content, text) }
        guard content.kind == .list else {
            throw .invalid("`content` must be a string or a list", param: param())
        }
        for (part, number) in zip(content.children, 0...) {
            let param = "\(param())[\(number)]"
            guard part.kind == .object, let type = part["type"], type.text != nil else {
                throw .invalid("a part must be an object with a `type`", param: param)
            }
            if type.isText("text") {
                add(.content, try string(part["text"], "\(param).text"))
            } else if type.isText("refusal") {
                add(.refusal, try string(part["refusal"], "\(param).refusal"))
            }
            for member in part.children where !Self.media.contains(where: member.isNamed) {
                if type.isText("text"), member.isNamed("text") { continue }
                if type.isText("refusal"), member.isNamed("refusal") { continue }
                // Whatever the part is called, servers put its text together with the others.
                if member.isNamed("text"), let text = member.text {
                    add(.content, text)
                } else {
                    addAll(member)
                }
            }
            // A file's name is told to the model with its bytes.
            for member in part["file"]?.children.map({ $0 }) ?? []
            where !member.isNamed("file_data") && !member.isNamed("file_id") {
                addAll(member)
            }
        }
    }

    private mutating func call(_ call: JSONValue, _ param: String) throws(APIError) {
        guard call.kind == .object else { throw .invalid("must be an object", param: param) }
        for member in call.children {
            switch member.knownKey {
            case "index": continue
            case "function": try function(member, "\(param).function")
            default: addAll(member)
            }
        }
    }

    private mutating func function(_ function: JSONValue, _ param: String) throws(APIError) {
        guard function.kind == .object else { throw .invalid("must be an object", param: param) }
        let name = String(decoding: try string(function["name"], "\(param).name"), as: UTF8.self)
        for member in function.children {
            switch member.knownKey {
            case "name": add(.name, try string(member, "\(param).name"))
            case "arguments":
                add(.arguments(tool: name), try string(member, "\(param).arguments"))
            default: addAll(member)
            }
        }
    }

    private func string(
        _ value: JSONValue?, _ param: @autoclosure () -> String
    ) throws(APIError) -> ArraySlice<UInt8> {
        guard let text = value?.text else { throw .invalid("must be a string", param: param()) }
        return text
    }

    private func list(_ value: JSONValue, _ param: String) throws(APIError) -> JSONValue.Children {
        guard value.kind == .list else { throw .invalid("must be a list", param: param) }
        return value.children
    }

    private mutating func add(_ kind: RequestText.Kind, _ bytes: ArraySlice<UInt8>) {
        texts.append(RequestText(speaker: speaker, message: number, kind: kind, bytes: bytes))
    }

    private mutating func addAll(_ value: JSONValue) {
        for bytes in value.textsInside { add(.other, bytes) }
    }
}

extension JSONValue {
    /// Its key where this protocol knows it; no other key ever gets into an error.
    fileprivate var knownKey: String? {
        let known: [StaticString] = [
            "role", "content", "refusal", "name", "tool_call_id", "tool_calls", "function_call",
            "id", "type", "index", "function", "arguments",
        ]
        guard let key = known.first(where: isNamed) else { return nil }
        return key.description
    }
}
