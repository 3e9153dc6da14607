public import CharterDetection
internal import CharterDocuments
public import CharterEngine

/// Every instruction that is found in a conversation, and what became of it.
public struct ConversationInstructions: Sendable {
    /// In the order of the conversation.
    public let entries: [Entry]
    /// The decision that they lead to, with its trail.
    public let decision: Decision
    /// Who read them: `phrase rules`, or a model's name.
    public let reader: String
    /// Sentences of principals that look like instructions, and were read as none.
    public let unknown: [(place: String, sentence: String)]

    /// One instruction.
    public struct Entry: Sendable {
        /// Who speaks.
        public let speaker: Speaker
        /// Where: `messages[3].content`.
        public let place: String
        /// The sentence, as it is written.
        public let sentence: String
        /// Which behavior.
        public let behavior: BehaviorID
        /// Which value of it.
        public let value: Text
        /// Said, and not only implied.
        public let isExplicit: Bool
        /// What became of it.
        public let outcome: Outcome
    }

    /// What became of an instruction.
    public enum Outcome: Sendable, Hashable {
        /// It is in force.
        case inForce
        /// It was taken, and a later step put something else in force.
        case superseded
        /// It was refused.
        case refused(Reason)
        /// It takes something from others or opens it to them, which only a layer can.
        case needsLayer(Phrase.Operation)

        /// `in_force`, `superseded`, `needs_layer`, or the reason of a refusal.
        public var name: String {
            switch self {
            case .inForce: "in_force"
            case .superseded: "superseded"
            case .refused(let reason): reason.rawValue
            case .needsLayer: "needs_layer"
            }
        }
    }

    /// Finds the instructions of a conversation, and decides with them, behind those that the request
    /// has already.
    ///
    /// - Throws: where the request names a channel that the operator does not have, or a text cannot
    ///   be searched.
    public init(
        _ messages: MessageList, _ reader: some SentenceReader, _ policy: Policy,
        _ request: Request,
        user: UserLayer? = nil
    ) throws {
        let all = try ConversationInstructions.find(messages, reader, policy.charter)
        let found = all.filter { !$0.isWithheld }
        self.reader = reader.name
        var request = request
        let before = request.instructions.count
        request.instructions += found.compactMap(\.instruction)
        decision = try policy.decide(request, user: user, withTrail: true)
        var outcomes = ConversationInstructions.outcomes(request, policy, decision)
            .dropFirst(before).makeIterator()
        var entries: [Entry] = []
        for each in found {
            let (spoken, instructed) = (each.spoken, each.instructed)
            let outcome: Outcome =
                instructed.operation == .set
                ? outcomes.next() ?? .superseded : .needsLayer(instructed.operation)
            entries.append(
                Entry(
                    speaker: spoken.speaker, place: spoken.place, sentence: each.sentence,
                    behavior: instructed.behavior, value: instructed.value,
                    isExplicit: !instructed.isImplied,
                    outcome: outcome))
        }
        self.entries = entries
        unknown = ConversationInstructions.unknown(messages, all)
    }

    /// What the messages instruct, in order, as a request has it: what the gateway decides by.
    ///
    /// What is said twice counts once, and tools have one name: so there are never more instructions than
    /// a charter has words for, and nothing of a message is in them.
    public static func instructions(
        in messages: MessageList, _ reader: some SentenceReader, _ charter: Charter
    ) throws(ScanError) -> [Instruction] {
        try find(messages, reader, charter).filter { !$0.isWithheld }.compactMap(\.instruction).map
        {
            var instruction = $0
            if case .tool = instruction.from { instruction.from = .tool("message") }
            return instruction
        }.withoutRepetitions
    }

    /// A sentence that instructs something.
    private struct FoundSentence {
        var spoken: MessageList.Spoken
        /// Which of the list's texts it stands in, and where.
        var text: Int
        var range: Range<Int>
        var instructed: StatedAdjustment
        /// Whether it would open something under a condition, and so is not taken.
        var isWithheld: Bool

        var sentence: String { MessageList.sentence(range, of: spoken) }

