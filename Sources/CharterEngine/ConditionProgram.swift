/// A condition as a flat program in postfix order, bound to a policy's claim slots (SEMANTICS §5).
///
/// Truth is kept as two stacks of bits, *may be true* and *may be false*; unknown is both. The
/// deepest stack is the greatest depth of a condition plus one, so a word holds it, and running a
/// program allocates nothing.
struct ConditionProgram: Sendable {
    /// One step of the program.
    enum Instruction: Sendable {
        case truth(Bool)
        case flag(Operand)
        case numbers(Operand, Expression.Relation, Operand)
        case texts(Operand, Expression.Relation, Operand)
        case names(Operand, isEqual: Bool, Operand)
        case numberIn(Operand, [Expression.Literal])
        case textIn(Operand, [Text])
        case nameIn(Operand, [UInt32])
        case method(Expression.Method, Operand, Operand)
        case not, and, or, equal, notEqual
        /// Turns what is known into the given truth: membership in an empty or a full list of bools.
        case known(Bool)
        case within(from: Instant?, until: Instant?)
    }

    /// Something that is no truth by itself.
    indirect enum Operand: Sendable {
        case int(Int64)
        case double(Double)
        case text(Text)
        case name(UInt32)
        case attribute(Attribute)
        case claim(ClaimOperand)
        case size(Operand)
    }

    /// A claim as one adjustment sees it.
    struct ClaimOperand: Sendable {
        var slot: ClaimSlot
        var name: Text
        /// The evidence from which the claim is known.
        var need: Evidence
        /// What is presumed, as vouched, where the request does not have it.
        var assumed: TypedValue?
    }

    private(set) var instructions: [Instruction] = []
    /// In order of first appearance.
    private(set) var claims: [ClaimOperand] = []

    /// What holds: `condition` and the term; nil where there is neither.
    init?(
        _ condition: Condition?, from: Instant?, until: Instant?,
        claim: @escaping (Text) -> ClaimOperand?, type: @escaping (ClaimSlot) -> ClaimType
    ) {
        if condition == nil, from == nil, until == nil { return nil }
        if let condition {
            var builder = Builder(claim: claim, type: type)
            builder.emit(condition.expression)
            instructions = builder.instructions
            claims = condition.claims.compactMap(claim)
        }
        if from != nil || until != nil {
            instructions.append(.within(from: from, until: until))
            if condition != nil { instructions.append(.and) }
        }
    }

    /// Whether the condition holds; O(n), no allocation.
    ///
    /// - Parameter believing: whether every present, well-typed claim counts as known.
    func truth(_ facts: borrowing Facts, believing: Bool = false) -> Truth {
        var mayBeTrue: UInt64 = 0
        var mayBeFalse: UInt64 = 0
        for instruction in instructions {
            let truth: Truth
            switch instruction {
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
            case .known(let value):
                truth = mayBeTrue & mayBeFalse & 1 == 1 ? .unknown : Truth(value)
                mayBeTrue >>= 1
                mayBeFalse >>= 1
            case .equal, .notEqual:
                let right = (mayBeTrue & 1, mayBeFalse & 1)
                mayBeTrue >>= 1
                mayBeFalse >>= 1
                let left = (mayBeTrue & 1, mayBeFalse & 1)
                mayBeTrue >>= 1
                mayBeFalse >>= 1
                if left == (1, 1) || right == (1, 1) {
                    truth = .unknown
                } else if case .equal = instruction {
                    truth = Truth(left == right)
                } else {
                    truth = Truth(left != right)
                }
            default:
                truth = ConditionProgram.leaf(instruction, facts, believing)
            }
            mayBeTrue = mayBeTrue << 1 | (truth == .no ? 0 : 1)
            mayBeFalse = mayBeFalse << 1 | (truth == .yes ? 0 : 1)
        }
        if mayBeTrue & mayBeFalse & 1 == 1 { return .unknown }
        return mayBeTrue & 1 == 1 ? .yes : .no
    }

    private static func leaf(
        _ instruction: Instruction, _ facts: borrowing Facts, _ believing: Bool
    ) -> Truth {
        switch instruction {
        case .truth(let value): return Truth(value)
        case .flag(let operand):
            guard case .bool(let value)? = value(operand, facts, believing) else { return .unknown }
            return Truth(value)
        case .numbers(let left, let relation, let right):
            guard let left = value(left, facts, believing),
                let right = value(right, facts, believing)
            else { return .unknown }
            return Truth(relation.holds(left.numberOrder(to: right)))
        case .texts(let left, let relation, let right):
            guard case .text(let left)? = value(left, facts, believing),
                case .text(let right)? = value(right, facts, believing)
            else { return .unknown }
            return Truth(relation.holds(left == right ? 0 : left < right ? -1 : 1))
        case .names(let left, let isEqual, let right):
            guard case .name(let left)? = value(left, facts, believing),
                case .name(let right)? = value(right, facts, believing)
            else { return .unknown }
            return Truth((left == right) == isEqual)
        case .numberIn(let operand, let list):
            guard let number = value(operand, facts, believing) else { return .unknown }
            return Truth(
                list.contains { literal in
                    switch literal {
                    case .int(let value): number.numberOrder(to: .int(value)) == 0
                    case .double(let value): number.numberOrder(to: .double(value)) == 0
                    case .string, .bool: false
                    }
                })
        case .textIn(let operand, let list):
            guard case .text(let text)? = value(operand, facts, believing) else { return .unknown }
            return Truth(list.contains(text))
        case .nameIn(let operand, let list):
            guard case .name(let name)? = value(operand, facts, believing) else { return .unknown }
            return Truth(list.contains(name))
        case .method(let method, let receiver, let argument):
            guard case .text(let text)? = value(receiver, facts, believing),
                case .text(let part)? = value(argument, facts, believing)
            else { return .unknown }
            switch method {
            case .startsWith: return Truth(text.starts(with: part))
            case .endsWith: return Truth(text.ends(with: part))
            case .contains: return Truth(text.contains(part))
            }
        case .within(let from, let until):
            guard let at = facts.at else { return .unknown }
            return Truth((from.map { at >= $0 } ?? true) && (until.map { at < $0 } ?? true))
        case .not, .and, .or, .equal, .notEqual, .known: return .unknown
        }
    }

