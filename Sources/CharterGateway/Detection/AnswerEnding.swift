internal import CharterDocuments

/// How a stream ends that detectors have stopped: the explanation as `delta.refusal`, `content_filter` and
/// `[DONE]`, as where a pattern stops one.
struct AnswerEnding {
    let id: String
    let created: Int
    let model: String
    let explanation: String

    var events: [UInt8] {
        var refusal = Array(#"{"role":"assistant","refusal":"#.utf8)
        JSONText.append(explanation, to: &refusal)
        refusal.append(UInt8(ascii: "}"))
        return event(refusal, "null") + event(Array("{}".utf8), #""content_filter""#)
            + "data: [DONE]\n\n".utf8
    }

    private func event(_ delta: [UInt8], _ reason: String) -> [UInt8] {
        var bytes = Array(#"data: {"id":"#.utf8)
        JSONText.append(id, to: &bytes)
        bytes += #","object":"chat.completion.chunk","created":\#(created),"model":"#.utf8
        JSONText.append(model, to: &bytes)
        bytes += #","choices":[{"index":0,"delta":"#.utf8 + delta
        return bytes + #","logprobs":null,"finish_reason":\#(reason)}]}"#.utf8 + "\n\n".utf8
    }
}
