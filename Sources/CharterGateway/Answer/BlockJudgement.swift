internal import CharterDetection
internal import CharterDocuments

/// A block of an answer: what it is, and its texts in order with their path.
typealias JudgedBlock = (
    part: AnswerPart, texts: [(path: String, text: ArraySlice<UInt8>)]
)

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

    init(_ blocks: [JudgedBlock], watcher: (AnswerPart) -> Watcher) {
        for (number, block) in blocks.enumerated() {
            for (place, (path, text)) in block.texts.enumerated() {
                var watch = watcher(block.part)
                if AnswerPiece.isOfKeys(path) { watch.forbidEdits() }
                let pushed = watch.push(text)
                let violation = pushed ?? watch.finish()
                watchers.append((0, block.part, watch))
                guard let violation else {
                    redaction[text] = watch.edits.applied(to: text, at: 0)
                    continue
                }
                let left = JSONText.prefix(text, watch.cleared)
                stop = Stop(
                    block: number, text: place,
                    left: block.part.isCall
                        ? [] : watch.edits.applied(to: left, at: 0) ?? Array(left),
                    stop: AnswerStop(choice: 0, part: block.part, violation: violation))
                return
            }
        }
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
