@testable import CharterEngine

/// What a condition means, said a second way: a walk over its tree on plain values (SEMANTICS §5).
struct ConditionWalk {
    var types: [Text: ClaimType] = [:]
    var assumed: [Text: ClaimValue] = [:]
    var request = Request()
    var need: Evidence
    var isBelieving = false

    init(need: Evidence) { self.need = need }

    /// What a part is worth; a `Float80` holds every `Int64` and every `Double`.
    private enum Worth: Equatable {
        case number(Float80)
        case text([Unicode.Scalar])
        case truth(Bool)

        init(_ literal: Expression.Literal) {
            switch literal {
            case .int(let value): self = .number(Float80(value))
            case .double(let value): self = .number(Float80(value))
            case .string(let text): self = .text(Array(text.string.unicodeScalars))
            case .bool(let value): self = .truth(value)
            }
        }
    }

    func truth(of expression: Expression) -> Truth {
        guard case .truth(let isTrue)? = worth(of: expression) else { return .unknown }
        return isTrue ? .yes : .no
    }

    /// Nil: unknown.
    private func worth(of expression: Expression) -> Worth? {
        switch expression {
        case .literal(let literal): return Worth(literal)
        case .claim(let name): return worth(ofClaim: name)
        case .attribute(let attribute):
            let text =
                switch attribute {
                case .channel: request.channel
                case .surface: request.surface
                case .model: request.model
                case .language: request.language
                }
            return text.map { .text(Array($0.string.unicodeScalars)) }
        case .list: return nil
        case .size(let operand):
            guard case .text(let text)? = worth(of: operand) else { return nil }
            return .number(Float80(text.count))
        case .not(let operand):
            guard case .truth(let isTrue)? = worth(of: operand) else { return nil }
            return .truth(!isTrue)
        case .and(let operands): return chain(operands, decidedBy: false)
        case .or(let operands): return chain(operands, decidedBy: true)
        case .relation(.in, let element, .list(let literals)):
            return worth(of: element).map { worth in
                .truth(literals.contains { Worth($0) == worth })
            }
        case .relation(let relation, let left, let right):
            guard let left = worth(of: left), let right = worth(of: right) else { return nil }
            return .truth(holds(relation, left, right))
        case .method(let method, let receiver, let argument):
            guard case .text(let text)? = worth(of: receiver),
                case .text(let part)? = worth(of: argument)
            else { return nil }
            switch method {
            case .startsWith: return .truth(text.starts(with: part))
            case .endsWith: return .truth(text.suffix(part.count).elementsEqual(part))
            case .contains:
                let starts = 0...max(text.count - part.count, 0)
                return .truth(starts.contains { text[$0...].starts(with: part) })
            }
        }
    }

    private func chain(_ operands: [Expression], decidedBy: Bool) -> Worth? {
        let worths = operands.map { worth(of: $0) }
        if worths.contains(.truth(decidedBy)) { return .truth(decidedBy) }
        return worths.contains(nil) ? nil : .truth(!decidedBy)
    }

    private func holds(_ relation: Expression.Relation, _ left: Worth, _ right: Worth) -> Bool {
        let isLess =
            switch (left, right) {
            case (.number(let left), .number(let right)): left < right
            case (.text(let left), .text(let right)): left.lexicographicallyPrecedes(right)
            default: false
            }
        switch relation {
        case .equal, .in: return left == right
        case .notEqual: return left != right
        case .less: return isLess
        case .lessOrEqual: return isLess || left == right
        case .greater: return !isLess && left != right
        case .greaterOrEqual: return !isLess
        }
    }

    private func worth(ofClaim name: Text) -> Worth? {
        let presumed = assumed[name].map { Claim($0, .vouched) }
        guard let claim = request.claims[name] ?? presumed,
            isBelieving || claim.evidence >= need
        else { return nil }
        switch (types[name], claim.value) {
        case (.int?, .int(let value)), (.double?, .int(let value)): return .number(Float80(value))
        case (.double?, .double(let value)): return value.isFinite ? .number(Float80(value)) : nil
        case (.bool?, .bool(let value)): return .truth(value)
        case (.string?, .text(let text)): return .text(Array(text.string.unicodeScalars))
        case (.enumerated(let names)?, .text(let text)):
            return names.contains(text) ? .text(Array(text.string.unicodeScalars)) : nil
        default: return nil
        }
    }
}
