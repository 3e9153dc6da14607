internal import CharterDocuments

/// One part of one answer under watch, and what waits until its watchers have cleared it.
///
/// Whole pieces wait and whole pieces go, so that what is cleared passes on as it came. Only where
/// the answer is stopped a piece is shortened, and where some of it is replaced it is written anew.
struct AnswerLane<Watcher: TextWatcher>: Sendable {
    let part: AnswerPart
    private(set) var watch: PartWatch<Watcher>
    /// Nil: taken out.
    private var waiting: [Held?] = []
    private var firstWaiting = 0
    private var isComplete = false
    /// Why a call that is not whole yet will be dropped.
    private var violation: Watcher.Violation?

    /// A piece that waits for its texts to be cleared.
    struct Held: Sendable {
        let chunk: ChatChunk
        /// Its places in the event.
        let choicePlace, piecePlace: Int
        /// Whether the event holds nothing else.
        let isWholeEvent: Bool
        /// Its place among all pieces of the answer.
        let number: Int
        /// What of it is not delivered as it came; nil: all is.
        var edits: PieceEdits?
        fileprivate var mark = PartWatch<Watcher>.Mark()

        init(
            _ chunk: ChatChunk,
            choice choicePlace: Int,
            piece piecePlace: Int,
            isWholeEvent: Bool,
            number: Int
        ) {
            self.chunk = chunk
            self.choicePlace = choicePlace
            self.piecePlace = piecePlace
            self.isWholeEvent = isWholeEvent
            self.number = number
        }

        var choice: ChatChunk.Choice { chunk.choices[choicePlace] }
        var piece: AnswerPiece { choice.pieces[piecePlace] }
        var size: Int { chunk.source.count }

        mutating func edit(by watch: PartWatch<Watcher>) {
            let edits = watch.edits(of: piece, at: mark)
            if !edits.isEmpty { self.edits = edits }
        }
    }

    init(part: AnswerPart, makeWatcher: @escaping @Sendable () -> Watcher) {
        self.part = part
        watch = PartWatch(makeWatcher: makeWatcher)
    }

    /// Takes a piece; it waits until it is taken out.
    ///
    /// What is wrong with a call is told when the call is whole: until then none of it is delivered.
    mutating func push(_ held: Held) -> Watcher.Violation? {
        let (mark, violation) = watch.push(held.piece)
        var held = held
        held.mark = mark
        waiting.append(held)
        guard part.isCall else { return violation }
        self.violation = self.violation ?? violation
        return nil
    }

    /// Whether a piece of this event still waits.
    func isHolding(_ chunk: ChatChunk) -> Bool {
        waiting[firstWaiting...].contains { $0?.chunk === chunk }
    }

    /// The texts are over.
    ///
    /// - Parameter byModel: whether the model has ended them, not the watch.
    mutating func finish(byModel: Bool) -> [Watcher.Violation] {
        // A call that is cut off with the rest has done nothing that could be told.
        if part.isCall, !byModel { return [] }
        let violations = [violation].compactMap { $0 } + watch.finish()
        isComplete = byModel && violations.isEmpty
        return violations
    }

    /// A call that stands behind one that was dropped was never made.
    mutating func drop() { isComplete = false }

    /// Takes out the next piece that is cleared; of a call, nothing before all of it is.
    mutating func next() -> Held? {
        guard firstWaiting < waiting.count, !part.isCall || isComplete,
            watch.isCleared(waiting[firstWaiting]?.mark ?? .init()),
            var held = waiting[firstWaiting].take()
        else { return nil }
        firstWaiting += 1
        if firstWaiting == waiting.count || firstWaiting > 64 {
            waiting.removeFirst(firstWaiting)
            firstWaiting = 0
        }
        held.edit(by: watch)
        return held
    }

    /// Takes out what is cleared, and of the piece behind it what is cleared of its text; all else
    /// is gone.
    mutating func cut() -> [Held] {
        var pieces: [Held] = []
        while let held = next() { pieces.append(held) }
        if firstWaiting < waiting.count, !part.isCall, var held = waiting[firstWaiting] {
            let left = watch.delivery(of: held.piece.text, at: held.mark) ?? Array(held.piece.text)
            held.edits = PieceEdits(text: left)
            if !left.isEmpty { pieces.append(held) }
        }
        waiting = []
        firstWaiting = 0
        return pieces
    }
}
