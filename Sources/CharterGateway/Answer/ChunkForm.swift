internal import CharterDocuments

/// What stands around the text of an event that adds a text and nothing else: most events of a stream repeat
/// it to the byte.
///
/// Such an event need not be parsed: where only the characters of one string differ, and none of them ends
/// it or escapes anything, everything else is what it was.
struct ChunkForm: Sendable {
    private let example: ChatChunk
    private let choice: ChatChunk.Choice
    private let piece: AnswerPiece
    private let before, behind: ArraySlice<UInt8>

    /// The form of an event; nil where it adds anything but one text to one answer.
    init?(_ chunk: ChatChunk) {
        guard chunk.isOneLine, chunk.choices.count == 1, let choice = chunk.choices.first,
            !choice.isLast, choice.pieces.count == 1, let piece = choice.pieces.first,
            piece.part == .content, piece.value.kind == .string,
            choice.delta?.present("role") == nil
        else { return nil }
        example = chunk
        self.choice = choice
        self.piece = piece
        // With the quotation marks of the string.
        before = chunk.source[...piece.value.range.lowerBound]
        behind = chunk.source[(piece.value.range.upperBound - 1)...]
    }

    /// The event, if it has this form.
    func chunk(_ event: ServerSentEvents.Event) -> ChatChunk? {
        let data = event.data
        guard event.isOneLine, event.type.isEmpty, data.count > before.count + behind.count,
            ChunkForm.isEqual(data[..<before.count], before),
            ChunkForm.isEqual(data[(data.count - behind.count)...], behind)
        else { return nil }
        let text = data[before.count..<(data.count - behind.count)]
        guard ChunkForm.isPlain(text) else { return nil }
        let piece = AnswerPiece(
            part: piece.part, value: piece.value, text: text, textsInside: [])
        let choice = ChatChunk.Choice(
            value: choice.value, index: choice.index, delta: choice.delta, pieces: [piece],
            isLast: false)
        return ChatChunk(data, repeating: example, choice)
    }

    /// Whether bytes are the same, of which there are as many; eight at a time.
    private static func isEqual(_ one: ArraySlice<UInt8>, _ other: ArraySlice<UInt8>) -> Bool {
        one.withUnsafeBytes { one in
            other.withUnsafeBytes { other in
                var place = 0
                while place + 8 <= min(one.count, other.count) {
                    let word = one.loadUnaligned(fromByteOffset: place, as: UInt64.self)
                    guard word == other.loadUnaligned(fromByteOffset: place, as: UInt64.self) else {
                        return false
                    }
                    place += 8
                }
                return one[place...].elementsEqual(other[place...])
            }
        }
    }

    /// Whether characters stand for themselves inside a JSON string (RFC 8259, 7).
    private static func isPlain(_ text: ArraySlice<UInt8>) -> Bool {
        var isASCII = true
        for byte in text {
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") {
                return false
            }
            if byte >= 0x80 { isASCII = false }
        }
        return isASCII || String(validating: text, as: UTF8.self) != nil
    }
}
