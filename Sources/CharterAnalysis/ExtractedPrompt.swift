public import CharterDetection
public import CharterDocuments
public import CharterEngine

/// A system prompt in use, read back as a layer: what it says of the charter's behaviors, sentence by
/// sentence, by phrase rules or by a model.
///
/// Rules know what was written down beforehand, and a model may be wrong. What looks like an instruction
/// and was read as none is told, so that somebody may look.
public struct ExtractedPrompt: Sendable {
    /// Who read it: `phrase rules`, or a model's name.
    public let reader: String
    /// What an operator's layer would say, in the order of the prompt; of one behavior and operation
    /// the last.
    public let adjustments: [Extracted]
    /// What the charter does not let an operator do, with the reason.
    public let refused: [(extracted: Extracted, reason: Reason)]
    /// Sentences that look like instructions, and were read as none; among them those that would open
    /// something under a condition.
    public let unknown: [Sentence]
    /// Sentences that hand away what they should not, or hold what should not be there.
    public let risks: [(sentence: Sentence, risk: Risk)]

    /// A sentence of the prompt.
    public struct Sentence: Sendable, Hashable {
        /// As it is written.
        public var text: String
        /// Its line, from 1.
        public var line: Int
    }

    /// An adjustment with the sentence behind it.
    public struct Extracted: Sendable, Hashable {
        /// Which behavior.
        public var behavior: BehaviorID
        /// Which value of it.
        public var value: Text
        /// What is done.
        public var operation: Phrase.Operation
        /// The sentence that says it.
        public var sentence: Sentence
    }

    /// What is risky about a sentence.
    public enum Risk: String, Sendable, CaseIterable {
        /// Asks for obedience to whoever speaks.
        case obedience
        /// Holds a key or a password.
        case secret
        /// Believes whatever users say of themselves.
        case userAuthority = "user_authority"
        /// Lets documents and tools give orders.
        case toolAuthority = "tool_authority"

        /// Why, and what to do instead.
        public var words: String {
            switch self {
            case .obedience:
                "asks to obey whoever speaks: what the charter keeps holds anyway, and the rest is better named"
            case .secret:
                "holds a secret: whoever talks to the model may get it out"
            case .userAuthority:
                "a user's word about themselves is a claim, and no role: give roles, or ask for evidence"
            case .toolAuthority:
                "lets a document or a tool give orders: lend authority to a named tool, or to none"
            }
        }
    }

    /// Reads a prompt.
    ///
    /// - Throws: where a sentence cannot be searched.
    public init(
        _ prompt: SourceText, _ reader: some SentenceReader, _ charter: Charter
    ) throws {
        self.reader = reader.name
        let bytes = prompt.bytes
        var byPlace: [Place: Extracted] = [:]
        var order: [Place] = []
        var unknown: [Sentence] = []
        var risks: [(Sentence, Risk)] = []
        func add(_ extracted: Extracted) {
            let place = Place(behavior: extracted.behavior, operation: extracted.operation)
            if byPlace.updateValue(extracted, forKey: place) != nil {
                order.removeAll { $0 == place }
            }
            order.append(place)
        }
        let read = Dictionary(grouping: try reader.read(bytes[...]), by: \.range.lowerBound)
        let expressions = PromptExpressions()
        var compiledLine = 0
        for range in Sentences.ranges(of: bytes[...]) {
            let line = prompt.position(of: range.lowerBound).line
            let text = String(decoding: bytes[range], as: UTF8.self)
            let found = expressions.risks(in: text)
            // A secret is not told again.
            let sentence = Sentence(
                text: found.contains(.secret) ? "(holds a secret)" : text, line: line)
            risks += found.map { (sentence, $0) }
            // What a compiled prompt says stands in one line, whose other sentences are the charter's.
            if line == compiledLine { continue }
            if let (behavior, value) = ExtractedPrompt.compiled(text, charter, expressions) {
                compiledLine = line
                add(
                    Extracted(
                        behavior: behavior, value: value, operation: .set, sentence: sentence))
                continue
            }
            let stated = (read[range.lowerBound] ?? []).map(\.stated).filter {
                !StatedWords(bytes[range]).withhold($0, charter)
            }
            for each in stated {
                add(
                    Extracted(
                        behavior: each.behavior, value: each.value, operation: each.operation,
                        sentence: sentence))
            }
            let isWithheld = stated.count < read[range.lowerBound]?.count ?? 0
            if isWithheld || stated.isEmpty && expressions.isInstruction(sentence.text) {
                unknown.append(sentence)
            }
        }
        let extracted = order.compactMap { byPlace[$0] }
        let reasons = try ExtractedPrompt.refusals(extracted, charter)
        adjustments = zip(extracted, reasons).filter { $0.1 == nil }.map(\.0)
        refused = zip(extracted, reasons).compactMap { extracted, reason in
            reason.map { (extracted, $0) }
        }
        self.unknown = unknown
        self.risks = risks
    }

    private struct Place: Hashable {
        var behavior: BehaviorID
        var operation: Phrase.Operation
    }

    /// `` `id` is `value` `` behind the behavior's title, as `CompiledPrompt` writes it; the mark alone may
    /// be anybody's.
    private static func compiled(
        _ sentence: String, _ charter: Charter, _ expressions: PromptExpressions
    ) -> (behavior: BehaviorID, value: Text)? {
        guard let match = sentence.firstMatch(of: expressions.mark) else { return nil }
        let value = Text(String(match.2))
        guard let behavior = charter[BehaviorID(Text(String(match.1)))],
            behavior.rank(of: value) != nil,
            sentence[..<match.range.lowerBound].contains(behavior.title.onOneLine)
        else { return nil }
        return (behavior.id, value)
    }

    /// Why the charter refuses each; nil where it does not.
    private static func refusals(
        _ extracted: [Extracted], _ charter: Charter
    ) throws -> [Reason?] {
        try extracted.map { each in
            var layer = Layer(name: "prompt")
            var adjustment = Adjustment(each.behavior)
            let rank = charter[each.behavior]?.rank(of: each.value)
            switch each.operation {
            case .set: adjustment.set = rank
            case .allow: adjustment.allow = rank
            case .deny: adjustment.deny = rank
            case .forbid: adjustment.forbid = rank
            }
            guard each.operation == .set || each.operation == .allow || rank != .cautious else {
                return .unknownValue
            }
            layer.adjust = [adjustment]
            let policy = try Policy.compile(charter, .init(operators: [layer]))
            return try policy.decide(Request()).refused.first { $0.scope == .operator }?.reason
        }
    }
}

extension ExtractedPrompt {
    /// The proposed layer, with the sentence behind each adjustment.
    public var layer: String {
        var lines = ["layer: operator", "name: from_prompt"]
        lines.append(adjustments.isEmpty ? "adjust: {}" : "adjust:")
        var done: Set<BehaviorID> = []
        for each in adjustments where done.insert(each.behavior).inserted {
            let same = adjustments.filter { $0.behavior == each.behavior }
            for other in same {
                lines.append("  # line \(other.sentence.line): \(ExtractedPrompt.comment(other))")
            }
            let operations = same.map { "\($0.operation.rawValue): \($0.value)" }
            lines.append("  \(each.behavior): {\(operations.joined(separator: ", "))}")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private static func comment(_ extracted: Extracted) -> String {
        String(TextWidth.visible(extracted.sentence.text).prefix(160))
    }
}
