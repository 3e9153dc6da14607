import CharterDetection
import Fuzzing

/// What came of watching a text in pieces.
struct WatchedText: Equatable {
    private(set) var matches: [Match] = []
    private var outcome = StreamWatcher.Outcome.open
    private var delivered: [UInt8] = []
    private var cleared = 0
    private var edits: [TextEdit] = []

    init(
        _ pieces: [[UInt8]], _ patterns: PatternSet, _ violates: (Int) -> Bool,
        replacing: (Int) -> Bool
    ) {
        do {
            var scratch = try Scratch(for: patterns)
            let watcher = try StreamWatcher(patterns)
            var told: [Match] = []
            let judge = { (match: Match) in
                told.append(match)
                return violates(match.pattern)
            }
            let words = { (match: Match) in
                replacing(match.pattern) ? Array("<\(match.pattern)>".utf8) : nil
            }
            for piece in pieces {
                watcher.push(
                    piece.span.bytes, to: &delivered, using: &scratch, violates: judge,
                    replacing: words)
            }
            outcome = watcher.finish(
                to: &delivered, using: &scratch, violates: judge, replacing: words)
            cleared = watcher.delivered
            edits = watcher.edits
            matches = told
        } catch {
            check(false, "a text is watched: \(error)")
        }
    }

    func checkDelivery(of text: [UInt8]) {
        let expected = edits.applied(to: text.prefix(cleared), at: 0) ?? Array(text.prefix(cleared))
        check(delivered == expected, "what is delivered is the text with its edits")
        for (edit, next) in zip(edits, edits.dropFirst()) {
            check(edit.range.upperBound < next.range.lowerBound, "\(edit) and \(next) are apart")
        }
        switch outcome {
        case .finished: check(cleared == text.count, "all is delivered")
        case .violation(let violation):
            check(violation.range.lowerBound == cleared, "\(violation) is not delivered")
            check(edits.last?.range.upperBound ?? 0 <= cleared, "no edit is behind it")
            check(violation.range.upperBound <= text.count, "\(violation) is in the text")
        case .open, .unreadable, .failed: check(false, "it ends: \(outcome)")
        }
    }
}
