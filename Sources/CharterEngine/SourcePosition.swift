/// A place in a document: line and UTF-8 column, both from 1.
///
/// A typed value that was not read from a document has the position `unknown`, 0:0.
public struct SourcePosition: Hashable, Comparable, Sendable {
    /// From 1.
    public var line: Int
    /// In UTF-8 bytes, from 1.
    public var column: Int

    /// The position of a value that no document holds.
    public static let unknown = SourcePosition(line: 0, column: 0)

    /// Nothing is checked; 0:0 is `unknown`.
    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    /// Whether `left` comes first in a document.
    public static func < (left: SourcePosition, right: SourcePosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}
