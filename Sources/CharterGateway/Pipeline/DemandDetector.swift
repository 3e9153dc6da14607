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
    private let scanner: TextScanner

    init(_ enforcement: Enforcement) {
        self.enforcement = enforcement
        scanner = TextScanner(enforcement.patterns, for: .request)
    }

    /// The demands in texts, in order, each once.
    func demands(in texts: [RequestText]) throws(ScanError) -> [Demand] {
        guard !enforcement.patterns.patterns.isEmpty else { return [] }
        var demands: [Demand] = []
        var seen: Set<Demand> = []
        func note(_ patterns: [Int], _ speaker: MessageRole) {
            for pattern in patterns {
                let demand = demand(of: pattern, from: DemandDetector.speaker(of: speaker))
                if seen.insert(demand).inserted { demands.append(demand) }
            }
        }
        for text in texts {
            note(try patterns(in: text.bytes), text.speaker)
            if case .arguments = text.kind, text.bytes.contains(UInt8(ascii: "\\")) {
                note(try scan(text.bytes, readsEscapes: true), text.speaker)
            }
        }
        // Servers put the parts of a message together, with a line break between them or nothing.
        for parts in DemandDetector.parted(texts) {
            for separator in [[], [UInt8(ascii: "\n")]] {
                let whole = Array(parts.map(\.bytes).joined(separator: separator))
                note(try patterns(in: whole[...]), parts[0].speaker)
            }
        }
        return demands.filter { demand in
            demand.from != .assistant || !demands.contains { covers($0, demand) }
        }
    }

    /// The patterns that a text matches, in their order.
    private func patterns(in text: ArraySlice<UInt8>) throws(ScanError) -> [Int] {
        try enforcement.matchedPatterns.reading(of: text) { () throws(ScanError) in
            try scan(text)
        }
    }

    private func scan(
        _ text: ArraySlice<UInt8>, readsEscapes: Bool = false
    ) throws(ScanError) -> [Int] {
        let matches = try enforcement.patterns.withScratch { scratch throws(ScanError) in
            try scanner.matches(
                in: text.span.bytes, using: &scratch, readsEscapes: readsEscapes, limit: 1)
        }
        return matches.isEmpty ? [] : Set(matches.map(\.pattern)).sorted()
    }

    /// The contents of messages that have several parts of one speaker.
    private static func parted(_ texts: [RequestText]) -> [[RequestText]] {
        func isPart(_ text: RequestText) -> Bool { text.kind == .content && text.message != nil }
        let hasParts = zip(texts, texts.dropFirst()).contains { one, next in
            isPart(one) && isPart(next) && one.message == next.message
        }
        guard hasParts else { return [] }
        let contents = texts.filter(isPart)
        var places: [[Int]: Int] = [:]
        var parts: [[RequestText]] = []
        for text in contents {
            let key = [text.message ?? 0, MessageRole.allCases.firstIndex(of: text.speaker) ?? 0]
            if let place = places[key] {
                parts[place].append(text)
            } else {
                places[key] = parts.count
                parts.append([text])
            }
        }
        return parts.filter { $0.count > 1 }
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

    private func demand(of pattern: Int, from speaker: Speaker) -> Demand {
        let pattern = enforcement.patterns.patterns[pattern]
        return Demand(
            pattern.behavior, value: pattern.value,
            isExplicit: pattern.asked && speaker != .assistant, isTriggered: pattern.triggered,
            from: speaker)
    }

    /// `system` and `developer` are the operator's word; nothing on the wire is the platform's.
    private static func speaker(of role: MessageRole) -> Speaker {
        switch role {
        case .system, .developer: .principal(.operator)
        case .user: .principal(.user)
        case .assistant: .assistant
        case .tool, .function: .tool("message")
        }
    }
}
