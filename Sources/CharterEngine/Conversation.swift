/// What the instructions of a conversation come to (SEMANTICS §6): for each level its `set`s, and
/// which tools hold a lent level at the end.
struct Conversation {
    /// Instructions of behaviors that the charter has, by charter order, level and list order.
    private(set) var entries: [BehaviorIndex: [Level: [Entry]]] = [:]
    /// Steps that name no behavior or value of the charter, in list order.
    private(set) var unknown: [Step] = []
    /// By tool: the highest level that lent itself.
    private(set) var lent: [Text: Level] = [:]
    /// Instructions without authority, which come before the user's own.
    private var withoutAuthority: [BehaviorIndex: [Entry]] = [:]

    init(_ instructions: [Instruction], _ policy: Policy) {
        for instruction in instructions {
            switch instruction.content {
            case .delegate(let tool): lend(tool, instruction)
            case .set(let behavior, let value): read(instruction, behavior, value, policy)
            }
        }
        for (index, first) in withoutAuthority {
            let own = entries[index]?[.user] ?? []
            entries[index, default: [:]][.user] = first + own
        }
    }

    /// The level at which a speaker's word stands; nil where it has none.
    func level(of speaker: Speaker) -> Level? {
        switch speaker {
        case .principal(let level): level
        case .tool(let name): lent[name]
        case .assistant: nil
        }
    }

    private mutating func lend(_ tool: Text, _ instruction: Instruction) {
        guard instruction.isExplicit, case .principal(let level) = instruction.from else { return }
        lent[tool] = lent[tool].map { min($0, level) } ?? level
    }

    /// The reasons are tried in the order `no_authority`, `unknown_behavior`, `needs_explicit`,
    /// `unknown_value`, then those of the fold.
    private mutating func read(
        _ instruction: Instruction, _ id: BehaviorID, _ value: Text, _ policy: Policy
    ) {
        let level = level(of: instruction.from)
        let scope = Conversation.scope(of: level ?? .user)
        guard let index = policy.charter.index(of: id) else {
            let reason: Reason = level == nil ? .noAuthority : .unknownBehavior
            unknown.append(policy.unknownStep(id, scope, .unknown(value), reason))
            return
        }
        let behavior = policy.charter[index]
        let rank = behavior.rank(of: value)
        let spelled = rank.map { Step.Value.rank($0) } ?? .unknown(value)
        var entry = Entry(isInstruction: true, origin: Step.Origin())
        guard let level else {
            entry.refused = (.noAuthority, spelled)
            withoutAuthority[index, default: []].append(entry)
            return
        }
        if !instruction.isExplicit, behavior.authority != .guideline {
            entry.refused = (.needsExplicit, spelled)
        } else if rank == nil {
            unknown.append(policy.unknownStep(id, scope, spelled, .unknownValue))
            return
        } else {
            entry.set = rank
        }
        entries[index, default: [:]][level, default: []].append(entry)
    }

    private static func scope(of level: Level) -> Scope {
        switch level {
        case .root, .platform: .platformInstruction
        case .operator: .operatorInstruction
        case .user: .userInstruction
        }
    }
}

extension [Instruction] {
    /// The same instructions without those that are said again: of equal `set`s the last counts. Settings
    /// and ceilings come out as they would with all of them. O(n).
    ///
    /// A conversation says the same thing as often as it likes, and a gateway keeps what was said. Where a
    /// level is lent, what tools say stays as it is: said again it may stand at another level.
    public var withoutRepetitions: [Instruction] {
        let lends = contains { if case .delegate = $0.content { true } else { false } }
        var seen: Set<Instruction> = []
        return reversed().filter { instruction in
            switch (instruction.content, instruction.from) {
            case (.delegate, _): true
            case (.set, .tool) where lends: true
            case (.set, _): seen.insert(instruction).inserted
            }
        }.reversed()
    }
}
