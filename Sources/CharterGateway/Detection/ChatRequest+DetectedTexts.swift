public import CharterDetection
internal import CharterEngine

extension ChatRequest {
    /// What a detector that understands texts looks at: one text for what comes with the conversation, and
    /// one for each message, whose parts stand on lines of their own.
    public var detectedTexts: [DetectedText] {
        func joined(_ texts: [ChatText]) -> ArraySlice<UInt8> {
            texts.count == 1
                ? texts[0].bytes
                : Array(texts.map(\.bytes).joined(separator: [UInt8(ascii: "\n")]))[...]
        }
        let beside = DetectedText(
            speaker: ChatRole.developer.speaker, bytes: joined(textsBesideMessages))
        let messages = messages.map { message in
            DetectedText(speaker: message.role.speaker, bytes: joined(message.texts))
        }
        return ([beside] + messages).filter { !$0.bytes.isEmpty }
    }
}

extension ChatRole {
    /// `system` and `developer` are the operator's word; nothing on the wire is the platform's.
    var speaker: Speaker {
        switch self {
        case .system, .developer: .principal(.operator)
        case .user: .principal(.user)
        case .assistant: .assistant
        case .tool, .function: .tool("message")
        }
    }
}

extension Demand {
    /// What a text that exercises a behavior would have the model do (SEMANTICS §7). The assistant asks
    /// for nothing.
    init(_ detection: Detection, in texts: [DetectedText]) {
        let isKnown = texts.indices.contains(detection.text)
        let speaker = isKnown ? texts[detection.text].speaker : .assistant
        self.init(
            detection.behavior, value: detection.value,
            isExplicit: detection.isAsked && speaker != .assistant,
            isTriggered: detection.isTriggered, from: speaker)
    }
}
