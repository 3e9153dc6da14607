internal import CharterDocuments

/// A text of an answer, and whether people read it as one with others like it, from block to block.
typealias JudgedText = (text: ArraySlice<UInt8>, isSpoken: Bool)

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
        let left: ArraySlice<UInt8>
        let stop: AnswerStop<Watcher.Violation>
    }

    private(set) var stop: Stop?
    private(set) var watchers: [(choice: Int, part: AnswerPart, watcher: Watcher)] = []

    /// The most texts that are judged each by itself.
    private static var mostTexts: Int { 10_000 }

    /// - Throws: a 502 where there are too many of them.
    init(_ blocks: [JudgedBlock], watcher: (AnswerPart) -> Watcher) throws(APIError) {
        guard blocks.reduce(0, { $0 + $1.texts.count }) <= Self.mostTexts else {
            throw .upstreamMalformed("too many parts of an answer")
        }
        // Of one text alone there is nothing to put together.
        let isParted = blocks.reduce(0) { $0 + $1.texts.count(where: \.isSpoken) } > 1
        var together = isParted ? watcher(.content) : nil
        defer { if let together { watchers.append((0, .content, together)) } }
        var spoken: [(block: Int, text: Int, end: Int)] = []
        for (number, block) in blocks.enumerated() {
            for (place, (text, isSpoken)) in block.texts.enumerated() {
                var watch = watcher(block.part)
                let pushed = watch.push(text)
                let violation = pushed ?? watch.finish()
                watchers.append((0, block.part, watch))
                if let violation {
                    stop = Stop(
                        block: number, text: place,
                        left: block.part.isCall ? [] : JSONText.prefix(text, watch.cleared),
                        stop: AnswerStop(choice: 0, part: block.part, violation: violation))
                    return
                }
                guard isSpoken, together != nil else { continue }
                spoken.append((number, place, (spoken.last?.end ?? 0) + text.count))
                if let violation = together?.push(text) {
                    end(violation, at: together?.cleared ?? 0, of: spoken, in: blocks)
                    return
                }
            }
        }
        if let violation = together?.finish() {
            end(violation, at: together?.cleared ?? 0, of: spoken, in: blocks)
        }
    }

    /// Stops where a match begins that goes over several texts.
    private mutating func end(
        _ violation: Watcher.Violation, at cleared: Int,
        of spoken: [(block: Int, text: Int, end: Int)], in blocks: [JudgedBlock]
    ) {
        guard let first = spoken.first(where: { cleared < $0.end }) ?? spoken.last else { return }
        let text = blocks[first.block].texts[first.text].text
        stop = Stop(
            block: first.block, text: first.text,
            left: JSONText.prefix(text, cleared - (first.end - text.count)),
            stop: AnswerStop(choice: 0, part: .content, violation: violation))
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
