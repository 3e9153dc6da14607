public import CharterDocuments

/// The judgement of an answer that is not streamed.
///
/// It comes to what the same text would have come to in a stream: the texts are judged in the
/// order in which models write them (thoughts, content, refusal, calls), and where one is stopped
/// those behind it were never said.
public struct ChatAnswer<Watcher: TextWatcher>: Sendable {
    /// What is delivered: the bytes as they came where nothing was stopped.
    public let body: [UInt8]
    /// What was stopped, in order.
    public let stops: [AnswerStop<Watcher.Violation>]
    /// Every watcher there has been, with what it watched.
    public let watchers: [(choice: Int, part: AnswerPart, watcher: Watcher)]

    /// Judges the body of an answer with status 200.
    ///
    /// - Parameters:
    ///   - watcher: makes the watcher of a part of an answer.
    ///   - explanation: what the client is told of a stop.
    /// - Throws: a 502 where the body is no answer, or the upstream's own error where it holds one.
    public init(
        body: [UInt8],
        limits: JSONLimits = JSONLimits(),
        watcher: @escaping @Sendable (Int, AnswerPart) -> Watcher,
        explanation: (AnswerStop<Watcher.Violation>) -> String
    ) throws(APIError) {
        let document: JSONDocument
        do {
            document = try JSONDocument(body, limits: limits)
        } catch {
            throw .upstreamMalformed("\(error)")
        }
        let root = document.root
        if let error = root.present("error") { throw UpstreamError.error(error) }
        guard let list = root["choices"], list.kind == .list else {
            throw .upstreamMalformed("an answer without `choices`")
        }
        var choices: [JudgedMessage<Watcher>] = []
        for value in list.children {
            guard choices.count < ChatRequest.mostChoices else {
                throw .upstreamMalformed("too many choices")
            }
            choices.append(try JudgedMessage(value, watcher: watcher))
        }
        guard !choices.isEmpty else { throw .upstreamMalformed("an answer without choices") }
        let stops = choices.compactMap(\.stop)
        self.stops = stops
        watchers = choices.flatMap { choice in
            choice.watchers.map { (choice.index, $0.part, $0.watcher) }
        }
        guard !stops.isEmpty || choices.contains(where: \.isEdited) else {
            self.body = body
            return
        }
        var output: [UInt8] = []
        root.write(to: &output, replacing: "choices", keepingUsage: true) { output in
            output.append(UInt8(ascii: "["))
            for (place, choice) in choices.enumerated() {
                if place > 0 { output.append(UInt8(ascii: ",")) }
                choice.write(to: &output, explanation: choice.stop.map(explanation))
            }
            output.append(UInt8(ascii: "]"))
        }
        self.body = output
    }
}

/// One choice of an answer, judged.
private struct JudgedMessage<Watcher: TextWatcher> {
    let value: JSONValue
    let index: Int
    let message: JSONValue
    /// The pieces that are delivered; the last one may be shortened.
    private(set) var delivered: [(piece: AnswerPiece, edits: PieceEdits?)] = []
    /// Whether some of its text is replaced.
    var isEdited: Bool { delivered.contains { $0.edits != nil } }
    private(set) var watchers: [(part: AnswerPart, watcher: Watcher)] = []
    private(set) var stop: AnswerStop<Watcher.Violation>?

    init(
        _ value: JSONValue,
        watcher: @escaping @Sendable (Int, AnswerPart) -> Watcher
    ) throws(APIError) {
        guard let index = value["index"]?.integer else {
            throw .upstreamMalformed("a choice without `index`")
        }
        guard let message = value["message"], message.kind == .object,
            value.present("delta") == nil, value.present("text") == nil
        else {
            throw .upstreamMalformed("a choice without `message`")
        }
        let reason = value.present("finish_reason")
        guard reason == nil || reason?.kind == .string else {
            throw .upstreamMalformed("a `finish_reason` that is no string")
        }
        self.value = value
        self.index = index
        self.message = message
        let pieces = try AnswerPiece.pieces(of: message).sorted(by: Self.isWrittenBefore)
        guard pieces.count <= Self.mostPieces else {
            throw .upstreamMalformed("too many parts of an answer")
        }
        for piece in pieces {
            judge(piece) { watcher(index, piece.part) }
            if stop != nil { break }
        }
    }

