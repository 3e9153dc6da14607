/// The conditions of a policy as flat programs over typed claims (SEMANTICS §5).
///
/// Truth is kept as two stacks of bits, *may be true* and *may be false*; unknown is both. The
/// deepest stack is the greatest depth of a condition plus one, so a word holds it, and running a
/// program allocates nothing.
extension StepTable {
    /// Whether a condition holds; O(its size), no allocation.
    ///
    /// - Parameter believing: whether every present, well-typed claim counts as known.
    func truth(_ program: Int, _ facts: borrowing Facts, believing: Bool = false) -> Truth {
        let first = instruction(program)
        if first.isLast {
            return directTest(first, facts, believing) ?? test(first, facts, believing)
        }
        var mayBeTrue: UInt64 = 0
        var mayBeFalse: UInt64 = 0
        var place = program
        var isLast = false
        while !isLast {
            let instruction = instruction(place)
            isLast = instruction.isLast
            place += 1
            let truth: Truth
            switch instruction.operation {
            case .and:
                let (t, f) = (mayBeTrue & 1, mayBeFalse & 1)
                mayBeTrue = (mayBeTrue >> 1) & (~1 | t)
                mayBeFalse = (mayBeFalse >> 1) | f
                continue
            case .or:
                let (t, f) = (mayBeTrue & 1, mayBeFalse & 1)
                mayBeTrue = (mayBeTrue >> 1) | t
                mayBeFalse = (mayBeFalse >> 1) & (~1 | f)
                continue
            case .not:
                let (t, f) = (mayBeTrue & 1, mayBeFalse & 1)
                mayBeTrue = mayBeTrue & ~1 | f
                mayBeFalse = mayBeFalse & ~1 | t
                continue
            case .known:
                let isUnknown = mayBeTrue & mayBeFalse & 1 == 1
                truth = isUnknown ? .unknown : Truth(instruction.isTrue)
                mayBeTrue >>= 1
                mayBeFalse >>= 1
            case .equal, .notEqual:
                let right = (mayBeTrue & 1, mayBeFalse & 1)
                let left = (mayBeTrue >> 1 & 1, mayBeFalse >> 1 & 1)
                mayBeTrue >>= 2
                mayBeFalse >>= 2
                if left == (1, 1) || right == (1, 1) {
                    truth = .unknown
                } else {
                    truth = Truth((left == right) == (instruction.operation == .equal))
                }
            default:
                truth =
                    directTest(instruction, facts, believing)
                    ?? test(instruction, facts, believing)
            }
            mayBeTrue = mayBeTrue << 1 | (truth == .no ? 0 : 1)
            mayBeFalse = mayBeFalse << 1 | (truth == .yes ? 0 : 1)
        }
        if mayBeTrue & mayBeFalse & 1 == 1 { return .unknown }
        return mayBeTrue & 1 == 1 ? .yes : .no
    }

    /// `test` of a direct instruction, quicker; nil for any other, and for a number that is no int.
    @inline(__always)
    private func directTest(
        _ instruction: ConditionInstruction, _ facts: borrowing Facts, _ believing: Bool
    ) -> Truth? {
        guard instruction.isDirect else { return nil }
        let left = instruction.left
        let cell = facts.claims[Int(left.place)]
        guard cell.kind > .garbled else { return .unknown }
        if !believing, cell.evidence < left.need { return .unknown }
        let right = instruction.right.place
        switch instruction.operation {
        case .flag: return Truth(cell.bits == 1)
        case .names:
            return Truth((cell.bits == UInt64(right)) == (instruction.relation == .equal))
        default:
            guard cell.kind == .int else { return nil }
            let (a, b) = (Int64(bitPattern: cell.bits), Int64(Int16(bitPattern: right)))
            return Truth(instruction.relation.holds(a == b ? 0 : a < b ? -1 : 1))
        }
    }

