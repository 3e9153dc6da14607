/// The programs of a table in the making: conditions bound to the claims of a policy.
struct ConditionPrograms {
    private(set) var instructions: [ConditionInstruction] = []
    private(set) var constants: [Cell] = []
    /// Claims with the constant that is presumed, as vouched, where the request lacks them.
    private(set) var presumptions: [Presumption] = []
    private(set) var texts: [Text] = []
    private(set) var instants: [Instant] = []

    struct Presumption: Hashable, Sendable {
        var claim: UInt16
        var constant: UInt16
    }

    /// Whether the words of a table hold all of it.
    var hasNoAnnex: Bool { presumptions.isEmpty && texts.isEmpty && instants.isEmpty }

    /// How one adjustment sees the claims of its policy.
    struct View {
        /// The slot and type of a claim; nil where there is none.
        var claim: (Text) -> (slot: ClaimSlot, type: ClaimType)?
        /// The evidence from which it is known.
        var need: (Text) -> Evidence
        /// What is presumed where the request does not have it.
        var assumed: (Text) -> ClaimValue?
    }

    /// Adds a program for a condition and a term; its first instruction, nil where there is neither.
    mutating func add(
        _ condition: Condition?, from: Instant?, until: Instant?, _ view: View
    ) -> Int? {
        guard condition != nil || from != nil || until != nil else { return nil }
        let first = instructions.count
        var parts = 0
        if let condition {
            emit(condition.expression, view)
            parts += 1
        }
        for (operation, instant) in [(ConditionInstruction.Operation.from, from), (.until, until)] {
            guard let instant else { continue }
            let operand = ConditionOperand(kind: .constant, place: UInt16(clamping: instants.count))
            instants.append(instant)
            instructions.append(ConditionInstruction(operation, left: operand))
            parts += 1
        }
        for _ in 1..<max(parts, 1) { instructions.append(ConditionInstruction(.and)) }
        instructions[instructions.count - 1] = instructions[instructions.count - 1].last
        return first
    }

    private enum Kind {
        case number, text, bool
        case name([Text])
    }

    private mutating func emit(_ expression: Expression, _ view: View) {
        switch expression {
        case .literal(.bool(let value)): emit(.truth, isTrue: value)
        case .claim: emit(.flag, left: operand(expression, view))
        case .not(let inner):
            emit(inner, view)
            emit(.not)
        case .and(let operands): emit(chain: operands, .and, view)
        case .or(let operands): emit(chain: operands, .or, view)
        case .method(let method, let receiver, let argument):
            let left = operand(receiver, view)
            let right = operand(argument, view)
            switch method {
            case .startsWith: emit(.startsWith, left: left, right: right)
            case .endsWith: emit(.endsWith, left: left, right: right)
            case .contains: emit(.contains, left: left, right: right)
            }
        case .relation(.in, let left, .list(let literals)): emit(left, in: literals, view)
        case .relation(let relation, let left, let right): emit(left, relation, right, view)
        case .literal, .attribute, .list, .size:
            emit(.truth, isTrue: false)  // no well-typed condition has one of these alone
        }
    }

    private mutating func emit(
        _ operation: ConditionInstruction.Operation, relation: Expression.Relation = .equal,
        isTrue: Bool = false, left: ConditionOperand = .init(kind: .constant, place: 0),
        right: ConditionOperand = .init(kind: .constant, place: 0)
    ) {
        instructions.append(
            ConditionInstruction(operation, relation, isTrue: isTrue, left: left, right: right))
    }

    private mutating func emit(
        chain operands: [Expression], _ sign: ConditionInstruction.Operation, _ view: View
    ) {
        for (place, operand) in operands.enumerated() {
            emit(operand, view)
            if place > 0 { emit(sign) }
        }
    }

    private mutating func emit(
        _ left: Expression, _ relation: Expression.Relation, _ right: Expression, _ view: View
    ) {
        // Where one side is an enumerated claim, a string literal beside it is one of its names.
        var kind = kind(left, view)
        if case .name = self.kind(right, view) { kind = self.kind(right, view) }
        switch kind {
        case .bool:
            emit(left, view)
            emit(right, view)
            emit(relation == .equal ? .equal : .notEqual)
        case .number:
            emit(
                .numbers, relation: relation, left: operand(left, view), right: operand(right, view)
            )
        case .text:
            emit(.texts, relation: relation, left: operand(left, view), right: operand(right, view))
        case .name(let names):
            emit(
                .names, relation: relation, left: operand(left, view, names),
                right: operand(right, view, names))
        }
    }

