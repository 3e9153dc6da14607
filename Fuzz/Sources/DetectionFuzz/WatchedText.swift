import CharterDetection
import Fuzzing

/// What came of watching a text in pieces.
struct WatchedText: Equatable {
    private(set) var matches: [Match] = []
    private var outcome = StreamWatcher.Outcome.open
    private var delivered: [UInt8] = []

    init(_ pieces: [[UInt8]], _ patterns: PatternSet, _ violates: (Int) -> Bool) {
        do {
            var scratch = try Scratch(for: patterns)
            let watcher = try StreamWatcher(patterns)
            var told: [Match] = []
            let judge = { (match: Match) in
                told.append(match)
                return violates(match.pattern)
            }
            for piece in pieces {
                watcher.push(piece.span.bytes, to: &delivered, using: &scratch, violates: judge)
            }
            outcome = watcher.finish(to: &delivered, using: &scratch, violates: judge)
            matches = told
        } catch {
            check(false, "a text is watched: \(error)")
        }
    }

    func checkDelivery(of text: [UInt8]) {
        check(text.starts(with: delivered), "what is delivered is the text")
        switch outcome {
        case .finished: check(delivered == text, "all is delivered")
        case .violation(let violation):
            check(violation.range.lowerBound == delivered.count, "\(violation) is not delivered")
            check(violation.range.upperBound <= text.count, "\(violation) is in the text")
        case .open, .unreadable, .failed: check(false, "it ends: \(outcome)")
        }
    }
}
