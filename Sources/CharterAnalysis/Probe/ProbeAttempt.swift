internal import CharterDocuments

/// One request that tries to get more than the charter leaves.
public struct ProbeAttempt: Sendable {
    /// Where what it came to can be read.
    public enum Outcome: Sendable {
        /// In the answer itself.
        case answer
        /// In the decision that the answer names.
        case decision
        /// In the matrix, at the end.
        case matrix
    }

    /// What is tried, for people.
    public let name: String
    /// The HTTP method.
    public let method: String
    /// The path.
    public let path: String
    /// Fields of the head, beside the key and the content type; one may stand twice.
    public let fields: [(name: String, value: String)]
    /// The body.
    public let body: [UInt8]
    /// Where what it came to can be read.
    public let outcome: Outcome
    /// Whether it demands what each target may not have, so that each must be unmet.
    public let demands: Bool

    init(
        _ name: String, _ method: String, _ path: String,
        fields: [(name: String, value: String)] = [], _ body: [UInt8], _ outcome: Outcome,
        demands: Bool = false
    ) {
        self.name = name
        self.method = method
        self.path = path
        self.fields = fields
        self.body = body
        self.outcome = outcome
        self.demands = demands
    }

    /// A chat completion; its answer is cut to one token, as nobody reads it.
    static func chat(
        _ name: String, model: String, fields: [(name: String, value: String)] = [],
        messages: [ProbeMessage] = [ProbeMessage("user", "Hello.")],
        more: (inout JSONWriter) -> Void = { _ in }
    ) -> ProbeAttempt {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("model", model)
            writer.member("max_tokens", 1)
            writer.list("messages") { writer in
                for message in messages { message.write(to: &writer) }
            }
            more(&writer)
        }
        return ProbeAttempt(
            name, "POST", "/v1/chat/completions", fields: fields, writer.bytes, .decision)
    }

    /// A decision that is asked for by itself.
    static func decide(
        _ name: String, demands: Bool = false, _ members: (inout JSONWriter) -> Void
    ) -> ProbeAttempt {
        var writer = JSONWriter()
        writer.object(members)
        return ProbeAttempt(
            name, "POST", "/charter/v1/decide", writer.bytes, .answer, demands: demands)
    }
}

/// A message of a conversation.
struct ProbeMessage {
    let role: String
    let text: String

    init(_ role: String, _ text: String) {
        self.role = role
        self.text = text
    }

    func write(to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("role", role)
            writer.member("content", text)
            if role == "tool" { writer.member("tool_call_id", "call_1") }
        }
    }

    /// The assistant's call that a message of a tool answers.
    static func writeCall(to writer: inout JSONWriter) {
        writer.raw(
            #"{"role":"assistant","content":null,"tool_calls":[{"id":"call_1","type":"function","function":{"name":"lookup","arguments":"{}"}}]}"#
        )
    }
}