    private mutating func emit(
        _ left: Expression, in literals: [Expression.Literal], _ view: View
    ) {
        let kind = kind(left, view)
        if case .bool = kind {
            emit(left, view)
            let (holdsTrue, holdsFalse) = (
                literals.contains(.bool(true)), literals.contains(.bool(false))
            )
            if holdsTrue == holdsFalse {
                emit(.known, isTrue: holdsTrue)
            } else if holdsFalse {
                emit(.not)
            }
            return
        }
        let operand = operand(left, view)
        var names: [Text] = []
        if case .name(let all) = kind { names = all }
        let list = literals.map { literal in constant(literal, names) }
        let first = UInt16(clamping: constants.count)
        constants.append(Cell(.int, UInt64(list.count)))
        constants += list
        let operation: ConditionInstruction.Operation
        switch kind {
        case .number: operation = .numberIn
        case .text: operation = .textIn
        case .name, .bool: operation = .nameIn
        }
        emit(operation, left: operand, right: .init(kind: .constant, place: first))
    }

    private func kind(_ expression: Expression, _ view: View) -> Kind {
        switch expression {
        case .literal(.int), .literal(.double), .size: return .number
        case .literal(.string), .attribute: return .text
        case .claim(let name):
            switch view.claim(name)?.type {
            case .int?, .double?: return .number
            case .string?: return .text
            case .enumerated(let names)?: return .name(names)
            case .bool?, nil: return .bool
            }
        case .literal(.bool), .list, .not, .and, .or, .relation, .method: return .bool
        }
    }

    private mutating func constant(_ literal: Expression.Literal, _ names: [Text]) -> Cell {
        switch literal {
        case .int(let value): return Cell(.int, UInt64(bitPattern: value))
        case .double(let value): return Cell(.double, value.bitPattern)
        case .bool(let value): return Cell(.bool, value ? 1 : 0)
        case .string(let text):
            if let place = names.firstIndex(of: text) { return Cell(.name, UInt64(place)) }
            texts.append(text)
            return Cell(.policyText, UInt64(texts.count - 1))
        }
    }

    /// A constant as an operand: in its place where it is small enough.
    private mutating func operand(_ constant: Cell) -> ConditionOperand {
        if constant.kind == .name, let place = UInt16(exactly: constant.bits) {
            return ConditionOperand(kind: .name, place: place)
        }
        if constant.kind == .int, let int = Int16(exactly: Int64(bitPattern: constant.bits)) {
            return ConditionOperand(kind: .int, place: UInt16(bitPattern: int))
        }
        return ConditionOperand(kind: .constant, place: place(of: constant))
    }

    /// The place of a constant; equal ones are kept once.
    private mutating func place(of constant: Cell) -> UInt16 {
        if constant.kind != .policyText, let place = constants.firstIndex(of: constant) {
            return UInt16(clamping: place)
        }
        constants.append(constant)
        return UInt16(clamping: constants.count - 1)
    }

    private mutating func place(of presumption: Presumption) -> Int {
        if let place = presumptions.firstIndex(of: presumption) { return place }
        presumptions.append(presumption)
        return presumptions.count - 1
    }

    private mutating func operand(
        _ expression: Expression, _ view: View, _ names: [Text] = []
    ) -> ConditionOperand {
        switch expression {
        case .literal(let literal):
            return operand(constant(literal, names))
        case .attribute(let attribute):
            return ConditionOperand(kind: .attribute, place: UInt16(attribute.rawValue))
        case .size(let inner):
            var operand = operand(inner, view)
            operand.isSize = true
            return operand
        case .claim(let name):
            guard let (slot, type) = view.claim(name) else { break }
            var operand = ConditionOperand(
                kind: .claim, need: view.need(name), place: UInt16(clamping: slot.number))
            if let value = view.assumed(name) {
                let cell = Cell(value, type, .vouched, textKind: .policyText, texts: &texts)
                let presumption = Presumption(claim: operand.place, constant: place(of: cell))
                operand.kind = .presumed
                operand.place = UInt16(clamping: place(of: presumption))
            }
            return operand
        case .list, .not, .and, .or, .relation, .method: break
        }
        return ConditionOperand(kind: .constant, place: 0)
    }
}
