/// What is wrong with one pattern, for whoever writes the diagnostic.
public struct PatternProblem: Sendable, Hashable {
    /// What is wrong.
    public enum Kind: Error, Sendable, Hashable {
        /// Not an expression that Vectorscan takes, in its words.
        case invalid(message: String)
        /// The empty text matches.
        case matchesEmpty
        /// A match may be of any length, so that no window could hold it back.
        case unbounded
        /// A match may have this many bytes, more than ``PatternSet/longestWidth``.
        case tooWide(bytes: Int)
        /// The regex holds a scalar that normalized text never does: it is written `normalForm`.
        case neverInText(scalar: Unicode.Scalar, normalForm: String)
    }

    /// The pattern's index in the list that was to be compiled; nil where each compiles, but not
    /// all of them together.
    public var pattern: Int?
    /// What is wrong with it.
    public var kind: Kind

    /// A problem of the pattern at `pattern`.
    public init(pattern: Int?, kind: Kind) {
        self.pattern = pattern
        self.kind = kind
    }
}

/// Everything that keeps a list of patterns from being compiled, in the order of the list.
public struct PatternProblems: Error, Sendable, Hashable {
    /// All of them, in the order of the patterns.
    public var problems: [PatternProblem]

    /// An error of these problems.
    public init(_ problems: [PatternProblem]) {
        self.problems = problems
    }
}
