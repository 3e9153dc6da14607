public import CharterDetection
internal import CharterEngine

extension ModelRequest {
    /// What a detector that understands texts looks at: one text for what each speaker says beside the
    /// conversation, and for each message one of each speaker's, whose parts stand on lines of their own.
    public var detectedTexts: [DetectedText] {
        texts.byMessage.map { parts in
            let bytes =
                parts.count == 1
                ? parts[0].bytes
                : Array(parts.map(\.bytes).joined(separator: [UInt8(ascii: "\n")]))[...]
            return DetectedText(speaker: parts[0].speaker.speaker, bytes: bytes)
        }.filter { !$0.bytes.isEmpty }
    }
}

extension [RequestText] {
    /// In groups of one message and one speaker, in the order in which each begins.
    var byMessage: [[RequestText]] {
        var places: [[Int]: Int] = [:]
        var groups: [[RequestText]] = []
        for text in self {
            let speaker = MessageRole.allCases.firstIndex(of: text.speaker) ?? 0
            let key = [text.message ?? -1, speaker]
            if let place = places[key] {
                groups[place].append(text)
            } else {
                places[key] = groups.count
                groups.append([text])
            }
        }
        return groups
    }
}

extension MessageRole {
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
