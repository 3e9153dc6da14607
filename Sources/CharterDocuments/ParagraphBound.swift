/// What keeps a document from being parsed: cmark-gfm is quadratic in paragraphs with many brackets
/// that have no end (measured: `![[]()`, `<!A`).
enum ParagraphBound {
    case tooLong(Range<Int>)
    case tooMuchMarkup(Range<Int>)

    /// The most brackets times bytes of their paragraphs, all paragraphs together; about a second.
    private static let mostMarkup = 400_000_000

    /// The first bound that the text from `start` on exceeds; one pass.
    static func first(in source: SourceText, from start: Int) -> ParagraphBound? {
        source.bytes.withUnsafeBufferPointer { bytes in
            var paragraph = start
            var line = start
            var brackets = 0
            var isEmpty = true
            var markup = 0
            var place = start
            while place <= bytes.count {
                let byte = place < bytes.count ? bytes[place] : 0x0A
                if byte == 0x0A || byte == 0x0D {
                    // An empty line ends a paragraph, and so does a heading.
                    let isHeading = isHeading(bytes, line)
                    if isEmpty || isHeading {
                        paragraph = isEmpty ? place + 1 : line
                        brackets = 0
                    }
                    if place - paragraph > SourceText.largestParagraph {
                        return .tooLong(paragraph..<place)
                    }
                    line = place + 1
                    isEmpty = true
                } else if byte != 0x20, byte != 0x09 {
                    isEmpty = false
                    if byte == UInt8(ascii: "[") || byte == UInt8(ascii: "<") {
                        brackets += 1
                        // Each is charged with what stands before it: twice the sum is the product.
                        markup += 2 * (place - paragraph)
                        if markup > mostMarkup { return .tooMuchMarkup(line..<place) }
                    }
                }
                place += 1
            }
            return nil
        }
    }

    /// One to six `#`, and a space or the line's end behind them: that is never within a paragraph.
    private static func isHeading(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Int) -> Bool {
        var place = line
        while place < bytes.count, bytes[place] == UInt8(ascii: "#") { place += 1 }
        guard (1...6).contains(place - line) else { return false }
        return place == bytes.count || [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place])
    }
}
