public import CharterEngine

/// The bytes of a document, with its lines.
public struct SourceText: Sendable {
    /// As the caller names the document.
    public let file: String
    /// UTF-8, without a byte order mark.
    public let bytes: [UInt8]
    /// Where each line begins, in bytes.
    private let lineStarts: [Int]

    /// The largest document, in bytes: cmark-gfm is quadratic on some input, so it is bounded before.
    public static let largest = 2 << 20
    /// The largest run of lines without an empty one, in bytes.
    public static let largestParagraph = 16 << 10

    /// A document's bytes; a byte order mark is skipped.
    public init(file: String, bytes: [UInt8]) {
        self.file = file
        let hasMark = bytes.starts(with: [0xEF, 0xBB, 0xBF])
        self.bytes = hasMark ? Array(bytes.dropFirst(3)) : bytes
        // What is too large is refused before anybody asks for a line.
        lineStarts =
            self.bytes.count <= SourceText.largest ? SourceText.lineStarts(self.bytes) : [0]
    }

    /// A document that stands in a string; a byte order mark is skipped.
    public init(file: String, text: String) { self.init(file: file, bytes: Array(text.utf8)) }

    /// LF, CRLF and CR end a line, as in CommonMark.
    private static func lineStarts(_ bytes: [UInt8]) -> [Int] {
        bytes.withUnsafeBufferPointer { bytes in
            var starts = [0]
            var place = 0
            while place < bytes.count {
                let byte = bytes[place]
                place += 1
                if byte == 0x0A || (byte == 0x0D && !(place < bytes.count && bytes[place] == 0x0A))
                {
                    starts.append(place)
                }
            }
            return starts
        }
    }

    /// The number of lines, a last empty one included.
    public var lineCount: Int { lineStarts.count }

    /// The place of a byte; O(log lines).
    public func position(of offset: Int) -> SourcePosition {
        var low = 0
        var high = lineStarts.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if lineStarts[middle] <= offset { low = middle } else { high = middle }
        }
        return SourcePosition(line: low + 1, column: offset - lineStarts[low] + 1)
    }

    /// The bytes of a line, from 1, without its end; empty beyond the last.
    public func line(_ number: Int) -> ArraySlice<UInt8> {
        guard number >= 1, number <= lineStarts.count else { return [] }
        let start = lineStarts[number - 1]
        var end = number < lineStarts.count ? lineStarts[number] : bytes.count
        while end > start, bytes[end - 1] == 0x0A || bytes[end - 1] == 0x0D { end -= 1 }
        return bytes[start..<end]
    }

    /// The first byte of a line, from 1.
    public func offset(ofLine number: Int) -> Int {
        guard number >= 1 else { return 0 }
        return number <= lineStarts.count ? lineStarts[number - 1] : bytes.count
    }

    /// The text of a range, as it is written.
    public func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range.clamped(to: 0..<bytes.count)], as: UTF8.self)
    }

    /// The first byte that is not of a UTF-8 sequence; nil where all are.
    public var firstInvalidByte: Int? {
        guard String(validating: bytes, as: UTF8.self) == nil else { return nil }
        var decoder = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            switch decoder.parseScalar(from: &iterator) {
            case .valid(let scalar): offset += scalar.count
            case .emptyInput: return nil
            case .error: return offset
            }
        }
    }

    /// A diagnostic of this document.
    ///
    /// Of what stands on several lines, the first is meant.
    public func diagnostic(
        _ id: String, _ severity: Diagnostic.Severity = .error, at offset: Int, length: Int = 1,
        _ message: String, reason: String? = nil, help: String? = nil
    ) -> Diagnostic {
        let offset = min(max(offset, 0), bytes.count)
        let position = position(of: offset)
        let line = line(position.line)
        var end = min(max(offset + length, offset), line.endIndex)
        if end < offset + length {
            while end > offset, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
        }
        let excerpt = excerpt(of: line, around: offset)
        return Diagnostic(
            id: id, severity: severity, file: file, position: position, length: end - offset,
            message: message, reason: reason, help: help,
            line: String(decoding: excerpt, as: UTF8.self),
            lineStart: excerpt.startIndex - line.startIndex + 1)
    }

    /// The most bytes of a line that a diagnostic carries.
    private static let longestExcerpt = 600

    private func excerpt(of line: ArraySlice<UInt8>, around offset: Int) -> ArraySlice<UInt8> {
        guard line.count > SourceText.longestExcerpt else { return line }
        var start = min(
            max(line.startIndex, offset - SourceText.longestExcerpt / 3),
            line.endIndex - SourceText.longestExcerpt)
        while start > line.startIndex, bytes[start] & 0xC0 == 0x80 { start -= 1 }
        var end = start + SourceText.longestExcerpt
        while end < line.endIndex, bytes[end] & 0xC0 == 0x80 { end += 1 }
        return bytes[start..<min(end, line.endIndex)]
    }

    /// What bounds and encoding say against the document before any parser sees it.
    ///
    /// - Parameter area: `charter`, `layer` or `patterns`.
    package func bounds(area: String) -> Diagnostic? {
        guard bytes.count <= SourceText.largest else {
            return diagnostic(
                "\(area).syntax", at: 0, "the document is too large",
                reason: "a document has at most \(SourceText.largest) bytes",
                help: "split it, or move long appendices elsewhere")
        }
        if let offset = firstInvalidByte {
            return diagnostic(
                "\(area).syntax", at: offset, "this byte is not UTF-8",
                reason: "documents are UTF-8", help: "save the file as UTF-8")
        }
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            return diagnostic(
                "\(area).syntax", at: 0, length: 3, "there is a second byte order mark",
                reason:
                    "one may stand before a document; the next is part of it, and hides how it begins",
                help: "take it out")
        }
        if let offset = bytes.firstIndex(of: 0) {
            return diagnostic(
                "\(area).syntax", at: offset, "there is a NUL byte here",
                reason: "a document is a text", help: "take the byte out, or save the file as UTF-8"
            )
        }
        return nil
    }
}
