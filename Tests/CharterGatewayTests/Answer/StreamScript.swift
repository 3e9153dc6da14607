/// The events of a streamed answer as an upstream sends them.
struct StreamScript {
    private(set) var events: [String] = []

    static let head = #""id":"c1","object":"chat.completion.chunk","created":7,"model":"m","#

    var bytes: [UInt8] { events.flatMap { Array("data: \($0)\n\n".utf8) } }

    func event(_ delta: String, reason: String? = nil, choice: Int = 0, more: String = "") -> String
    {
        let reason = reason.map { "\"\($0)\"" } ?? "null"
        return "{\(Self.head)\"choices\":[{\"index\":\(choice),\"delta\":{\(delta)},"
            + "\"logprobs\":null,\"finish_reason\":\(reason)}]\(more)}"
    }

    mutating func raw(_ event: String) { events.append(event) }

    mutating func role(_ choice: Int = 0) {
        raw(event(#""role":"assistant","content":"""#, choice: choice))
    }

    mutating func say(_ text: String, as key: String = "content", choice: Int = 0) {
        raw(event("\"\(key)\":\(Self.quoted(text))", choice: choice))
    }

    mutating func call(_ number: Int, _ name: String? = nil, _ arguments: String, choice: Int = 0) {
        let head = name.map {
            #""id":"id\#(number)","type":"function","# + "\"function\":{\"name\":\"\($0)\","
        }
        raw(
            event(
                #""tool_calls":[{"index":\#(number),\#(head ?? #""function":{"#)"#
                    + #""arguments":\#(Self.quoted(arguments))}}]"#,
                choice: choice
            )
        )
    }

    mutating func end(_ reason: String = "stop", choice: Int = 0) {
        raw(event("", reason: reason, choice: choice))
    }

    mutating func usage() {
        raw("{\(Self.head)\"choices\":[],\"usage\":{\"total_tokens\":3}}")
    }

    mutating func done() { raw("[DONE]") }

    static func quoted(_ text: String) -> String {
        let escaped = text.map { character in
            switch character {
            case "\"": "\\\""
            case "\\": "\\\\"
            case "\n": "\\n"
            case "é": "\\u00e9"
            default: String(character)
            }
        }
        return "\"\(escaped.joined())\""
    }

    /// A script of one choice that says these pieces.
    static func saying(_ pieces: String..., reason: String = "stop") -> StreamScript {
        var script = StreamScript()
        script.role()
        for piece in pieces { script.say(piece) }
        script.end(reason)
        script.done()
        return script
    }
}
