/// The types of SEMANTICS §5: what may be compared with what.
struct ConditionTypes {
    /// The type of a part of a condition.
    enum PartType: Equatable {
        case number, string, bool
        case enumerated([Text])
        case list
    }

    let claims: [Text: ClaimType]

    func type(of node: ConditionParser.Node) throws(ConditionError) -> PartType {
        let operands = node.operands
        switch node.expression {
        case .literal(let literal): return type(of: literal)
        case .attribute: return .string
        case .claim(let name):
            switch claims[name] {
            case .int, .double: return .number
            case .bool: return .bool
            case .string: return .string
            case .enumerated(let names): return .enumerated(names)
            case nil:
                throw ConditionError(
                    .unknownClaim, at: node.offset, "there is no claim `\(name)` here")
            }
        case .list(let literals):
            guard !node.holdsOther, Set(literals.map { key(type(of: $0)) }).count <= 1 else {
                throw ConditionError(.type, at: node.offset, "a list holds literals of one type")
            }
            return .list
        case .size:
            guard try type(of: operands[0]) == .string else {
                throw ConditionError(.type, at: node.offset, "`size` counts a string")
            }
            return .number
        case .not, .and, .or:
            for operand in operands where try type(of: operand) != .bool {
                throw ConditionError(.type, at: operand.offset, "expected true or false here")
            }
            return .bool
        case .method:
            for operand in operands where try type(of: operand) != .string {
                throw ConditionError(.type, at: operand.offset, "expected a string here")
            }
            return .bool
        case .relation(.in, _, let list): return try membership(list, operands)
        case .relation(let relation, _, _): return try comparison(relation, operands)
        }
    }

    private func membership(
        _ list: Expression, _ operands: [ConditionParser.Node]
    ) throws(ConditionError) -> PartType {
        let element = try type(of: operands[0])
        guard try type(of: operands[1]) == .list, case .list(let literals) = list else {
            throw ConditionError(.type, at: operands[1].offset, "`in` needs a list behind it")
        }
        for literal in literals {
            try checkPair(element, type(of: literal), literal, at: operands[1].offset)
        }
        guard element != .list else {
            throw ConditionError(.type, at: operands[0].offset, "a list stands behind `in` alone")
        }
        return .bool
    }

    private func comparison(
        _ relation: Expression.Relation, _ operands: [ConditionParser.Node]
    ) throws(ConditionError) -> PartType {
        let left = try type(of: operands[0])
        let right = try type(of: operands[1])
        for (operand, type) in zip(operands, [left, right]) where type == .list {
            throw ConditionError(.type, at: operand.offset, "a list stands behind `in` alone")
        }
        if case .literal(let literal) = operands[1].expression {
            try checkPair(left, right, literal, at: operands[1].offset)
        } else if case .literal(let literal) = operands[0].expression {
            try checkPair(right, left, literal, at: operands[0].offset)
        } else if left != right {
            throw ConditionError(
                .type, at: operands[1].offset, "the two sides are of different types")
        }
        let isOrdered = left == .number || (left == .string && right == .string)
        guard isOrdered || relation == .equal || relation == .notEqual else {
            throw ConditionError(
                .type, at: operands[0].offset,
                "bools and enumerated claims know `==`, `!=` and `in` alone")
        }
        return .bool
    }

    /// A literal beside something of type `other`.
    private func checkPair(
        _ other: PartType, _ type: PartType, _ literal: Expression.Literal, at offset: Int
    ) throws(ConditionError) {
        if case .enumerated(let names) = other, case .string(let name) = literal {
            guard names.contains(name) else {
                throw ConditionError(
                    .type, at: offset, "`\(name)` is not among the values of the claim")
            }
        } else if other != type {
            throw ConditionError(.type, at: offset, "the two sides are of different types")
        }
    }

    private func type(of literal: Expression.Literal) -> PartType {
        switch literal {
        case .int, .double: .number
        case .string: .string
        case .bool: .bool
        }
    }

    private func key(_ type: PartType) -> Int {
        switch type {
        case .number: 0
        case .string: 1
        case .bool: 2
        case .enumerated, .list: 3
        }
    }
}
