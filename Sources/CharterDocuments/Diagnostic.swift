public import CharterEngine

/// One thing that is wrong, or doubtful, in a document.
public struct Diagnostic: Hashable, Sendable {
    /// How much it matters (docs/diagnostics.md).
    public enum Severity: String, Comparable, Sendable {
        /// What may surprise.
        case note
        /// A step that is always refused.
        case warning
        /// The document has no meaning.
        case error

        /// Whether `left` matters less.
        public static func < (left: Severity, right: Severity) -> Bool { left.order < right.order }

        private var order: Int {
            switch self {
            case .note: 0
            case .warning: 1
            case .error: 2
            }
        }
    }

    /// `area.problem`; errors have the ids of SEMANTICS §9.
    public var id: String
    /// An error leaves the document without a value.
    public var severity: Severity
    /// As the caller named the document.
    public var file: String
    /// Where what is meant begins.
    public var position: SourcePosition
    /// How many UTF-8 bytes of the line are meant; at least 1.
    public var length: Int
    /// What is wrong: one sentence in lower case without a full stop.
    public var message: String
    /// Why it is wrong.
    public var reason: String?
    /// What to write instead.
    public var help: String?
    /// The line of the document without its end; of a very long one, a part around the position. Nil
    /// where it may hold what is not to be shown.
    public var line: String?
    /// The column at which `line` begins; above 1 where it is a part.
    public var lineStart: Int

    /// A `length` below 1 counts as 1; nothing else is checked.
    public init(
        id: String, severity: Severity, file: String, position: SourcePosition, length: Int = 1,
        message: String, reason: String? = nil, help: String? = nil, line: String? = "",
        lineStart: Int = 1
    ) {
        self.id = id
        self.severity = severity
        self.file = file
        self.position = position
        self.length = max(1, length)
        self.message = message
        self.reason = reason
        self.help = help
        self.line = line
        self.lineStart = lineStart
    }

    /// The same without the line of the document, which may hold a secret.
    public var withoutLine: Diagnostic {
        var diagnostic = self
        diagnostic.line = nil
        return diagnostic
    }
}

/// A value that was read, where nothing is wrong with it, and what is to be said of it.
public struct Reading<Value: Sendable>: Sendable {
    /// Nil where a diagnostic is an error.
    public var value: Value?
    /// By document, in its order; at one place the worst first.
    public var diagnostics: [Diagnostic]

    /// The value is dropped where one of the diagnostics is an error; they are put in order.
    public init(value: Value?, diagnostics: [Diagnostic]) {
        self.value = diagnostics.contains { $0.severity == .error } ? nil : value
        self.diagnostics = diagnostics.sorted {
            ($0.file, $0.position, $1.severity, $0.id) < ($1.file, $1.position, $0.severity, $1.id)
        }
    }
}
