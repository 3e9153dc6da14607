public import CharterEngine

/// An example of a charter: a conversation, and answers to it that are good or bad.
public struct Example: Sendable {
    /// What the example shows, behind `**Example**:`.
    public var caption: String
    public var position: SourcePosition
    /// The messages before the answers are compared.
    public var messages: [Message]
    /// The answers that are compared.
    public var answers: [Answer]
    /// Whether the example compares answers: has `<comparison>`.
    public var isComparison: Bool

    public struct Message: Sendable {
        public var role: Role
        public var text: String
        public var position: SourcePosition
    }

    public enum Role: String, CaseIterable, Sendable {
        case system, developer, user, assistant, tool
    }

    public struct Answer: Sendable {
        /// Whether the answer is good; nil where the example does not say.
        public var isGood: Bool?
        /// What is said beside GOOD or BAD.
        public var remark: String
        /// The messages of the answer: the assistant's, and what tools reply between them.
        public var messages: [Message]
        public var position: SourcePosition
    }
}
