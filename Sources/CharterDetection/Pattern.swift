public import CharterEngine

/// What to look for in a text, and which behavior the text then exercises.
///
/// One entry of `NAME.patterns.yaml`.
public struct Pattern: Sendable, Hashable {
    /// The texts that a pattern is looked for in (`in:`).
    public enum Place: String, Sendable, CaseIterable {
        case request
        case answer
        case both
    }

    /// What is looked for, always in normalized text (``TextNormalizer``).
    public enum Form: Sendable, Hashable {
        /// The text itself, wherever it stands, also inside of words. It is normalized as texts are.
        case literal(String)
        /// A regular expression in Vectorscan's dialect (PCRE without look-around and
        /// back-references), caseless, of bounded width. It is taken as it stands.
        case regex(String)
    }

    /// The id of the behavior that a match exercises.
    public var behavior: BehaviorID
    /// In which texts it is looked for.
    public var place: Place
    /// What is looked for.
    public var form: Form
    /// The value that a match demands; nil is the one of the highest rank (SEMANTICS §7).
    public var value: Text?
    /// Whether a match is an explicit demand, from the level of the message that it stands in.
    public var asked: Bool
    /// Whether a match triggers a duty instead of demanding a value (SEMANTICS §7).
    public var triggered: Bool
    /// Whether its behavior calls for `transform`, so that matches in requests may be replaced.
    public var isReplaced: Bool
    /// Where the pattern stands in its document.
    public var source: SourcePosition

    /// A pattern; unsaid: of the highest value, not asked for, no trigger, and not replaced.
    public init(
        behavior: BehaviorID,
        place: Place,
        form: Form,
        value: Text? = nil,
        asked: Bool = false,
        triggered: Bool = false,
        isReplaced: Bool = false,
        source: SourcePosition = .unknown
    ) {
        self.behavior = behavior
        self.place = place
        self.form = form
        self.value = value
        self.asked = asked
        self.triggered = triggered
        self.isReplaced = isReplaced
        self.source = source
    }
}
