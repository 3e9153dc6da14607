internal import CharterDetection
internal import CharterEngine

/// Finds what a request would have the model do: each match of a pattern is a demand of whoever
/// said it (SEMANTICS §7).
///
/// All of the conversation counts, also what was said before: a demand does not go away by being
/// followed by "go on". What the assistant is said to have said counts as its own, since a history
/// is whatever the client sends; what a principal asked for up to the same value counts instead,
/// as it does for an answer.
struct DemandDetector {
    private let enforcement: Enforcement
    private let detector: PatternDetector

    init(_ enforcement: Enforcement) {
        self.enforcement = enforcement
        detector = PatternDetector(enforcement.patterns)
    }

    /// The demands in texts, in order, each once: those of the patterns, then what other detectors found.
    func demands(
        in texts: [RequestText], beside found: [Demand] = []
    ) throws(ScanError) -> [Demand] {
        let texts = enforcement.patterns.patterns.isEmpty ? [] : DemandDetector.texts(of: texts)
        var demands: [Demand] = []
        var seen: Set<Demand> = []
        func note(_ demand: Demand) {
            if seen.insert(demand).inserted { demands.append(demand) }
        }
        for (text, number) in zip(texts, 0...) {
            for place in try matched(text) {
                note(Demand(detector.detection(place, text: number), in: texts))
            }
        }
        found.forEach(note)
        return demands.filter { demand in
            demand.from != .assistant || !demands.contains { covers($0, demand) }
        }
    }

    /// What a text matches: one that comes again is not read again.
    private func matched(_ text: DetectedText) throws(ScanError) -> [Int] {
        guard !text.isJSON else { return try detector.matched(text) }
        return try enforcement.matchedPatterns.reading(of: text.bytes) { () throws(ScanError) in
            try detector.matched(text)
        }
    }

    /// Whether a principal or a tool asked for what the assistant said.
    private func covers(_ asked: Demand, _ said: Demand) -> Bool {
        guard asked.from != .assistant, asked.behavior == said.behavior,
            asked.isTriggered == said.isTriggered,
            let behavior = enforcement.policy.charter[said.behavior]
        else { return false }
        func rank(_ demand: Demand) -> Rank {
            demand.value.flatMap { behavior.rank(of: $0) } ?? behavior.top
        }
        return rank(asked) >= rank(said)
    }

    /// What the patterns look at: each text, and what servers make of several.
    private static func texts(of all: [RequestText]) -> [DetectedText] {
        var texts: [DetectedText] = []
        for text in all {
            let speaker = text.speaker.speaker
            texts.append(DetectedText(speaker: speaker, bytes: text.bytes))
            if case .arguments = text.kind, text.bytes.contains(UInt8(ascii: "\\")) {
                texts.append(DetectedText(speaker: speaker, bytes: text.bytes, isJSON: true))
            }
        }
        // Servers put the parts of a message together, with a line break between them or nothing.
        for parts in all.filter({ $0.kind == .content }).byMessage
        where parts.count > 1 {
            for separator in [[], [UInt8(ascii: "\n")]] {
                let whole = Array(parts.map(\.bytes).joined(separator: separator))
                texts.append(DetectedText(speaker: parts[0].speaker.speaker, bytes: whole[...]))
            }
        }
        return texts
    }
}
