/// Something that a test looks at: 5 bytes, without references.
struct ConditionOperand: Equatable, Sendable {
    enum Kind: UInt8, Sendable {
        case constant, claim, attribute
        /// A claim for which something is presumed.
        case presumed
    }

    var kind: Kind
    /// Whether the number of scalars of the text is meant, and not the text.
    var isSize = false
    /// Of a claim: the evidence from which it is known.
    var need = Evidence.asserted
    /// The place among the constants, the claims, the attributes or the presumptions.
    var place: UInt16
}

/// One step of a condition's program, in postfix order.
struct ConditionInstruction: Sendable {
    enum Operation: UInt8, Sendable {
        case truth, flag, numbers, texts, names
        case numberIn, textIn, nameIn
        case startsWith, endsWith, contains
        case not, and, or, equal, notEqual
        /// Turns what is known into a truth: membership in an empty or a full list of bools.
        case known
        case from, until
    }

    var operation: Operation
    var relation = Expression.Relation.equal
    /// The truth of `truth` and `known`.
    var isTrue = false
    var left = ConditionOperand(kind: .constant, place: 0)
    /// Of a membership: the first constant of the list.
    var right = ConditionOperand(kind: .constant, place: 0)
    /// Of a membership: how many constants the list has.
    var count: UInt16 = 0
}

/// The conditions of a policy as flat programs over typed claims (SEMANTICS §5).
///
/// Truth is kept as two stacks of bits, *may be true* and *may be false*; unknown is both. The
/// deepest stack is the greatest depth of a condition plus one, so a word holds it, and running a
/// program allocates nothing.
struct ConditionPrograms: Sendable {
    var instructions: [ConditionInstruction] = []
    var constants: [Cell] = []
    /// Claims with the constant that is presumed, as vouched, where the request lacks them.
    var presumptions: [Presumption] = []
    var texts: [Text] = []
    var instants: [Instant] = []
    /// Where each program ends; it begins where the one before ends.
    var ends: [UInt16] = []

    struct Presumption: Hashable, Sendable {
        var claim: UInt16
        var constant: UInt16
    }

    /// The same in no more memory than it needs.
    var trimmed: ConditionPrograms {
        var programs = self
        programs.instructions = instructions.trimmed
        programs.constants = constants.trimmed
        programs.presumptions = presumptions.trimmed
        programs.texts = texts.trimmed
        programs.instants = instants.trimmed
        programs.ends = ends.trimmed
        return programs
    }

    private func range(_ program: Int) -> Range<Int> {
        (program == 0 ? 0 : Int(ends[program - 1]))..<Int(ends[program])
    }

    /// Whether a condition holds; O(its size), no allocation.
    ///
    /// - Parameter believing: whether every present, well-typed claim counts as known.
    func truth(_ program: Int, _ facts: borrowing Facts, believing: Bool = false) -> Truth {
        var mayBeTrue: UInt64 = 0
        var mayBeFalse: UInt64 = 0
        for place in range(program) {
            let operation = instructions[place].operation
            let truth: Truth
            switch operation {
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
                truth = isUnknown ? .unknown : Truth(instructions[place].isTrue)
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
                    truth = Truth((left == right) == (operation == .equal))
                }
            default: truth = test(place, facts, believing)
            }
            mayBeTrue = mayBeTrue << 1 | (truth == .no ? 0 : 1)
            mayBeFalse = mayBeFalse << 1 | (truth == .yes ? 0 : 1)
        }
        if mayBeTrue & mayBeFalse & 1 == 1 { return .unknown }
        return mayBeTrue & 1 == 1 ? .yes : .no
    }

    private func test(_ place: Int, _ facts: borrowing Facts, _ believing: Bool) -> Truth {
        let instruction = instructions[place]
        switch instruction.operation {
        case .truth: return Truth(instruction.isTrue)
        case .from, .until:
            guard let at = facts.at else { return .unknown }
            let instant = instants[Int(instruction.left.place)]
            return Truth(instruction.operation == .from ? at >= instant : at < instant)
        default: break
        }
        let left = value(instruction.left, facts, believing)
        guard left.kind > .garbled else { return .unknown }
        let list =
            Int(instruction.right.place)..<(Int(instruction.right.place) + Int(instruction.count))
        switch instruction.operation {
        case .flag: return Truth(left.bits == 1)
        case .numberIn: return Truth(list.contains { left.numberOrder(to: constants[$0]) == 0 })
        case .nameIn: return Truth(list.contains { constants[$0].bits == left.bits })
        case .textIn:
            let text = text(left, facts)
            return Truth(list.contains { text == self.text(constants[$0], facts) })
        default: break
        }
        let right = value(instruction.right, facts, believing)
        guard right.kind > .garbled else { return .unknown }
        switch instruction.operation {
        case .numbers: return Truth(instruction.relation.holds(left.numberOrder(to: right)))
        case .names: return Truth((left.bits == right.bits) == (instruction.relation == .equal))
        case .startsWith: return Truth(text(left, facts).starts(with: text(right, facts)))
        case .endsWith: return Truth(text(left, facts).ends(with: text(right, facts)))
        case .contains: return Truth(text(left, facts).contains(text(right, facts)))
        default:
            let (a, b) = (text(left, facts), text(right, facts))
            return Truth(instruction.relation.holds(a == b ? 0 : a < b ? -1 : 1))
        }
    }

    private func value(
        _ operand: ConditionOperand, _ facts: borrowing Facts, _ believing: Bool
    ) -> Cell {
        var cell: Cell
        switch operand.kind {
        case .constant: cell = constants[Int(operand.place)]
        case .attribute: cell = facts.attributes[Int(operand.place)]
        case .claim, .presumed:
            cell = facts.claims[slot(operand)]
            if operand.kind == .presumed, cell.kind == .absent {
                cell = constants[Int(presumptions[Int(operand.place)].constant)]
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
            operand.kind == .presumed
                ? presumptions[Int(operand.place)].claim : operand.place)
    }

    private func text(_ cell: Cell, _ facts: borrowing Facts) -> Text {
        cell.kind == .policyText ? texts[Int(cell.bits)] : facts.texts[Int(cell.bits)]
    }

    /// The claims of a program that are there and well-typed, but not shown well enough, in order of
    /// first appearance; as slots.
    func shortfalls(_ program: Int, _ facts: borrowing Facts) -> [ClaimSlot] {
        var slots: [ClaimSlot] = []
        for place in range(program) {
            let instruction = instructions[place]
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