    private static var mostPieces: Int { 10_000 }

    private static func isWrittenBefore(_ one: AnswerPiece, _ other: AnswerPiece) -> Bool {
        // Those of no known place stand as they came.
        (one.part.place, one.value.index) < (other.part.place, other.value.index)
    }

    private mutating func judge(
        _ piece: AnswerPiece,
        makeWatcher: @escaping @Sendable () -> Watcher
    ) {
        var watch = PartWatch(makeWatcher: makeWatcher)
        let (mark, violation) = watch.push(piece)
        let violations = watch.finish()
        watchers += watch.watchers.map { (piece.part, $0) }
        if let violation = violation ?? violations.first {
            stop = AnswerStop(choice: index, part: piece.part, violation: violation)
            let left = watch.delivery(of: piece.text, at: mark) ?? Array(piece.text)
            if !left.isEmpty, !piece.part.isCall {
                delivered.append((piece, PieceEdits(text: left)))
            }
        } else {
            let edits = watch.edits(of: piece, at: mark)
            delivered.append((piece, edits.isEmpty ? nil : edits))
        }
    }

    func write(to output: inout [UInt8], explanation: String?) {
        guard let explanation else { return writeWhole(to: &output) }
        output += #"{"index":\#(index),"message":"#.utf8
        writeMessage(to: &output, explanation: explanation)
        output += #","logprobs":null,"finish_reason":"content_filter"}"#.utf8
    }

    /// Writes a choice that was not stopped.
    private func writeWhole(to output: inout [UInt8]) {
        guard isEdited else {
            output += value.raw
            return
        }
        output += #"{"index":\#(index),"message":"#.utf8
        message.write(to: &output) { member, output in
            let pieces = delivered.filter { $0.piece.isInside(member) }
            if pieces.count == 1, !pieces[0].piece.part.isCall || member.isNamed("function_call") {
                member.writeKey(to: &output)
                pieces[0].piece.writeValue(pieces[0].edits, to: &output)
                return true
            }
            // Of what is no text nothing is kept that could repeat one.
            if pieces.isEmpty {
                return member.writeIfNamed(["role"], to: &output)
                    || member.writeIfHarmless(to: &output)
            }
            member.writeKey(to: &output)
            output += member.raw
            return true
        }
        output += #","logprobs":null,"finish_reason":"#.utf8
        output += value["finish_reason"]?.raw ?? Array("null".utf8)[...]
        output.append(UInt8(ascii: "}"))
    }

    private func writeMessage(to output: inout [UInt8], explanation: String) {
        output += #"{"role":"assistant","content":"#.utf8
        if let content = delivered.first(where: { $0.piece.part == .content }) {
            content.piece.writeValue(content.edits, to: &output)
        } else {
            output += "null".utf8
        }
        output += #","refusal":"#.utf8
        let refused = delivered.first { $0.piece.part == .refusal && !$0.piece.text.isEmpty }
        let before = refused.map { ($0.edits?.text ?? Array($0.piece.text)) + "\n\n".utf8 } ?? []
        JSONText.append(utf8: before + explanation.utf8, to: &output)
        var hasCalls = false
        for (piece, edits) in delivered {
            switch piece.part {
            case .content, .refusal: continue
            case .call, .customCall:
                output += (hasCalls ? "," : #","tool_calls":["#).utf8
                hasCalls = true
            case .functionCall, .other:
                output.append(UInt8(ascii: ","))
                piece.value.writeKey(to: &output)
            }
            piece.writeValue(edits, to: &output)
        }
        if hasCalls { output.append(UInt8(ascii: "]")) }
        output.append(UInt8(ascii: "}"))
    }
}
