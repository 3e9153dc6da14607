internal import CharterDetection
internal import CharterEngine

/// Finds what a request would have the model do: each match of a pattern is a demand of whoever
/// said it (SEMANTICS §7).
///
/// All of the conversation counts, also what was said before: a demand does not go away by being
/// followed by "go on". Of the assistant's own words only the last message counts, which the model
/// is asked to continue: what it said before was judged when it was said.
struct DemandDetector {
    private let enforcement: Enforcement
    private let scanner: TextScanner

    init(_ enforcement: Enforcement) {
        self.enforcement = enforcement
        scanner = TextScanner(enforcement.patterns, for: .request)
    }

    /// The demands, in order, each once.
    func demands(in request: ChatRequest) throws(ScanError) -> [Demand] {
        guard !enforcement.patterns.patterns.isEmpty else { return [] }
        var scratch = try Scratch(for: enforcement.patterns)
        var demands: [Demand] = []
        var seen: Set<Demand> = []
        let last = request.messages.count - 1
        for text in request.textsBesideMessages + request.texts {
            if text.speaker == .assistant, text.message != last { continue }
            let speaker = DemandDetector.speaker(of: text)
            let matches = try scanner.matches(in: text.bytes.span.bytes, using: &scratch)
            for pattern in Set(matches.map(\.pattern)).sorted() {
                let demand = demand(of: pattern, from: speaker)
                if seen.insert(demand).inserted { demands.append(demand) }
            }
        }
        return demands
    }

    private func demand(of pattern: Int, from speaker: Speaker) -> Demand {
        let pattern = enforcement.patterns.patterns[pattern]
        return Demand(
            pattern.behavior, value: pattern.value,
            isExplicit: pattern.asked, isTriggered: pattern.triggered, from: speaker)
    }

    /// `system` and `developer` are the operator's word; nothing on the wire is the platform's.
    private static func speaker(of text: ChatText) -> Speaker {
        switch text.speaker {
        case .system, .developer: .principal(.operator)
        case .user: .principal(.user)
        case .assistant: .assistant
        case .tool, .function: .tool("message")
        }
    }
}
