/// One place where a pattern was found.
public struct Match: Sendable, Hashable {
    /// The pattern's index in ``PatternSet/patterns``.
    public var pattern: Int
    /// The UTF-8 bytes of the *original* text, on scalar borders.
    ///
    /// It begins with the scalar that gave the match's first normalized byte and ends with the one
    /// that gave its last: zero-widths and marks before and behind a match are not part of it,
    /// those inside of it are.
    public var range: Range<Int>

    public init(pattern: Int, range: Range<Int>) {
        self.pattern = pattern
        self.range = range
    }
}
