internal import CharterDocuments

/// One event of a streamed chat completion.
final class ChatChunk: Sendable {
    /// The data that ends a stream.
    static let done = Array("[DONE]".utf8)
    /// The event that ends a stream.
    static let doneEvent = Array("data: [DONE]\n\n".utf8)

    /// The event's data, as it came.
    let source: [UInt8]
    /// The event; where it repeats another one's form, that one, which differs in its text alone.
    let document: JSONDocument
    let choices: [Choice]
    let isOneLine: Bool

    /// What the event adds to one of the answers.
    struct Choice: Sendable {
        /// The element of `choices`.
        let value: JSONValue
        let index: Int
        let delta: JSONValue?
        let pieces: [AnswerPiece]
        /// Whether the answer ends here.
        let isLast: Bool
    }

    /// Reads an event.
    ///
    /// - Throws: the upstream's own error where it tells one, else why this is no chunk.
    init(_ event: ServerSentEvents.Event) throws(APIError) {
        isOneLine = event.isOneLine
        source = event.data
        do {
            document = try JSONDocument(event.data)
        } catch {
            throw .upstreamMalformed("\(error)")
        }
        if !event.type.isEmpty, event.type.elementsEqual("error".utf8) {
            throw UpstreamError.error(document.root.present("error") ?? document.root)
        }
        var list: JSONValue?
        for member in document.root.children {
            if member.isNamed("choices") { list = member }
            if member.isNamed("error"), !member.isNull { throw UpstreamError.error(member) }
        }
        guard let list, list.kind == .list || list.isNull, document.root.kind == .object else {
            throw .upstreamMalformed("an event without `choices`")
        }
        var choices: [Choice] = []
        for value in list.children { choices.append(try Choice(value)) }
        self.choices = choices
    }

    /// What the model's server says that it read and wrote, where it says so here.
    var usage: Usage? { Usage(of: document.root) }
    /// Whether an answer ends with it.
    var isLast: Bool { choices.contains(where: \.isLast) }

    /// An event that has the form of another one (`ChunkForm`), with a text of its own.
    init(_ source: [UInt8], repeating example: ChatChunk, _ choice: Choice) {
        self.source = source
        document = example.document
        choices = [choice]
        isOneLine = true
    }

    /// The event as it came, but for its framing.
    func write(to output: inout [UInt8]) {
        write(source[...], to: &output)
    }

    private func write(_ data: ArraySlice<UInt8>, to output: inout [UInt8]) {
        var rest = data
        while !isOneLine, let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            output += "data: ".utf8
            output += rest[...end]
            rest = rest[(end + 1)...]
        }
        output += "data: ".utf8
        output += rest
        output += "\n\n".utf8
    }

    /// The event with the last of the pieces that it was taken apart into, and with all else that
    /// is neither text nor has been written already: nothing in it is held back any more.
    func writeRest(with piece: AnswerPiece, to output: inout [UInt8]) {
        guard let choice = choices.first, let delta = choice.delta else { return }
        let source = document.source
        var data = Array(source[..<delta.range.lowerBound])
        data.append(UInt8(ascii: "{"))
        piece.writeMember(nil, to: &data)
        for member in delta.children where member.kind == .object || member.kind == .list {
            if choice.pieces.contains(where: { $0.isInside(member) }) { continue }
            data.append(UInt8(ascii: ","))
            member.writeKey(to: &data)
            data += member.raw
        }
        data.append(UInt8(ascii: "}"))
        data += source[delta.range.upperBound...]
        write(data[...], to: &output)
    }

    /// The event with one choice alone, which is written anew.
    func write(
        to output: inout [UInt8], keepingUsage: Bool = false, choice: (inout [UInt8]) -> Void
    ) {
        output += "data: ".utf8
        document.root.write(
            to: &output, replacing: "choices", keepingUsage: keepingUsage
        ) { output in
            output.append(UInt8(ascii: "["))
            choice(&output)
            output.append(UInt8(ascii: "]"))
        }
        output += "\n\n".utf8
    }

    /// The event with one choice alone, whose delta is written anew. What came with the delta
    /// (logprobs, token numbers) may repeat its text, and is left out.
    func write(
        _ index: Int,
        reason: String? = nil,
        keepingUsage: Bool = false,
        to output: inout [UInt8],
        delta: (inout [UInt8]) -> Void
    ) {
        write(to: &output, keepingUsage: keepingUsage) { output in
            output += #"{"index":\#(index),"delta":{"#.utf8
            delta(&output)
            output += #"},"logprobs":null,"finish_reason":"#.utf8
            if let reason { JSONText.append(reason, to: &output) } else { output += "null".utf8 }
            output.append(UInt8(ascii: "}"))
        }
    }
}

extension ChatChunk.Choice {
    init(_ value: JSONValue) throws(APIError) {
        var index: Int?
        var delta: JSONValue?
        var reason: JSONValue?
        for member in value.children where !member.isNull {
            if member.isNamed("index") {
                index = member.integer
            } else if member.isNamed("delta") {
                delta = member
            } else if member.isNamed("finish_reason") {
                reason = member
            } else if member.isNamed("message") || member.isNamed("text") {
                // A whole message, or a plain completion's text, would pass by every watcher.
                throw .upstreamMalformed("a streamed choice with a whole text")
            }
        }
        guard let index, (0..<ChatRequest.mostChoices).contains(index), value.kind == .object else {
            throw .upstreamMalformed("a choice without `index`")
        }
        guard delta == nil || delta?.kind == .object else {
            throw .upstreamMalformed("a delta that is no object")
        }
        guard reason == nil || reason?.kind == .string else {
            throw .upstreamMalformed("a `finish_reason` that is no string")
        }
        self.value = value
        self.index = index
        self.delta = delta
        self.pieces = try delta.map(AnswerPiece.pieces(of:)) ?? []
        self.isLast = reason != nil
    }
}
