internal import CharterDocuments

/// A refusal before the model is called, as an answer of the model's own form: status 200,
/// `message.refusal`, no content.
public struct ChatRefusal: Sendable {
    /// The answer's id, by convention `chatcmpl-…`.
    public var id: String
    /// When it was made, in seconds since 1970.
    public var created: Int
    /// The model that the request named.
    public var model: String
    /// What is said instead of an answer, with the text of each duty that is owed.
    public var text: String
    /// How many answers the request asked for.
    public var choices: Int
    /// A JSON value for the member `charter`, which clients that do not know it ignore.
    public var note: [UInt8]

    /// A refusal, once for each of the choices that were asked for.
    public init(
        id: String, created: Int, model: String, text: String, choices: Int = 1, note: [UInt8] = []
    ) {
        self.id = id
        self.created = created
        self.model = model
        self.text = text
        self.choices = choices
        self.note = note
    }

    private static let noUsage =
        #""usage":{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#

    /// The body of an answer that is not streamed.
    public var body: [UInt8] {
        object("chat.completion", usage: Self.noUsage) { index, bytes in
            bytes +=
                #"{"index":\#(index),"message":{"role":"assistant","content":null,"refusal":"#
                .utf8
            JSONText.append(text, to: &bytes)
            bytes += #"},"logprobs":null,"finish_reason":"stop"}"#.utf8
        }
    }

    /// The events of one that is streamed, `[DONE]` included.
    public func events(includingUsage: Bool) -> [UInt8] {
        let usage = includingUsage ? #""usage":null"# : nil
        let chunk = "chat.completion.chunk"
        var bytes: [UInt8] = []
        for index in 0..<max(choices, 1) {
            var refusal: [UInt8] = []
            JSONText.append(text, to: &refusal)
            let deltas: [([UInt8], String)] = [
                (Array(#"{"role":"assistant","content":null,"refusal":""}"#.utf8), "null"),
                (Array(#"{"refusal":"#.utf8) + refusal + "}".utf8, "null"),
                (Array("{}".utf8), #""stop""#),
            ]
            for (delta, reason) in deltas {
                let choice =
                    Array(#"{"index":\#(index),"delta":"#.utf8) + delta
                    + #","logprobs":null,"finish_reason":\#(reason)}"#.utf8
                bytes += Self.event(object(chunk, usage: usage, choices: choice))
            }
        }
        if includingUsage {
            bytes += Self.event(object(chunk, usage: Self.noUsage, choices: []))
        }
        return bytes + "data: [DONE]\n\n".utf8
    }

    private static func event(_ data: [UInt8]) -> [UInt8] {
        Array("data: ".utf8) + data + "\n\n".utf8
    }

    private func object(
        _ kind: String,
        usage: String?,
        choice: (Int, inout [UInt8]) -> Void
    ) -> [UInt8] {
        var list: [UInt8] = []
        for index in 0..<max(choices, 1) {
            if index > 0 { list.append(UInt8(ascii: ",")) }
            choice(index, &list)
        }
        return object(kind, usage: usage, choices: list)
    }

    private func object(_ kind: String, usage: String?, choices: [UInt8]) -> [UInt8] {
        var bytes = Array(#"{"id":"#.utf8)
        JSONText.append(id, to: &bytes)
        bytes += #","object":"\#(kind)","created":\#(created),"model":"#.utf8
        JSONText.append(model, to: &bytes)
        bytes += #","choices":["#.utf8 + choices + "]".utf8
        if let usage { bytes += ",\(usage)".utf8 }
        if !note.isEmpty { bytes += #","charter":"#.utf8 + note }
        return bytes + "}".utf8
    }
}
