public import CharterEngine

/// The patterns that stand beside a charter, as a detector: at once, and without a wait.
public struct PatternDetector: Detector {
    private let patterns: PatternSet
    private let requestScanner: TextScanner
    private let answerScanner: TextScanner

    /// A detector with these patterns.
    public init(_ patterns: PatternSet) {
        self.patterns = patterns
        requestScanner = TextScanner(patterns, for: .request)
        answerScanner = TextScanner(patterns, for: .answer)
    }

    /// As records call it.
    public var name: String { "patterns" }
    /// Microseconds.
    public var cost: DetectorCost { .local }
    /// Those that a pattern names.
    public var behaviors: Set<BehaviorID> { Set(patterns.patterns.map(\.behavior)) }
    /// Nobody keeps its answers: to look again is as fast.
    public var identity: [UInt8] { Array(name.utf8) }

    /// The places of the patterns that a text matches, in their order; linear in the text.
    public func matched(_ text: DetectedText) throws(ScanError) -> [Int] {
        guard !patterns.patterns.isEmpty else { return [] }
        let scanner = text.place == .request ? requestScanner : answerScanner
        let matches = try patterns.withScratch { scratch throws(ScanError) in
            try scanner.matches(
                in: text.bytes.span.bytes, using: &scratch, readsEscapes: text.isJSON, limit: 1)
        }
        return matches.isEmpty ? [] : Set(matches.map(\.pattern)).sorted()
    }

    /// What matches, text by text, then in the order of the patterns; each pattern once a text. Patterns
    /// know where a match ends and not where it begins, and tell no span.
    ///
    /// - Complexity: linear in the texts.
    public func detections(in texts: [DetectedText]) throws(ScanError) -> [Detection] {
        var detections: [Detection] = []
        for (text, number) in zip(texts, 0...) {
            for place in try matched(text) { detections.append(detection(place, text: number)) }
        }
        return detections
    }

    /// What a match of a pattern in a text is.
    public func detection(_ place: Int, text: Int) -> Detection {
        let pattern = patterns.patterns[place]
        return Detection(
            pattern.behavior, value: pattern.value, isAsked: pattern.asked,
            isTriggered: pattern.triggered, text: text)
    }

    /// As `detections(in:)`.
    public func detect(
        _ texts: [DetectedText], for behaviors: [BehaviorID], within: Duration
    ) async throws(DetectorFailure) -> [Detection] {
        do {
            return try detections(in: texts).filter { behaviors.contains($0.behavior) }
        } catch {
            throw .unreachable
        }
    }
}
