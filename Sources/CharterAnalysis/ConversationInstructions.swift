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

        fileprivate init(_ found: FoundSentence, _ outcome: Outcome) {
            speaker = found.spoken.speaker
            place = found.spoken.place
            sentence = found.sentence
            behavior = found.stated.behavior
            value = found.stated.value
            isExplicit = !found.stated.isImplied
            self.outcome = outcome
        }
    }

    /// What became of an instruction.
    public enum Outcome: Sendable, Hashable {
        /// It is in force.
        case inForce
        /// It was taken, and a later step put something else in force.
        case superseded
        /// It was refused.
        case refused(Reason)
        /// It asks for no more than is in force already.
        case holdsAlready
        /// It takes something from others or opens it to them, which only a layer can.
        case needsLayer(Phrase.Operation)

        /// `in_force`, `superseded`, `holds_already`, `needs_layer`, or the reason of a refusal.
        public var name: String {
            switch self {
            case .inForce: "in_force"
            case .superseded: "superseded"
            case .holdsAlready: "holds_already"
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
        _ request: Request, user: UserLayer? = nil
    ) throws {
        self.reader = reader.name
        let found = try ConversationInstructions.find(messages, reader, policy.charter)
        let fates = try ConversationInstructions.fates(of: found, policy, request, user)
        var request = request
        let before = request.instructions.count
        request.instructions += zip(found, fates).compactMap { $1 == .taken ? $0.instruction : nil }
        decision = try policy.decide(request, user: user, withTrail: true)
        var outcomes = InstructionOutcomes(request, decision).all.dropFirst(before).makeIterator()
        entries = zip(found, fates).compactMap { sentence, fate in
            let outcome: Outcome? =
                switch fate {
                case .taken: outcomes.next() ?? .superseded
                case .needsLayer: .needsLayer(sentence.stated.operation)
                case .holdsAlready: .holdsAlready
                case .withheld: nil
                }
            return outcome.map { Entry(sentence, $0) }
        }
        unknown = ConversationInstructions.unknown(messages, found)
    }

    /// What the messages instruct, in order, as a request has it: what the gateway decides by.
    ///
    /// What is said twice counts once, and tools have one name: so there are never more instructions than
    /// a charter has words for, and nothing of a message is in them.
    ///
    /// - Throws: as ``init(_:_:_:_:user:)``.
    public static func instructions(
        in messages: MessageList, _ reader: some SentenceReader, _ policy: Policy,
        _ request: Request, user: UserLayer? = nil
    ) throws -> [Instruction] {
        let found = try find(messages, reader, policy.charter)
        let fates = try fates(of: found, policy, request, user)
        return zip(found, fates).compactMap { $1 == .taken ? $0.instruction : nil }.map {
            var instruction = $0
            if case .tool = instruction.from { instruction.from = .tool("message") }
            return instruction
        }.withoutRepetitions
    }

    /// What is done with a sentence that was read, before anything is decided.
    private enum Fate {
        case taken
        /// It takes or opens, which only a layer can.
        case needsLayer
        /// It would open something under a condition.
        case withheld
        /// It asks for no more than some value, and there is no more.
        case holdsAlready
    }

    /// "No gore" sets a value that is not the most cautious one; it is never to raise what was below.
    private static func fates(
        of found: [FoundSentence], _ policy: Policy, _ request: Request, _ user: UserLayer?
    ) throws(RequestError) -> [Fate] {
        var highest: [BehaviorID: Rank] = [:]
        if found.contains(where: \.isProhibition) {
            let decision = try policy.decide(request, user: user)
            for (behavior, decided) in zip(policy.charter.behaviors, decision.behaviors) {
                highest[behavior.id] = decided.setting
            }
        }
        return found.map { sentence in
            guard !sentence.isWithheld else { return .withheld }
            guard sentence.stated.operation == .set else { return .needsLayer }
            let id = sentence.stated.behavior
            guard let rank = policy.charter[id]?.rank(of: sentence.stated.value) else {
                return .taken
            }
            if sentence.isProhibition, rank >= highest[id] ?? .none { return .holdsAlready }
            highest[id] = max(rank, highest[id] ?? .none)
            return .taken
        }
    }

    /// A sentence that instructs something.
    fileprivate struct FoundSentence {
        var spoken: MessageList.Spoken
        /// Which of the list's texts it stands in, and where.
        var text: Int
        var range: Range<Int>
        var stated: StatedAdjustment
        /// Whether it would open something under a condition, and so is not taken.
        var isWithheld: Bool
        /// Whether it asks for no more than its value.
        var isProhibition: Bool

        var sentence: String { MessageList.sentence(range, of: spoken) }

        /// Nil where only a layer can do what it says.
        var instruction: Instruction? {
            guard stated.operation == .set else { return nil }
            return Instruction(
                from: spoken.speaker, .set(stated.behavior, stated.value),
                isExplicit: !stated.isImplied)
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
                let (stated, words) = (sentence.stated, StatedWords(bytes[sentence.range]))
                found.append(
                    FoundSentence(
                        spoken: spoken, text: text, range: sentence.range, stated: stated,
                        isWithheld: words.withhold(stated, charter),
                        isProhibition: words.prohibit(stated, charter)))
            }
        }
        return found
    }

    /// What reads like an instruction of a principal's, and was taken as none.
    private static func unknown(
        _ messages: MessageList, _ found: [FoundSentence]
    ) -> [(place: String, sentence: String)] {
        let expressions = PromptExpressions()
        let read = Dictionary(grouping: found, by: \.text)
        var unknown: [(place: String, sentence: String)] = []
        for (text, spoken) in messages.texts.enumerated() {
            guard case .principal = spoken.speaker else { continue }
            let withheld = Set((read[text] ?? []).filter(\.isWithheld).map(\.range))
            let known = Set((read[text] ?? []).map(\.range))
            for range in Sentences.ranges(of: Array(spoken.text.utf8)[...]) {
                let sentence = MessageList.sentence(range, of: spoken)
                let isMissed = !known.contains(range) && expressions.isInstruction(sentence)
                if withheld.contains(range) || isMissed { unknown.append((spoken.place, sentence)) }
            }
        }
        return unknown
    }
}
