internal import CharterDetection

/// Watches one text of an answer with the patterns for answers.
///
/// `@unchecked Sendable`: an exchange is one task's at a time, and nothing else has a reference to
/// its watchers or to the state of the automaton.
final class PatternWatcher: TextWatcher, @unchecked Sendable {
    /// Why a text may not go on.
    enum Violation: Sendable, Hashable {
        /// The pattern that matched.
        case match(pattern: Int)
        /// The text cannot be watched: nothing that was not looked at is delivered.
        case unwatchable
    }

    private let judge: AnswerJudge
    private let patterns: PatternSet
    private var watcher: StreamWatcher?
    private var delivery: [UInt8] = []
    private(set) var cleared = 0
    /// Patterns that matched without ending the text.
    private(set) var passed: Set<Int> = []
    private var hasEnded = false

    init(_ enforcement: Enforcement, _ judge: AnswerJudge, _ part: AnswerPart) {
        self.judge = judge
        patterns = enforcement.patterns
        watcher = try? StreamWatcher(patterns, readsEscapes: part.isJSON)
    }

    func push(_ piece: ArraySlice<UInt8>) -> Violation? {
        step { watcher, delivery, scratch, violates in
            watcher.push(piece.span.bytes, to: &delivery, using: &scratch, violates: violates)
        }
    }

    func finish() -> Violation? {
        step { watcher, delivery, scratch, violates in
            watcher.finish(to: &delivery, using: &scratch, violates: violates)
        }
    }

    private func step(
        _ body: (StreamWatcher, inout [UInt8], inout Scratch, (Match) -> Bool) ->
            StreamWatcher.Outcome
    ) -> Violation? {
        guard !hasEnded else { return nil }
        delivery.removeAll(keepingCapacity: true)
        let outcome = try? patterns.withScratch { scratch in
            watcher.map { watcher in
                body(watcher, &delivery, &scratch) { match in
                    if passed.contains(match.pattern) { return false }
                    if judge.ends(atPattern: match.pattern) { return true }
                    passed.insert(match.pattern)
                    return false
                }
            }
        }
        guard let watcher, let outcome else {
            hasEnded = true
            return .unwatchable
        }
        cleared = watcher.delivered
        switch outcome {
        case .open, .finished: return nil
        case .violation(let match):
            hasEnded = true
            return .match(pattern: match.pattern)
        case .unreadable, .failed:
            hasEnded = true
            return .unwatchable
        }
    }
}
