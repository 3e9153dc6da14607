internal import CharterDocuments

/// Whose word a text is, as the wire says it.
///
/// What level a role has is settled elsewhere: `system` and `developer` are the operator's word,
/// `tool`, `function` and `assistant` nobody's.
public enum MessageRole: String, Sendable, CaseIterable {
    case system, developer, user, assistant, tool, function
}

/// One text of a request that a model gets to read, with its speaker.
public struct RequestText: Sendable {
    /// Who said it. What stands outside of the messages is the `developer`'s.
    public let speaker: MessageRole
    /// The number of its message; nil outside of them.
    public let message: Int?
    /// What it is.
    public let kind: Kind
    /// The text itself, valid UTF-8 without escapes.
    public let bytes: ArraySlice<UInt8>

    /// What a text is.
    public enum Kind: Sendable, Equatable {
        /// A message's content, or one part of it.
        case content
        /// The assistant's own refusal.
        case refusal
        /// The name that a speaker goes by.
        case name
        /// The arguments of a call that the assistant made.
        case arguments(tool: String)
        /// A string or a key that this protocol does not know, in a message or beside them.
        case other
    }
}

/// Collects the texts of one message, or of one item of a conversation.
struct RequestTexts {
    let message: Int?
    private(set) var texts: [RequestText] = []

    init(message: Int?) {
        self.message = message
    }

    mutating func add(_ kind: RequestText.Kind, _ bytes: ArraySlice<UInt8>, by speaker: MessageRole)
    {
        texts.append(RequestText(speaker: speaker, message: message, kind: kind, bytes: bytes))
    }

    /// Every string and key inside a value. What stands under `text` is read as one with the other contents:
    /// wherever a protocol has parts, that is their text.
    mutating func addAll(_ value: JSONValue, by speaker: MessageRole) {
        if let text = value.text {
            if !text.isEmpty { add(value.isNamed("text") ? .content : .other, text, by: speaker) }
            return
        }
        for child in value.children {
            if !child.key.isEmpty { add(.other, child.key, by: speaker) }
            addAll(child, by: speaker)
        }
    }

    /// The same, but for a name without a space, or bytes that only the server that wrote them reads.
    mutating func addUnlessName(
        _ member: JSONValue, opaque: [StaticString] = [], by speaker: MessageRole
    ) {
        if let text = member.text, AnswerPiece.isIdentifier(text) { return }
        if !AnswerPiece.isOpaque(member, opaque) { addAll(member, by: speaker) }
    }

    /// Every string and key inside the members of an object, but for some of them.
    mutating func addAll(
        of object: JSONValue, except members: [StaticString], by speaker: MessageRole
    ) {
        for member in object.children where !members.contains(where: member.isNamed) {
            addAll(member, by: speaker)
        }
    }
}
