public import CharterEngine

/// A part of a document, where it stands.
public struct SourceSpan: Hashable, Sendable {
    /// Of its first byte.
    public let position: SourcePosition
    /// In bytes of `SourceText.bytes`, half-open.
    public let range: Range<Int>
}

extension SourceText {
    /// The place of a range; O(log lines).
    public func span(_ range: Range<Int>) -> SourceSpan {
        SourceSpan(position: position(of: range.lowerBound), range: range)
    }

    /// What stands there, as it is written.
    public func text(_ span: SourceSpan) -> String { text(span.range) }

    /// Whether the bytes stand somewhere in a range.
    func holds(_ part: StaticString, in range: Range<Int>) -> Bool {
        part.withUTF8Buffer { part in
            guard let first = part.first else { return true }
            var rest = bytes[range]
            while let place = rest.firstIndex(of: first) {
                if rest[place...].starts(with: part) { return true }
                rest = rest[(place + 1)...]
            }
            return false
        }
    }

    /// The range without spaces, tabs and line ends on either side.
    func trimmed(_ range: Range<Int>) -> Range<Int> {
        func isSpace(_ byte: UInt8) -> Bool {
            byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
        }
        var (start, end) = (range.lowerBound, range.upperBound)
        while start < end, isSpace(bytes[start]) { start += 1 }
        while end > start, isSpace(bytes[end - 1]) { end -= 1 }
        return start..<end
    }
}
