internal import CharterDocuments

/// What of a piece is not delivered as it came.
struct PieceEdits: Sendable {
    /// What is delivered of its text; nil: all of it, as it came.
    var text: [UInt8]?
    /// What is delivered of the texts inside.
    var inside = Redaction()

    var isEmpty: Bool { text == nil && inside.isEmpty }
}

extension PartWatch {
    /// What of a piece that is cleared, or that an answer was stopped in, is not delivered as it came.
    func edits(of piece: AnswerPiece, at mark: Mark) -> PieceEdits {
        var edits = PieceEdits(text: delivery(of: piece.text, at: mark))
        for (inside, number) in zip(piece.textsInside, 1...) {
            edits.inside[inside.text] = delivery(of: inside.text, number, at: mark)
        }
        return edits
    }
}
