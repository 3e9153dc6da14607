/// A text that is compared, ordered and counted by Unicode scalars and never normalized.
///
/// Swift's `String` calls canonically equivalent texts equal; for names that people are judged by
/// that would be a second, silent spelling (SEMANTICS §5). The order of UTF-8 bytes is the order of
/// scalars, so everything here works on bytes, without allocation.
public struct Text: Hashable, Comparable, Sendable {
    /// The text as it was written.
    public let string: String

    /// Keeps `string` as it is.
    public init(_ string: String) {
        self.string = string
    }

    /// The number of Unicode scalars; O(n).
    public var count: Int { string.unicodeScalars.count }

    /// Whether all scalars are the same; equivalent spellings are different texts.
    public static func == (left: Text, right: Text) -> Bool {
        left.withBytes { a in
            right.withBytes { b in a.count == b.count && a.elementsEqual(b) }
        }
    }

    /// The order of Unicode scalars, which is that of UTF-8 bytes.
    public static func < (left: Text, right: Text) -> Bool {
        left.withBytes { a in right.withBytes { b in a.lexicographicallyPrecedes(b) } }
    }

    /// Hashes the bytes, as `==` compares them.
    public func hash(into hasher: inout Hasher) {
        withBytes { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    }

    /// Whether the text begins with `prefix`, scalar by scalar.
    public func starts(with prefix: Text) -> Bool {
        withBytes { a in prefix.withBytes { b in a.starts(with: b) } }
    }

    /// Whether the text ends with `suffix`, scalar by scalar.
    public func ends(with suffix: Text) -> Bool {
        withBytes { a in suffix.withBytes { b in a.suffix(b.count).elementsEqual(b) } }
    }

    /// Whether `part` stands anywhere in the text, scalar by scalar; O(n + m).
    public func contains(_ part: Text) -> Bool {
        withBytes { a in
            part.withBytes { b in b.count <= a.count && TextSearch(b).isFound(in: a) }
        }
    }

    /// Calls `body` with the UTF-8 bytes of the text.
    @inline(__always)
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = string.utf8.withContiguousStorageIfAvailable(body) {
            return result
        }
        return Array(string.utf8).withUnsafeBufferPointer(body)
    }
}

extension Text: ExpressibleByStringLiteral {
    /// Keeps the literal as it is.
    public init(stringLiteral value: String) {
        self.init(value)
    }
}

extension Text: CustomStringConvertible {
    /// The text itself.
    public var description: String { string }
}
