internal import CharterDetection
internal import CharterDocuments

/// A text of an answer with its path, and whether people read it as one with others like it, from block to block.
typealias JudgedText = (path: String, text: ArraySlice<UInt8>, isSpoken: Bool)

/// A block of an answer: what it is, and its texts in order.
typealias JudgedBlock = (part: AnswerPart, texts: [JudgedText])

/// The judgement of an answer of blocks that is not streamed: it comes to what the same blocks would have
/// come to in a stream.
struct BlockJudgement<Watcher: TextWatcher> {
    /// Where the answer was stopped.
    struct Stop {
        /// The block, and the text in it.
        let block: Int, text: Int
        /// What is left of that text; of a call nothing is.
        let left: [UInt8]
        let stop: AnswerStop<Watcher.Violation>
    }

    private(set) var stop: Stop?
    /// What is said in place of texts before the stop.
    private(set) var redaction = Redaction()
    private(set) var watchers: [(choice: Int, part: AnswerPart, watcher: Watcher)] = []

    /// The most texts that are judged each by itself.
    private static var mostTexts: Int { 10_000 }

    /// A text that is read as one with others.
    private struct Spoken {
        let block: Int, text: Int
        let bytes: ArraySlice<UInt8>
        let watcher: Watcher
        /// Where it begins in what is read as one.
        let start: Int
        var end: Int { start + bytes.count }
    }

    /// - Throws: a 502 where there are too many of them, or what nobody could replace.
    init(_ blocks: [JudgedBlock], watcher: (AnswerPart) -> Watcher) throws(APIError) {
        guard blocks.reduce(0, { $0 + $1.texts.count }) <= Self.mostTexts else {
            throw .upstreamMalformed("too many parts of an answer")
        }
        // Of one text alone there is nothing to put together.
        let isParted = blocks.reduce(0) { $0 + $1.texts.count(where: \.isSpoken) } > 1
        var together = isParted ? watcher(.content) : nil
        var spoken: [Spoken] = []
        var told: Watcher.Violation?
        judging: for (number, block) in blocks.enumerated() {
            for (place, (path, text, isSpoken)) in block.texts.enumerated() {
                var watch = watcher(block.part)
                if AnswerPiece.isOfKeys(path) { watch.forbidEdits() }
                let pushed = watch.push(text)
                let violation = pushed ?? watch.finish()
                watchers.append((0, block.part, watch))
                if isSpoken {
                    told = together?.push(text)
                    spoken.append(
                        Spoken(
                            block: number, text: place, bytes: text, watcher: watch,
                            start: spoken.last?.end ?? 0))
                }
                if let violation {
                    stop = Self.stop(block, number, place, watch, at: watch.cleared, violation)
                    break judging
                }
                redaction[text] = watch.edits.applied(to: text, at: 0)
                if told != nil { break judging }
            }
        }
        guard var together else { return }
        told = told ?? together.finish()
        watchers.append((0, .content, together))
        try end(together, told, spoken, in: blocks)
    }

    /// Stops where what goes over several texts begins, unless the answer was stopped before.
    private mutating func end(
        _ together: Watcher, _ told: Watcher.Violation?, _ spoken: [Spoken],
        in blocks: [JudgedBlock]
    ) throws(APIError) {
        var first: (place: Int, spoken: Spoken, violation: Watcher.Violation)?
        // What has to be replaced where no text by itself has it.
        if !together.edits.isEmpty {
            for said in spoken where first == nil && !said.bytes.isEmpty {
                let own = said.watcher.edits.within(0..<said.bytes.count)
                let crossing = together.edits.within(said.start..<said.end).first { edit in
                    !own.contains { $0.range.contains(edit.range) }
                }
                guard let place = crossing?.range.lowerBound else { continue }
                guard let violation = together.violation(replacedAt: said.start + place) else {
                    throw .upstreamMalformed("words that cannot be replaced")
                }
                first = (place, said, violation)
            }
        }
        if first == nil, let told,
            let said = spoken.first(where: { together.cleared < $0.end }) ?? spoken.last
        {
            first = (together.cleared - said.start, said, told)
        }
        guard let (place, said, violation) = first else { return }
        if let stop {
            let cleared =
                stop.block == said.block && stop.text == said.text
                ? said.watcher.cleared : 0
            guard (said.block, said.text, place) < (stop.block, stop.text, cleared) else { return }
        }
        stop = Self.stop(
            blocks[said.block], said.block, said.text, said.watcher, at: place, violation)
    }

    /// A stop behind so many bytes of a text.
    private static func stop(
        _ block: JudgedBlock, _ number: Int, _ place: Int, _ watcher: Watcher, at cleared: Int,
        _ violation: Watcher.Violation
    ) -> Stop {
        let left = JSONText.prefix(
            block.texts[place].text, min(cleared, watcher.cleared))
        return Stop(
            block: number, text: place,
            left: block.part.isCall ? [] : watcher.edits.applied(to: left, at: 0) ?? Array(left),
            stop: AnswerStop(choice: 0, part: block.part, violation: violation))
    }
}

/// An answer that is not streamed, judged.
struct JudgedAnswer<Watcher: TextWatcher> {
    /// What is delivered: the bytes as they came where nothing was stopped.
    let body: [UInt8]
    /// What was stopped.
    let stops: [AnswerStop<Watcher.Violation>]
    /// Every watcher there has been, with what it watched.
    let watchers: [(choice: Int, part: AnswerPart, watcher: Watcher)]
    /// Whether the model's server has said, in the protocol's own way, that the model refuses.
    var isModelRefusal = false
}
