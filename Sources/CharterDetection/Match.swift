/// A pattern was found.
public struct Match: Sendable, Hashable {
    /// The pattern's index in ``PatternSet/patterns``.
    public var pattern: Int
    /// Where the match ends in the UTF-8 bytes of the original text.
    ///
    /// That is behind the scalar that gave its last normalized byte; marks and zero-widths that
    /// follow are not part of it.
    public var end: Int

    /// A match of the pattern at `pattern` that ends before the byte `end`.
    public init(pattern: Int, end: Int) {
        self.pattern = pattern
        self.end = end
    }
}
