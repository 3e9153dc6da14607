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
        /// A message that is not compared.
        case message(Message)
        /// Answers to what stands before.
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
        /// As the tags of the block name them.
        case system, developer, user, assistant, tool
    }

    /// What one of the roles says: a tag with its text.
    public struct Message: Sendable {
        /// Who says it: the tag's name.
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

    /// A `name="value"` of a message's tag.
    public struct Attribute: Hashable, Sendable {
        /// What stands before the `=`.
        public var name: String
        /// What stands between the quotation marks, as it is written.
        public var value: String

        /// An attribute that no document holds.
        public init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    /// A part of a message that a tag sets apart.
    public struct Element: Sendable {
        /// The tag's name.
        public var name: String
        /// As it is written, without the line ends next to the tags.
        public var text: String
        /// The tags included.
        public var span: SourceSpan
    }

    /// A line of the block that belongs to no message.
    public struct Passage: Sendable {
        /// The line without the blanks around it.
        public var text: String
        /// Of the text.
        public var span: SourceSpan
    }

    /// Answers to one and the same conversation.
    public struct Comparison: Sendable {
        /// In document order; each begins with an assistant's message.
        public var answers: [Answer]
        /// The tags included.
        public var span: SourceSpan
    }

    /// One answer of a comparison, with what the example says of it.
    public struct Answer: Sendable {
        /// Nil where the example does not say.
        public var grade: Grade?
        /// The id of the section that a bad answer breaks: `<!-- BAD[#id] -->`.
        public var breaks: String?
        /// What is said beside the grade.
        public var remark: String?
        /// The assistant's message; where it calls tools, what they reply and what it says then.
        public var messages: [Message]
        /// From the first message's tag to the end of the last.
        public var span: SourceSpan
    }

    /// What the comment behind an answer's tag says of it.
    public enum Grade: String, CaseIterable, Sendable {
        /// What the model should say.
        case good = "GOOD"
        /// What will do.
        case ok = "OK"
        /// What the model must not say.
        case bad = "BAD"
    }
}
