internal import CharterDetection
internal import CharterDocuments
internal import CharterEngine

/// A request in which the words that call for `transform` are replaced, and nothing else is changed.
///
/// It is there only where all of them could be: where the same texts are looked at again, none is found.
struct RequestRedaction {
    /// The request that goes on.
    let request: any ModelRequest
    /// The behaviors whose words were replaced, in the order of the verdict.
    let behaviors: [BehaviorIndex]
    /// What is left of the verdict.
    let verdict: Verdict

    /// Replaces words in a request whose verdict is `transform`.
    ///
    /// - Parameters:
    ///   - read: reads the body that goes on.
    ///   - look: finds what a request demands.
    /// - Returns: nil where some of the words cannot be replaced: they stand in a key or a name, across the
    ///   parts of a message, in the escapes of a call's arguments, or nobody knows where they stand.
    init?(
        of request: any ModelRequest, _ decision: Decision, _ judge: AnswerJudge,
        read: ([UInt8]) throws(APIError) -> any ModelRequest,
        look: (any ModelRequest) throws(APIError) -> [Demand]
    ) {
        let policy = judge.enforcement.policy
        let behaviors = RequestRedaction.behaviors(of: decision.verdict, policy.charter)
        guard
            let redaction = RequestRedaction.redaction(
                request.texts, Set(behaviors), decision, judge)
        else { return nil }
        var body: [UInt8] = []
        guard redaction.write(request.document.root, to: &body) == redaction.count,
            let redacted = try? read(body), let before = try? look(request),
            let after = try? look(redacted)
        else { return nil }
        func unmet(_ demands: [Demand]) -> Set<BehaviorIndex> {
            Set(policy.verdict(of: demands, given: decision.behaviors).unmet)
        }
        guard unmet(after).isSubset(of: unmet(before).subtracting(behaviors)) else { return nil }
        self.request = redacted
        self.behaviors = behaviors
        // What the words called for beside, a guide or a duty, is owed all the same.
        var verdict = decision.verdict
        verdict.unmet.removeAll(where: behaviors.contains)
        verdict.act = verdict.unmet.isEmpty ? .allow : .guide
        self.verdict = verdict
    }

    /// Those of a verdict that call for `transform`: a behavior that gave way to a duty calls for a guide.
    private static func behaviors(of verdict: Verdict, _ charter: Charter) -> [BehaviorIndex] {
        verdict.unmet.filter { index in
            charter[index].otherwise == .transform
                && !verdict.conflicts.contains { conflict in
                    conflict.behavior == index && conflict.kind != .inaction
                        && charter[conflict.duty].tier < charter[index].tier
                }
        }
    }

    /// What is said in place of words; nil where some of them cannot be replaced.
    private static func redaction(
        _ texts: [RequestText], _ behaviors: Set<BehaviorIndex>, _ decision: Decision,
        _ judge: AnswerJudge
    ) -> Redaction? {
        let patterns = judge.enforcement.patterns
        let replaced = patterns.patterns.indices.filter { place in
            judge.enforcement.exercised[place].map { exercised in
                behaviors.contains(exercised.behavior)
                    && exercised.rank > decision.behaviors[exercised.behavior.number].setting
            } ?? false
        }
        let replacements = Dictionary(
            uniqueKeysWithValues: replaced.map { ($0, judge.replacement(ofPattern: $0)) })
        let scanner = TextScanner(patterns, for: .request)
        guard var scratch = try? Scratch(for: patterns) else { return nil }
        var redaction = Redaction()
        for text in texts {
            guard
                let edits = try? scanner.edits(
                    in: text.bytes.span.bytes, using: &scratch,
                    replacing: { replacements[$0.pattern] })
            else { return nil }
            guard let new = edits.applied(to: text.bytes, at: 0) else { continue }
            guard isFit(new, in: text) else { return nil }
            redaction[text.bytes] = new
        }
        return redaction.isEmpty ? nil : redaction
    }

    /// Whether a text may say something else: names are those of things, and arguments are JSON.
    private static func isFit(_ new: [UInt8], in text: RequestText) -> Bool {
        switch text.kind {
        case .name: false
        case .arguments:
            (try? JSONDocument(new)) != nil || (try? JSONDocument(Array(text.bytes))) == nil
        case .content, .refusal, .other: true
        }
    }
}
