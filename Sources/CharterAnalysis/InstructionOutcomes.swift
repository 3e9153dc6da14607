internal import CharterEngine

/// What became of each instruction of a request, told from the trail of its decision.
///
/// An instruction is one step of its level's scope; those without authority come first in the user's
/// (SEMANTICS §6).
struct InstructionOutcomes {
    /// In the order of the request.
    let all: [ConversationInstructions.Outcome]

    private struct Place: Hashable {
        var behavior: BehaviorID
        var scope: Scope
    }

    /// O(instructions + steps).
    init(_ request: Request, _ decision: Decision) {
        var order: [Place: (without: [Int], with: [Int])] = [:]
        var lent: [Text: Level] = [:]
        for (number, instruction) in request.instructions.enumerated() {
            switch instruction.content {
            case .delegate(let tool):
                guard instruction.isExplicit, case .principal(let level) = instruction.from else {
                    continue
                }
                lent[tool] = lent[tool].map { min($0, level) } ?? level
            case .set(let behavior, _):
                let level = InstructionOutcomes.level(of: instruction.from, lent)
                let place = Place(behavior: behavior, scope: InstructionOutcomes.scope(of: level))
                if level == nil {
                    order[place, default: ([], [])].without.append(number)
                } else {
                    order[place, default: ([], [])].with.append(number)
                }
            }
        }
        let steps = Dictionary(
            grouping: decision.trail.indices.filter { decision.trail[$0].operation == .set }
        ) { index in
            Place(behavior: decision.trail[index].behavior, scope: decision.trail[index].scope)
        }
        let lasting = InstructionOutcomes.lasting(decision.trail)
        var outcomes: [ConversationInstructions.Outcome] = request.instructions.map {
            if case .delegate = $0.content { .inForce } else { .superseded }
        }
        for (place, numbers) in order {
            for (number, index) in zip(numbers.without + numbers.with, steps[place] ?? []) {
                let step = decision.trail[index]
                if let reason = step.reason {
                    outcomes[number] = .refused(reason)
                } else if let last = lasting[step.behavior], step.setting == last.setting,
                    index > last.changed
                {
                    outcomes[number] = .inForce
                }
            }
        }
        all = outcomes
    }

    /// By behavior: the setting that the accepted steps end with, and the last one that left another.
    private static func lasting(_ trail: [Step]) -> [BehaviorID: (setting: Rank, changed: Int)] {
        var lasting: [BehaviorID: (setting: Rank, changed: Int)] = [:]
        for (index, step) in trail.enumerated().reversed() where step.reason == nil {
            guard let last = lasting[step.behavior] else {
                lasting[step.behavior] = (step.setting, -1)
                continue
            }
            if last.changed < 0, step.setting != last.setting {
                lasting[step.behavior] = (last.setting, index)
            }
        }
        return lasting
    }

    private static func level(of speaker: Speaker, _ lent: [Text: Level]) -> Level? {
        switch speaker {
        case .principal(let level): level
        case .tool(let name): lent[name]
        case .assistant: nil
        }
    }

    private static func scope(of level: Level?) -> Scope {
        switch level {
        case .root?, .platform?: .platformInstruction
        case .operator?: .operatorInstruction
        case .user?, nil: .userInstruction
        }
    }
}