    private func test(
        _ instruction: ConditionInstruction, _ facts: borrowing Facts, _ believing: Bool
    ) -> Truth {
        switch instruction.operation {
        case .truth: return Truth(instruction.isTrue)
        case .from, .until:
            guard let at = facts.at, let annex else { return .unknown }
            let instant = annex.instants[Int(instruction.left.place)]
            return Truth(instruction.operation == .from ? at >= instant : at < instant)
        default: break
        }
        let left = value(instruction.left, facts, believing)
        guard left.kind > .garbled else { return .unknown }
        switch instruction.operation {
        case .flag: return Truth(left.bits == 1)
        case .numberIn:
            return Truth(list(instruction).contains { left.numberOrder(to: constant($0)) == 0 })
        case .nameIn: return Truth(list(instruction).contains { constant($0).bits == left.bits })
        case .textIn:
            let text = text(left, facts)
            return Truth(list(instruction).contains { text == self.text(constant($0), facts) })
        default: break
        }
        let right = value(instruction.right, facts, believing)
        guard right.kind > .garbled else { return .unknown }
        switch instruction.operation {
        case .numbers:
            return Truth(instruction.relation.holds(left.numberOrder(to: right)))
        case .names: return Truth((left.bits == right.bits) == (instruction.relation == .equal))
        case .startsWith: return Truth(text(left, facts).starts(with: text(right, facts)))
        case .endsWith: return Truth(text(left, facts).ends(with: text(right, facts)))
        case .contains: return Truth(text(left, facts).contains(text(right, facts)))
        default:
            let (a, b) = (text(left, facts), text(right, facts))
            return Truth(instruction.relation.holds(a == b ? 0 : a < b ? -1 : 1))
        }
    }

    /// The places of the constants of a membership's list.
    private func list(_ instruction: ConditionInstruction) -> Range<Int> {
        let count = Int(instruction.right.place)
        return (count + 1)..<(count + 1 + Int(constant(count).bits))
    }

    private func value(
        _ operand: ConditionOperand, _ facts: borrowing Facts, _ believing: Bool
    ) -> Cell {
        var cell: Cell
        switch operand.kind {
        case .constant: cell = constant(Int(operand.place))
        case .int: return Cell(.int, UInt64(bitPattern: Int64(Int16(bitPattern: operand.place))))
        case .name: return Cell(.name, UInt64(operand.place))
        case .attribute: cell = facts.attributes[Int(operand.place)]
        case .claim, .presumed:
            cell = facts.claims[slot(operand)]
            if operand.kind == .presumed, cell.kind == .absent {
                cell = presumption(operand).map { constant(Int($0.constant)) } ?? .absent
                cell.evidence = .vouched
            }
            if !believing, cell.evidence < operand.need { return .absent }
        }
        if operand.isSize, cell.kind > .garbled {
            return Cell(.int, UInt64(text(cell, facts).count))
        }
        return cell
    }

    /// The slot of the claim that an operand is.
    @inline(__always)
    private func slot(_ operand: ConditionOperand) -> Int {
        Int(
            operand.kind == .presumed ? presumption(operand)?.claim ?? 0 : operand.place)
    }

    private func presumption(_ operand: ConditionOperand) -> ConditionPrograms.Presumption? {
        annex?.presumptions[Int(operand.place)]
    }

    private func text(_ cell: Cell, _ facts: borrowing Facts) -> Text {
        if cell.kind == .policyText, let annex { return annex.texts[Int(cell.bits)] }
        return facts.texts[Int(cell.bits)]
    }

    /// The claims of a program that are there and well-typed, but not shown well enough, in order of
    /// first appearance; as slots.
    func shortfalls(_ program: Int, _ facts: borrowing Facts) -> [ClaimSlot] {
        var slots: [ClaimSlot] = []
        var place = program
        var isLast = false
        while !isLast {
            let instruction = instruction(place)
            isLast = instruction.isLast
            place += 1
            for operand in [instruction.left, instruction.right] {
                guard operand.kind == .claim || operand.kind == .presumed else { continue }
                let slot = ClaimSlot(number: slot(operand))
                let isShort =
                    value(operand, facts, true).kind > .garbled
                    && value(operand, facts, false).kind == .absent
                if isShort, !slots.contains(slot) { slots.append(slot) }
            }
        }
        return slots
    }
}

extension Cell.Kind: Comparable {
    static func < (left: Cell.Kind, right: Cell.Kind) -> Bool { left.rawValue < right.rawValue }
}

extension Expression.Relation {
    /// Whether the relation holds where the left side comes before (−1), with (0) or after (1) the right.
    @inline(__always)
    func holds(_ order: Int) -> Bool {
        switch self {
        case .equal, .in: order == 0
        case .notEqual: order != 0
        case .less: order < 0
        case .lessOrEqual: order <= 0
        case .greater: order > 0
        case .greaterOrEqual: order >= 0
        }
    }
}
