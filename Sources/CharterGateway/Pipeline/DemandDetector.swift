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
        var scratch = try Scratch(for: enforcement.patterns)
        var demands: [Demand] = []
        var seen: Set<Demand> = []
        func note(_ matches: [Match], _ speaker: MessageRole) {
            if matches.isEmpty { return }
            for pattern in Set(matches.map(\.pattern)).sorted() {
                let demand = demand(of: pattern, from: DemandDetector.speaker(of: speaker))
                if seen.insert(demand).inserted { demands.append(demand) }
            }
        }
        for text in texts {
            let bytes = text.bytes
            note(try scanner.matches(in: bytes.span.bytes, using: &scratch), text.speaker)
            if case .arguments = text.kind, bytes.contains(UInt8(ascii: "\\")) {
                note(
                    try scanner.matches(in: bytes.span.bytes, using: &scratch, readsEscapes: true),
                    text.speaker)
            }
        }
        // Servers put the parts of a message together, with a line break between them or nothing.
        for parts in DemandDetector.parted(texts) {
            for separator in [[], [UInt8(ascii: "\n")]] {
                let whole = Array(parts.map(\.bytes).joined(separator: separator))
                note(try scanner.matches(in: whole.span.bytes, using: &scratch), parts[0].speaker)
            }
        }
        return demands.filter { demand in
            demand.from != .assistant || !demands.contains { covers($0, demand) }
        }
    }

    /// The contents of messages that have several parts of one speaker, and those outside of them.
    private static func parted(_ texts: [RequestText]) -> [[RequestText]] {
        let contents = texts.filter { $0.kind == .content }
        var places: [[Int]: Int] = [:]
        var parts: [[RequestText]] = []
        for text in contents {
            let key = [text.message ?? -1, MessageRole.allCases.firstIndex(of: text.speaker) ?? 0]
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