        /// Nil where only a layer can do what it says.
        var instruction: Instruction? {
            guard instructed.operation == .set else { return nil }
            return Instruction(
                from: spoken.speaker, .set(instructed.behavior, instructed.value),
                isExplicit: !instructed.isImplied)
        }
    }

    /// What a reader finds, in the order of the conversation.
    private static func find(
        _ messages: MessageList, _ reader: some SentenceReader, _ charter: Charter
    ) throws(ScanError) -> [FoundSentence] {
        var found: [FoundSentence] = []
        for (text, spoken) in messages.texts.enumerated() {
            let bytes = Array(spoken.text.utf8)
            for sentence in try reader.read(bytes[...]) {
                let isWithheld = StatedCondition.withholds(
                    sentence.instructed, from: bytes[sentence.range], charter)
                found.append(
                    FoundSentence(
                        spoken: spoken, text: text, range: sentence.range,
                        instructed: sentence.instructed, isWithheld: isWithheld))
            }
        }
        return found
    }

    /// What reads like an instruction of a principal's, and was taken as none.
    private static func unknown(
        _ messages: MessageList, _ found: [FoundSentence]
    ) -> [(place: String, sentence: String)] {
        let read = Dictionary(grouping: found, by: \.text)
        var unknown: [(place: String, sentence: String)] = []
        for (text, spoken) in messages.texts.enumerated() {
            guard case .principal = spoken.speaker else { continue }
            let withheld = Set((read[text] ?? []).filter(\.isWithheld).map(\.range))
            let known = Set((read[text] ?? []).map(\.range))
            for range in Sentences.ranges(of: Array(spoken.text.utf8)[...]) {
                let sentence = MessageList.sentence(range, of: spoken)
                let isMissed = !known.contains(range) && ExtractedPrompt.isInstruction(sentence)
                if withheld.contains(range) || isMissed { unknown.append((spoken.place, sentence)) }
            }
        }
        return unknown
    }

    /// What became of each instruction of a request, in its order.
    ///
    /// An instruction is one step of its level's scope; those without authority come first in the
    /// user's (SEMANTICS §6).
    private static func outcomes(
        _ request: Request, _ policy: Policy, _ decision: Decision
    ) -> [Outcome] {
        var lent: [Text: Level] = [:]
        var scopes: [(behavior: BehaviorID, scope: Scope, hasAuthority: Bool)?] = []
        for instruction in request.instructions {
            switch instruction.content {
            case .delegate(let tool):
                if instruction.isExplicit, case .principal(let level) = instruction.from {
                    lent[tool] = lent[tool].map { min($0, level) } ?? level
                }
                scopes.append(nil)
            case .set(let behavior, _):
                let level: Level? =
                    switch instruction.from {
                    case .principal(let level): level
                    case .tool(let name): lent[name]
                    case .assistant: nil
                    }
                let scope: Scope =
                    switch level {
                    case .root?, .platform?: .platformInstruction
                    case .operator?: .operatorInstruction
                    case .user?, nil: .userInstruction
                    }
                scopes.append((behavior, scope, level != nil))
            }
        }
        return scopes.enumerated().map { number, place in
            guard let place else { return .inForce }
            let same = scopes.enumerated().filter { other in
                other.element?.behavior == place.behavior && other.element?.scope == place.scope
            }.map { (number: $0.offset, hasAuthority: $0.element?.hasAuthority ?? false) }
            let order =
                same.filter { !$0.hasAuthority } + same.filter(\.hasAuthority)
            let steps = decision.trail.enumerated().filter {
                $0.element.behavior == place.behavior && $0.element.scope == place.scope
                    && $0.element.operation == .set
            }
            guard let rank = order.firstIndex(where: { $0.number == number }),
                steps.indices.contains(rank)
            else { return .superseded }
            let step = steps[rank]
            if let reason = step.element.reason { return .refused(reason) }
            let isLast = !decision.trail[(step.offset + 1)...].contains {
                $0.behavior == place.behavior && $0.reason == nil
                    && $0.setting != step.element.setting
            }
            return isLast ? .inForce : .superseded
        }
    }
}
