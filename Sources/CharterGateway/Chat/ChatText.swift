/// Whose word a message is, as the wire says it.
///
/// What level a role has is settled elsewhere: `system` and `developer` are the operator's word,
/// `tool`, `function` and `assistant` nobody's.
public enum ChatRole: String, Sendable, CaseIterable {
    case system, developer, user, assistant, tool, function
}

/// One text of a request that a model gets to read, with its speaker.
public struct ChatText: Sendable {
    /// Who said it. What stands outside of the messages is the `developer`'s.
    public let speaker: ChatRole
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