    private static func value(
        _ operand: Operand, _ facts: borrowing Facts, _ believing: Bool
    ) -> TypedValue? {
        switch operand {
        case .int(let value): return .int(value)
        case .double(let value): return .double(value)
        case .text(let text): return .text(text)
        case .name(let name): return .name(name)
        case .attribute(let attribute): return facts.text(of: attribute).map { .text($0) }
        case .claim(let claim): return facts.value(of: claim, believing: believing)
        case .size(let inner):
            guard case .text(let text)? = value(inner, facts, believing) else { return nil }
            return .int(Int64(text.count))
        }
    }
}

extension Expression.Relation {
    /// Whether the relation holds where the left side comes before (−1), with (0) or after (1) the right.
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

/// Lowers a typed tree to instructions.
private struct Builder {
    let claim: (Text) -> ConditionProgram.ClaimOperand?
    let type: (ClaimSlot) -> ClaimType
    var instructions: [ConditionProgram.Instruction] = []

    init(
        claim: @escaping (Text) -> ConditionProgram.ClaimOperand?,
        type: @escaping (ClaimSlot) -> ClaimType
    ) {
        self.claim = claim
        self.type = type
    }

    private enum Kind { case number, text, name([Text]), bool }

    mutating func emit(_ expression: Expression) {
        switch expression {
        case .literal(.bool(let value)): instructions.append(.truth(value))
        case .claim: instructions.append(.flag(operand(expression)))
        case .not(let inner):
            emit(inner)
            instructions.append(.not)
        case .and(let operands): emit(chain: operands, .and)
        case .or(let operands): emit(chain: operands, .or)
        case .method(let method, let receiver, let argument):
            instructions.append(.method(method, operand(receiver), operand(argument)))
        case .relation(.in, let left, .list(let literals)): emit(left, in: literals)
        case .relation(let relation, let left, let right): emit(left, relation, right)
        case .literal, .attribute, .list, .size:
            instructions.append(.truth(false))  // no well-typed condition has one of these alone
        }
    }

    private mutating func emit(chain operands: [Expression], _ sign: ConditionProgram.Instruction) {
        for (place, operand) in operands.enumerated() {
            emit(operand)
            if place > 0 { instructions.append(sign) }
        }
    }

    private mutating func emit(
        _ left: Expression, _ relation: Expression.Relation, _ right: Expression
    ) {
        switch merge(kind(left), kind(right)) {
        case .number: instructions.append(.numbers(operand(left), relation, operand(right)))
        case .text: instructions.append(.texts(operand(left), relation, operand(right)))
        case .name(let names):
            instructions.append(
                .names(operand(left, names), isEqual: relation == .equal, operand(right, names)))
        case .bool:
            emit(left)
            emit(right)
            instructions.append(relation == .equal ? .equal : .notEqual)
        }
    }

    private mutating func emit(_ left: Expression, in literals: [Expression.Literal]) {
        switch kind(left) {
        case .number: instructions.append(.numberIn(operand(left), literals))
        case .text:
            let texts = literals.compactMap { literal -> Text? in
                if case .string(let text) = literal { text } else { nil }
            }
            instructions.append(.textIn(operand(left), texts))
        case .name(let names):
            let places = literals.compactMap { literal -> UInt32? in
                guard case .string(let text) = literal else { return nil }
                return names.firstIndex(of: text).map { UInt32(clamping: $0) }
            }
            instructions.append(.nameIn(operand(left), places))
        case .bool:
            emit(left)
            let holdsTrue = literals.contains(.bool(true))
            let holdsFalse = literals.contains(.bool(false))
            if holdsTrue == holdsFalse {
                instructions.append(.known(holdsTrue))
            } else if holdsFalse {
                instructions.append(.not)
            }
        }
    }

    private func kind(_ expression: Expression) -> Kind {
        switch expression {
        case .literal(.int), .literal(.double), .size: return .number
        case .literal(.string), .attribute: return .text
        case .claim(let name):
            guard let claim = claim(name) else { return .bool }
            switch type(claim.slot) {
            case .int, .double: return .number
            case .string: return .text
            case .enumerated(let names): return .name(names)
            case .bool: return .bool
            }
        case .literal(.bool), .list, .not, .and, .or, .relation, .method: return .bool
        }
    }

    /// Where one side is an enumerated claim, a string literal beside it is one of its names.
    private func merge(_ left: Kind, _ right: Kind) -> Kind {
        if case .name = right { return right }
        return left
    }

    private func operand(_ expression: Expression, _ names: [Text] = []) -> ConditionProgram.Operand
    {
        switch expression {
        case .literal(.int(let value)): return .int(value)
        case .literal(.double(let value)): return .double(value)
        case .literal(.string(let text)):
            if let place = names.firstIndex(of: text) { return .name(UInt32(clamping: place)) }
            return .text(text)
        case .attribute(let attribute): return .attribute(attribute)
        case .claim(let name):
            if let claim = claim(name) { return .claim(claim) }
        case .size(let inner): return .size(operand(inner))
        case .literal(.bool), .list, .not, .and, .or, .relation, .method: break
        }
        return .text("")  // no well-typed condition has one of these as an operand
    }
}
