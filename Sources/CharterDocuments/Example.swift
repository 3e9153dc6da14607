/// An example of a charter: a conversation, and here and there answers to it that are compared.
///
/// A caption, `**Example**: what it shows`, and a fenced block with the info string `xml`. What stands
/// in the block looks like XML and is none: the text of a message is read as it is written, with its
/// `<`, `&` and code.
public struct Example: Sendable {
    /// What the example shows; nil where the block has no caption.
    public var caption: String?
    /// The caption and the block.
    public var span: SourceSpan
    /// In the order of the conversation. Where somebody goes on after answers were compared, there is
    /// a second comparison, and a conversation that only shows a form has none.
    public var turns: [Turn]

    /// One thing in a conversation.
    public enum Turn: Sendable {
        case message(Message)
        case comparison(Comparison)
        /// What stands between messages, such as `[...]`.
        case passage(Passage)
    }

    /// The comparisons, in order.
    public var comparisons: [Comparison] {
        turns.compactMap { if case .comparison(let comparison) = $0 { comparison } else { nil } }
    }

    /// The messages that are not compared, in order.
    public var messages: [Message] {
        turns.compactMap { if case .message(let message) = $0 { message } else { nil } }
    }

    /// Who speaks.
    public enum Role: String, CaseIterable, Sendable {
        case system, developer, user, assistant, tool
    }

    public struct Message: Sendable {
        public var role: Role
        /// In order, such as `recipient="python"`.
        public var attributes: [Attribute]
        /// As it is written, without the line ends next to the tags.
        public var text: String
        /// The tags included.
        public var span: SourceSpan
        /// Of the text alone.
        public var textSpan: SourceSpan
        /// Tags inside that stand on lines of their own, such as `<settings>`.
        public var elements: [Element]
    }

    public struct Attribute: Hashable, Sendable {
        public var name: String
        public var value: String

        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A part of a message that a tag sets apart.
    public struct Element: Sendable {
        public var name: String
        /// As it is written, without the line ends next to the tags.
        public var text: String
        /// The tags included.
        public var span: SourceSpan
    }

    public struct Passage: Sendable {
        public var text: String
        public var span: SourceSpan
    }

    /// Answers to one and the same conversation.
    public struct Comparison: Sendable {
        public var answers: [Answer]
        /// The tags included.
        public var span: SourceSpan
    }

    public struct Answer: Sendable {
        /// Nil where the example does not say.
        public var grade: Grade?
        /// The id of the section that a bad answer breaks: `<!-- BAD[#id] -->`.
        public var breaks: String?
        /// What is said beside the grade.
        public var remark: String?
        /// The assistant's message; where it calls tools, what they reply and what it says then.
        public var messages: [Message]
        public var span: SourceSpan
    }

    /// What the comment behind an answer's tag says of it.
    public enum Grade: String, CaseIterable, Sendable {
        case good = "GOOD"
        case ok = "OK"
        case bad = "BAD"
    }
}
