@testable import CharterEngine

/// What a condition means, said a second way: a walk over its tree on plain values (SEMANTICS §5).
struct ConditionWalk {
    var types: [Text: ClaimType] = [:]
    var assumed: [Text: ClaimValue] = [:]
    var request = Request()
    var need: Evidence
    var isBelieving = false

    init(need: Evidence) { self.need = need }

    /// What a part is worth.
    private enum Worth: Equatable {
        case whole(Int64)
        /// A number that no `whole` is.
        case fraction(Double)
        case text([Unicode.Scalar])
        case truth(Bool)

        init(_ literal: Expression.Literal) {
            switch literal {
            case .int(let value): self = .whole(value)
            case .double(let value): self = Worth(value)
            case .string(let text): self = .text(Array(text.string.unicodeScalars))
            case .bool(let value): self = .truth(value)
            }
        }

        init(_ number: Double) {
            self = Int64(exactly: number).map { .whole($0) } ?? .fraction(number)
        }

        static func < (left: Worth, right: Worth) -> Bool {
            switch (left, right) {
            case (.whole(let left), .whole(let right)): left < right
            case (.fraction(let left), .fraction(let right)): left < right
            // A fraction is beyond every whole number, or so small that rounding these is harmless.
            case (.whole(let left), .fraction(let right)):
                right >= 0x1p63 || Double(left) < right
            case (.fraction(let left), .whole(let right)):
                left < 0x1p63 && left < Double(right)
            case (.text(let left), .text(let right)): left.lexicographicallyPrecedes(right)
            default: false
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
            return .whole(Int64(text.count))
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
        switch relation {
        case .equal, .in: return left == right
        case .notEqual: return left != right
        case .less: return left < right
        case .lessOrEqual: return left < right || left == right
        case .greater: return right < left
        case .greaterOrEqual: return right < left || left == right
        }
    }

    private func worth(ofClaim name: Text) -> Worth? {
        let presumed = assumed[name].map { Claim($0, .vouched) }
        guard let claim = request.claims[name] ?? presumed,
            isBelieving || claim.evidence >= need
        else { return nil }
        switch (types[name], claim.value) {
        case (.int?, .int(let value)), (.double?, .int(let value)): return .whole(value)
        case (.double?, .double(let value)): return value.isFinite ? Worth(value) : nil
        case (.bool?, .bool(let value)): return .truth(value)
        case (.string?, .text(let text)): return .text(Array(text.string.unicodeScalars))
        case (.enumerated(let names)?, .text(let text)):
            return names.contains(text) ? .text(Array(text.string.unicodeScalars)) : nil
        default: return nil
        }
    }
}
