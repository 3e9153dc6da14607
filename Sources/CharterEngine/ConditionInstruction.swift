/// Something that a test looks at, without references.
struct ConditionOperand: Equatable, Sendable {
    enum Kind: UInt8, Sendable {
        /// A constant of the table.
        case constant
        /// `place` itself: an int of 16 bits, or the place of a name in its claim's list.
        case int, name
        case claim, attribute
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

/// One step of a condition's program, in postfix order, in one word: operation 5 bits, relation 3,
/// marks of the operands 8 each, two flags, and from bit 32 on the operands' places.
struct ConditionInstruction: Sendable {
    enum Operation: UInt8, Sendable {
        case truth, flag, numbers, texts, names
        /// The right operand is a constant that counts those behind it: the list.
        case numberIn, textIn, nameIn
        case startsWith, endsWith, contains
        case not, and, or, equal, notEqual
        /// Turns what is known into a truth: membership in an empty or a full list of bools.
        case known
        /// The left operand's place is the instant's.
        case from, until
    }

    let word: UInt64

    private static let truthBit: UInt64 = 1 << 24
    private static let lastBit: UInt64 = 1 << 25
    private static let directBit: UInt64 = 1 << 26

    init(
        _ operation: Operation, _ relation: Expression.Relation = .equal, isTrue: Bool = false,
        left: ConditionOperand = .init(kind: .constant, place: 0),
        right: ConditionOperand = .init(kind: .constant, place: 0)
    ) {
        var word = UInt64(operation.rawValue) | UInt64(relation.rawValue) << 5
        word |= UInt64(ConditionInstruction.mark(left)) << 8
        word |= UInt64(ConditionInstruction.mark(right)) << 16
        if isTrue { word |= ConditionInstruction.truthBit }
        if ConditionInstruction.isDirect(operation, left, right) {
            word |= ConditionInstruction.directBit
        }
        self.word = word | UInt64(left.place) << 32 | UInt64(right.place) << 48
    }

    init(word: UInt64) {
        self.word = word
    }

    /// The same as the last of its program.
    var last: ConditionInstruction {
        ConditionInstruction(word: word | ConditionInstruction.lastBit)
    }

    @inline(__always)
    var operation: Operation { Operation(rawValue: UInt8(word & 31)) ?? .truth }
    var relation: Expression.Relation {
        Expression.Relation(rawValue: UInt8(word >> 5 & 7)) ?? .equal
    }
    /// The truth of `truth` and `known`.
    var isTrue: Bool { word & ConditionInstruction.truthBit != 0 }
    @inline(__always)
    var isLast: Bool { word & ConditionInstruction.lastBit != 0 }
    /// Whether it holds a claim, as it is, against nothing, a small int or a name: most tests do.
    @inline(__always)
    var isDirect: Bool { word & ConditionInstruction.directBit != 0 }
    @inline(__always)
    var left: ConditionOperand { operand(word >> 8, word >> 32) }
    @inline(__always)
    var right: ConditionOperand { operand(word >> 16, word >> 48) }

    private static func isDirect(
        _ operation: Operation, _ left: ConditionOperand, _ right: ConditionOperand
    ) -> Bool {
        guard left.kind == .claim, !left.isSize else { return false }
        switch operation {
        case .flag: return true
        case .numbers: return right.kind == .int
        case .names: return right.kind == .name
        default: return false
        }
    }

    private static func mark(_ operand: ConditionOperand) -> UInt8 {
        operand.kind.rawValue | (operand.isSize ? 8 : 0) | operand.need.rawValue << 4
    }

    @inline(__always)
    private func operand(_ mark: UInt64, _ place: UInt64) -> ConditionOperand {
        ConditionOperand(
            kind: ConditionOperand.Kind(rawValue: UInt8(mark & 7)) ?? .constant,
            isSize: mark & 8 != 0, need: Evidence(rawValue: UInt8(mark >> 4 & 3)) ?? .verified,
            place: UInt16(truncatingIfNeeded: place))
    }
}
