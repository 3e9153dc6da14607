/// Writes strings as JSON (RFC 8259 §7): quotation mark, backslash and control characters are
/// escaped, everything else stands for itself.
enum JSONText {
    /// Appends a string with its quotation marks.
    static func append(_ text: String, to bytes: inout [UInt8]) {
        append(utf8: text.utf8, to: &bytes)
    }

    /// Appends UTF-8, with its quotation marks.
    ///
    /// - Precondition: `text` is valid UTF-8, as a `String` and a document's texts are.
    static func append(utf8 text: some Sequence<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0x08: bytes += "\\b".utf8
            case 0x09: bytes += "\\t".utf8
            case 0x0A: bytes += "\\n".utf8
            case 0x0C: bytes += "\\f".utf8
            case 0x0D: bytes += "\\r".utf8
            case 0..<0x20:
                bytes += "\\u00".utf8
                bytes += [hex(byte >> 4), hex(byte & 15)]
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func hex(_ digit: UInt8) -> UInt8 {
        digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10
    }

    /// The longest part of a text, at most `count` bytes from its start, that ends between two
    /// characters.
    static func prefix(_ text: ArraySlice<UInt8>, _ count: Int) -> ArraySlice<UInt8> {
        guard count < text.count else { return text }
        var end = text.startIndex + max(count, 0)
        while end > text.startIndex, text[end] & 0xC0 == 0x80 { end -= 1 }
        return text[..<end]
    }
}
