public import CharterDetection
internal import CharterDocuments
public import CharterEngine

/// Every instruction that is found in a conversation, and what became of it.
public struct ConversationInstructions: Sendable {
    /// In the order of the conversation.
    public let entries: [Entry]
    /// The decision that they lead to, with its trail.
    public let decision: Decision
    /// Sentences of principals that read like instructions, and that no rule knows.
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
        _ messages: MessageList, _ finder: PhraseFinder, _ policy: Policy, _ request: Request,
        user: UserLayer? = nil
    ) throws {
        var unknown: [(place: String, sentence: String)] = []
        var found: [(spoken: MessageList.Spoken, sentence: String, phrase: Phrase)] = []
        for spoken in messages.texts {
            let bytes = Array(spoken.text.utf8)
            let matches = try finder.find(in: bytes[...])
            let known = Set(matches.map(\.sentence))
            if case .principal = spoken.speaker {
                for range in Sentences.ranges(of: bytes[...]) where !known.contains(range) {
                    let sentence = String(decoding: bytes[range], as: UTF8.self)
                    if ExtractedPrompt.isInstruction(sentence) {
                        unknown.append((spoken.place, sentence))
                    }
                }
            }
            for match in matches {
                found.append(
                    (
                        spoken, String(decoding: bytes[match.sentence], as: UTF8.self),
                        finder.phrases[match.phrase]
                    ))
            }
        }
        var request = request
        let before = request.instructions.count
        for (spoken, _, phrase) in found where phrase.operation == .set {
            request.instructions.append(
                Instruction(
                    from: spoken.speaker, .set(phrase.behavior, phrase.value),
                    isExplicit: !phrase.isImplied))
        }
        decision = try policy.decide(request, user: user, withTrail: true)
        var outcomes = ConversationInstructions.outcomes(request, policy, decision)
            .dropFirst(before).makeIterator()
        var entries: [Entry] = []
        for (spoken, sentence, phrase) in found {
            let outcome: Outcome =
                phrase.operation == .set
                ? outcomes.next() ?? .superseded : .needsLayer(phrase.operation)
            entries.append(
                Entry(
                    speaker: spoken.speaker, place: spoken.place, sentence: sentence,
                    behavior: phrase.behavior, value: phrase.value, isExplicit: !phrase.isImplied,
                    outcome: outcome))
        }
        self.entries = entries
        self.unknown = unknown
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
