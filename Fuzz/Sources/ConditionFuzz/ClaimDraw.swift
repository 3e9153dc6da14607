import Fuzzing

@testable import CharterEngine

/// Draws values of claims, most of them near the literals of a condition.
struct ClaimDraw {
    private var numbers: [ClaimValue] = [.int(0), .int(.max), .int(.min), .double(0x1p63)]
    private var texts: [Text] = ["", "e\u{301}"]

    init(_ expression: Expression) { visit(expression) }

    private mutating func visit(_ expression: Expression) {
        switch expression {
        case .literal(let literal): take(literal)
        case .list(let literals): literals.forEach { take($0) }
        case .claim, .attribute: break
        case .size(let operand), .not(let operand): visit(operand)
        case .and(let operands), .or(let operands): operands.forEach { visit($0) }
        case .relation(_, let left, let right), .method(_, let left, let right):
            visit(left)
            visit(right)
        }
    }

    private mutating func take(_ literal: Expression.Literal) {
        switch literal {
        case .int(let value): numbers += [.int(value), .int(value &+ 1), .double(Double(value))]
        case .double(let value): numbers += [.double(value), .double(value.nextUp)]
        case .string(let text): texts += [text, Text(text.string + text.string)]
        case .bool: break
        }
    }

    /// A value of the type.
    func assumption(of type: ClaimType, _ bytes: inout ByteReader) -> ClaimValue {
        switch type {
        case .int: .int(Int64(truncatingIfNeeded: bytes.number()))
        case .double: .double(Double(bytes.below(100)) / 4)
        case .bool: .bool(bytes.flag())
        case .string: .text(text(&bytes))
        case .enumerated(let names): .text(bytes.pick(names))
        }
    }

    /// A value that has the type, or seldom has not.
    func value(of type: ClaimType, _ bytes: inout ByteReader) -> ClaimValue {
        switch bytes.below(8) {
        case 0: .garbled
        case 1: .double(Double(bitPattern: bytes.number()))
        case 2: .text(text(&bytes))
        case 3, 4:
            switch type {
            case .int, .double: bytes.pick(numbers)
            default: assumption(of: type, &bytes)
            }
        default: assumption(of: type, &bytes)
        }
    }

    func text(_ bytes: inout ByteReader) -> Text {
        bytes.flag()
            ? bytes.pick(texts)
            : Text(String(decoding: bytes.bytes(bytes.below(9)), as: UTF8.self))
    }
}
