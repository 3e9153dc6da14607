internal import CharterDetection
internal import CharterEngine

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
        /// A detector found that the answer exercises a behavior.
        case judged(BehaviorIndex)
        /// No detector could look for a behavior whose tier is closed.
        case undetermined(BehaviorIndex)
    }

    private let judge: AnswerJudge
    private let patterns: PatternSet
    private var watcher: StreamWatcher?
    private var delivery: [UInt8] = []
    private(set) var cleared = 0
    /// Patterns that matched without ending the text.
    private(set) var passed: Set<Int> = []
    /// Patterns whose matches were replaced, with what is said in their place.
    private var replacements: [Int: [UInt8]] = [:]
    private var canReplace: Bool
    private var hasEnded = false
    /// How the text begins, of what the model says; of other texts nothing.
    private(set) var beginning: [UInt8] = []
    private let keepsBeginning: Bool
    private let isRefusalPart: Bool

    /// Whether the model refuses in it.
    var isRefusal: Bool { isRefusalPart ? !beginning.isEmpty : RefusalWords.isRefusal(beginning) }
    /// What ends the text before it has begun, by what detectors said of the answer.
    private let ending: Violation?
    private let keepsText: Bool
    /// What was pushed, where it is kept.
    private(set) var text: [UInt8] = []

    /// Patterns whose matches were replaced.
    var redacted: Set<Int> { Set(replacements.keys) }
    var edits: [TextEdit] { watcher?.edits ?? endEdits }
    /// What was replaced in a text that is over, and the pattern of each.
    private var endEdits: [TextEdit] = []
    private var endPatterns: [Int] = []

    init(
        _ enforcement: Enforcement, _ judge: AnswerJudge, _ part: AnswerPart,
        endingBy ending: Violation? = nil, keepsText: Bool = false
    ) {
        self.judge = judge
        // Half a call is of no use.
        canReplace = !part.isCall
        isRefusalPart = part == .refusal
        keepsBeginning = part == .content || part == .refusal
        self.ending = ending
        self.keepsText = keepsText
        patterns = enforcement.patterns
        watcher = try? StreamWatcher(patterns, readsEscapes: part.isJSON)
    }

    func push(_ piece: ArraySlice<UInt8>) -> Violation? {
        if keepsBeginning, beginning.count < RefusalWords.length {
            beginning += piece.prefix(RefusalWords.length - beginning.count)
        }
        if keepsText { text += piece }
        return step { watcher, delivery, scratch, violates in
            watcher.push(
                piece.span.bytes, to: &delivery, using: &scratch, violates: violates,
                replacing: { self.replacements[$0.pattern] })
        }
    }

    func finish() -> Violation? {
        step { watcher, delivery, scratch, violates in
            watcher.finish(
                to: &delivery, using: &scratch, violates: violates,
                replacing: { self.replacements[$0.pattern] })
        }
    }

    func forbidEdits() { canReplace = false }

    func violation(replacedAt place: Int) -> Violation? {
        guard let edit = edits.firstIndex(where: { $0.range.contains(place) }) else { return nil }
        return .match(pattern: (watcher?.editPatterns ?? endPatterns)[edit])
    }

    /// Whether a match ends the text; what it comes to otherwise is noted.
    private func violates(_ match: Match) -> Bool {
        let pattern = match.pattern
        if passed.contains(pattern) || replacements[pattern] != nil { return false }
        switch judge.act(atPattern: pattern) {
        case .transform where canReplace:
            replacements[pattern] = judge.replacement(ofPattern: pattern)
        case .transform, .ask, .refuse: return true
        case .guide, .allow: passed.insert(pattern)
        }
        return false
    }

    private func step(
        _ body: (StreamWatcher, inout [UInt8], inout Scratch, (Match) -> Bool) ->
            StreamWatcher.Outcome
    ) -> Violation? {
        guard !hasEnded else { return nil }
        if let ending {
            hasEnded = true
            return ending
        }
        delivery.removeAll(keepingCapacity: true)
        let outcome = try? patterns.withScratch { scratch in
            watcher.map { watcher in
                body(watcher, &delivery, &scratch, violates)
            }
        }
        guard let watcher, let outcome else {
            hasEnded = true
            return .unwatchable
        }
        cleared = watcher.delivered
        switch outcome {
        case .open: return nil
        case .finished:
            end()
            return nil
        case .violation(let match):
            end()
            return .match(pattern: match.pattern)
        case .unreadable, .failed:
            end()
            return .unwatchable
        }
    }

    /// What is told of a text that is over needs none of the memory that it was watched with.
    private func end() {
        hasEnded = true
        endEdits = watcher?.edits ?? []
        endPatterns = watcher?.editPatterns ?? []
        watcher = nil
        delivery = []
    }
}
