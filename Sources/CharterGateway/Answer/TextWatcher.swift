public import CharterDetection

/// Watches one text of an answer while it is being written, and says how much of it may be
/// delivered.
///
/// Whatever conforms holds these laws, on which the watch over an answer rests:
/// - `cleared` never falls, and never exceeds what has been pushed.
/// - Pushing a text in one piece or in many comes to the same violation and the same `cleared`.
/// - A violation is told once; `cleared` is then, and stays, exactly where the offending text
///   begins, at the border of a character.
/// - After a `finish` without violation everything is cleared.
/// - `edits` are in order, and neither overlap nor touch. Before `cleared` all of them are known: one that
///   begins there keeps its beginning and its words, and its end, too, where that is not behind `cleared`.
///   None is behind a violation.
public protocol TextWatcher: Sendable {
    /// What is told of a text that may not go on.
    associatedtype Violation: Sendable

    /// How many of the bytes pushed so far may be delivered.
    var cleared: Int { get }

    /// What is delivered in place of some of what was pushed.
    var edits: [TextEdit] { get }

    /// Nothing can be replaced in this text, so that what would be is a violation; told before any of it
    /// is pushed.
    mutating func forbidEdits()

    /// What is told where the edit of a byte cannot be made after all.
    func violation(replacedAt place: Int) -> Violation?

    /// Takes the next piece of the text, as UTF-8 that is not cut inside a character.
    mutating func push(_ piece: ArraySlice<UInt8>) -> Violation?

    /// The text is over.
    mutating func finish() -> Violation?
}

extension TextWatcher {
    /// Most watchers replace nothing.
    public var edits: [TextEdit] { [] }

    /// Most watchers replace nothing.
    public mutating func forbidEdits() {}

    /// Most watchers replace nothing.
    public func violation(replacedAt place: Int) -> Violation? { nil }
}

/// One of the texts that an answer consists of; each is watched by itself.
public enum AnswerPart: Hashable, Sendable {
    /// What the model says.
    case content
    /// Why it will not say it.
    case refusal
    /// The arguments of a call of a function, by its number.
    case call(Int)
    /// The input of a call of a custom tool, by its number: any text.
    case customCall(Int)
    /// The arguments of the one call of the API's older form.
    case functionCall
    /// A member that this protocol does not know, such as `reasoning_content`.
    case other(String)

    var isCall: Bool {
        switch self {
        case .call, .customCall, .functionCall: true
        default: false
        }
    }

    /// The order in which models write the parts of an answer: texts, then calls by their number.
    var place: Int {
        switch self {
        case .other: 0
        case .content: 1
        case .refusal: 2
        case .functionCall: 3
        case .call(let number), .customCall(let number): 4 + number
        }
    }

    /// Whether the text is JSON.
    var isJSON: Bool {
        switch self {
        case .call, .functionCall: true
        default: false
        }
    }
}

/// Where and why an answer was stopped.
public struct AnswerStop<Violation: Sendable>: Sendable {
    /// Which of the answers.
    public let choice: Int
    /// Which of its texts.
    public let part: AnswerPart
    /// What its watcher told.
    public let violation: Violation

    /// A stop of one text of one choice.
    public init(choice: Int, part: AnswerPart, violation: Violation) {
        self.choice = choice
        self.part = part
        self.violation = violation
    }
}
