/// The grammar of SEMANTICS §5, by recursive descent; each rule is one method.
struct ConditionParser {
    /// A part of a condition with its place and size.
    struct Node {
        var expression: Expression
        var offset: Int
        var depth: Int
        /// The parts, for errors of type that point at one.
        var operands: [Node] = []
        /// Of a list that holds something else than literals.
        var holdsOther = false
    }

    private let bytes: [UInt8]
    private var position = 0
    private var nodes = 0
    private var nesting = 0

    init(_ source: String) {
        bytes = Array(source.utf8)
    }

    mutating func parse() throws(ConditionError) -> Node {
        guard bytes.count <= Condition.longestSource else {
            throw ConditionError(
                .syntax, at: 0, "a condition has at most \(Condition.longestSource) bytes")
        }
        let node = try or()
        skipSpace()
        guard position == bytes.count else { throw unexpected("`&&`, `||` or the end") }
        return node
    }

    // MARK: The rules

    private mutating func or() throws(ConditionError) -> Node {
        try chain("||", { operands in .or(operands) }) { parser throws(ConditionError) in
            try parser.and()
        }
    }

    private mutating func and() throws(ConditionError) -> Node {
        try chain("&&", { operands in .and(operands) }) { parser throws(ConditionError) in
            try parser.relation()
        }
    }

    private mutating func chain(
        _ sign: StaticString, _ make: ([Expression]) -> Expression,
        operand: (inout ConditionParser) throws(ConditionError) -> Node
    ) throws(ConditionError) -> Node {
        let first = try operand(&self)
        var operands = [first]
        while take(sign) { operands.append(try operand(&self)) }
        guard operands.count > 1 else { return first }
        return try node(make(operands.map(\.expression)), at: first.offset, over: operands)
    }

    private mutating func relation() throws(ConditionError) -> Node {
        let left = try unary()
        guard let relation = takeRelation() else { return left }
        let right = try unary()
        return try node(
            .relation(relation, left.expression, right.expression), at: left.offset,
            over: [left, right])
    }

    private mutating func unary() throws(ConditionError) -> Node {
        skipSpace()
        let offset = position
        if peek() == UInt8(ascii: "!"), peek(1) != UInt8(ascii: "=") {
            position += 1
            let operand = try nested { parser throws(ConditionError) in try parser.unary() }
            return try node(.not(operand.expression), at: offset, over: [operand])
        }
        if take("-") {
            skipSpace()
            guard isDigit(peek()) else { throw unexpected("a number") }
            return try number(isNegative: true, at: offset)
        }
        var receiver = try primary()
        while take(".") {
            skipSpace()
            let start = position
            let name = identifier()
            let method: Expression.Method
            switch name {
            case "startsWith": method = .startsWith
            case "endsWith": method = .endsWith
            case "contains": method = .contains
            default:
                position = start
                throw unexpected("`startsWith`, `endsWith` or `contains`")
            }
            let argument = try parenthesized()
            receiver = try node(
                .method(method, receiver.expression, argument.expression), at: offset,
                over: [receiver, argument])
        }
        return receiver
    }

    private mutating func primary() throws(ConditionError) -> Node {
        skipSpace()
        let offset = position
        guard let byte = peek() else { throw unexpected("a claim, an attribute or a literal") }
        if isDigit(byte) { return try number(isNegative: false, at: offset) }
        if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
            return try string(quote: byte)
        }
        if byte == UInt8(ascii: "[") { return try list() }
        if byte == UInt8(ascii: "(") {
            var inner = try parenthesized()
            inner.depth += 1
            try checkDepth(inner.depth, at: offset)
            return inner
        }
        switch identifier() {
        case "true": return try node(.literal(.bool(true)), at: offset)
        case "false": return try node(.literal(.bool(false)), at: offset)
        case "size":
            let operand = try parenthesized()
            return try node(.size(operand.expression), at: offset, over: [operand])
        case "claims":
            let name = try member("the name of a claim")
            return try node(.claim(Text(name)), at: offset)
        case "request":
            let name = try member("an attribute")
            guard let attribute = Attribute.allCases.first(where: { $0.name == name }) else {
                throw ConditionError(
                    .syntax, at: offset,
                    "a request has the attributes `channel`, `surface`, `model` and `language`")
            }
            return try node(.attribute(attribute), at: offset)
        default:
            position = offset
            throw unexpected(
                "a claim (`claims.name`), an attribute (`request.channel`) or a literal")
        }
    }

    private mutating func member(_ what: String) throws(ConditionError) -> String {
        guard take(".") else { throw unexpected("`.`") }
        skipSpace()
        let name = identifier()
        guard !name.isEmpty else { throw unexpected(what) }
        return name
    }

    private mutating func parenthesized() throws(ConditionError) -> Node {
        guard take("(") else { throw unexpected("`(`") }
        let inner = try nested { parser throws(ConditionError) in try parser.or() }
        guard take(")") else { throw unexpected("`)`") }
        return inner
    }

    private mutating func list() throws(ConditionError) -> Node {
        let offset = position
        position += 1
        var elements: [Node] = []
        if !take("]") {
            repeat {
                elements.append(try nested { parser throws(ConditionError) in try parser.or() })
            } while take(",")
            guard take("]") else { throw unexpected("`,` or `]`") }
        }
        var literals: [Expression.Literal] = []
        for element in elements {
            if case .literal(let literal) = element.expression { literals.append(literal) }
        }
        var list = try node(.list(literals), at: offset, over: elements)
        list.holdsOther = literals.count < elements.count
        return list
    }

    private mutating func number(
        isNegative: Bool, at offset: Int
    ) throws(ConditionError) -> Node {
        let start = position
        while isDigit(peek()) { position += 1 }
        var isDouble = false
        if peek() == UInt8(ascii: "."), isDigit(peek(1)) {
            isDouble = true
            position += 1
            while isDigit(peek()) { position += 1 }
        }
        if peek() == UInt8(ascii: "e") || peek() == UInt8(ascii: "E") {
            let signed = peek(1) == UInt8(ascii: "+") || peek(1) == UInt8(ascii: "-")
            guard isDigit(peek(signed ? 2 : 1)) else {
                throw unexpected("the digits of an exponent")
            }
            isDouble = true
            position += signed ? 2 : 1
            while isDigit(peek()) { position += 1 }
        }
        guard !isLetter(peek()) else { throw unexpected("the end of the number") }
        let digits = (isNegative ? "-" : "") + text(start..<position)
        if isDouble {
            guard let value = Double(digits), value.isFinite else {
                throw ConditionError(.syntax, at: offset, "the number is beyond a double")
            }
            return try node(.literal(.double(value)), at: offset)
        }
        guard let value = Int64(digits) else {
            throw ConditionError(.syntax, at: offset, "the number is beyond 64 bits")
        }
        return try node(.literal(.int(value)), at: offset)
    }

    private mutating func string(quote: UInt8) throws(ConditionError) -> Node {
        let offset = position
        position += 1
        var content: [UInt8] = []
        while let byte = peek(), byte != quote {
            position += 1
            switch byte {
            case UInt8(ascii: "\\"):
                switch peek() {
                case UInt8(ascii: "\\"): content.append(UInt8(ascii: "\\"))
                case UInt8(ascii: "'"): content.append(UInt8(ascii: "'"))
                case UInt8(ascii: "\""): content.append(UInt8(ascii: "\""))
                case UInt8(ascii: "n"): content.append(UInt8(ascii: "\n"))
                case UInt8(ascii: "t"): content.append(UInt8(ascii: "\t"))
                default: throw unexpected("one of the escapes `\\\\`, `\\'`, `\\\"`, `\\n`, `\\t`")
                }
                position += 1
            case UInt8(ascii: "\n"), UInt8(ascii: "\r"):
                throw ConditionError(.syntax, at: offset, "a string ends on its line")
            default: content.append(byte)
            }
        }
        guard peek() == quote else {
            throw ConditionError(.syntax, at: offset, "the string has no end")
        }
        position += 1
        return try node(
            .literal(.string(Text(String(decoding: content, as: UTF8.self)))), at: offset)
    }

    // MARK: Bounds

    private mutating func node(
        _ expression: Expression, at offset: Int, over operands: [Node] = []
    ) throws(ConditionError) -> Node {
        nodes += 1
        guard nodes <= Condition.mostNodes else {
            throw ConditionError(
                .syntax, at: offset, "a condition has at most \(Condition.mostNodes) parts")
        }
        let depth = 1 + (operands.map(\.depth).max() ?? 0)
        try checkDepth(depth, at: offset)
        return Node(expression: expression, offset: offset, depth: depth, operands: operands)
    }

    private func checkDepth(_ depth: Int, at offset: Int) throws(ConditionError) {
        guard depth <= Condition.greatestDepth else { throw tooDeep(at: offset) }
    }

    private func tooDeep(at offset: Int) -> ConditionError {
        ConditionError(
            .syntax, at: offset, "a condition is nested at most \(Condition.greatestDepth) deep")
    }

    /// Each call is at least one level of the result, so that the stack is bounded before it is built.
    private mutating func nested(
        _ body: (inout ConditionParser) throws(ConditionError) -> Node
    ) throws(ConditionError) -> Node {
        nesting += 1
        defer { nesting -= 1 }
        guard nesting <= Condition.greatestDepth else { throw tooDeep(at: position) }
        return try body(&self)
    }

    // MARK: Characters

    private func peek(_ ahead: Int = 0) -> UInt8? {
        position + ahead < bytes.count ? bytes[position + ahead] : nil
    }

    private mutating func skipSpace() {
        while let byte = peek(), [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    private mutating func take(_ sign: StaticString) -> Bool {
        skipSpace()
        let sign = UnsafeBufferPointer(start: sign.utf8Start, count: sign.utf8CodeUnitCount)
        guard bytes[position...].starts(with: sign) else { return false }
        position += sign.count
        return true
    }

    private mutating func takeRelation() -> Expression.Relation? {
        if take("==") { return .equal }
        if take("!=") { return .notEqual }
        if take("<=") { return .lessOrEqual }
        if take(">=") { return .greaterOrEqual }
        if take("<") { return .less }
        if take(">") { return .greater }
        skipSpace()
        guard bytes[position...].starts(with: "in".utf8), !isLetter(peek(2)), !isDigit(peek(2))
        else {
            return nil
        }
        position += 2
        return .in
    }

    private mutating func identifier() -> String {
        skipSpace()
        let start = position
        while isLetter(peek()) || (position > start && isDigit(peek())) { position += 1 }
        return text(start..<position)
    }

    private func text(_ range: Range<Int>) -> String {
        String(decoding: bytes[range], as: UTF8.self)
    }

    private func isDigit(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }

    private func isLetter(_ byte: UInt8?) -> Bool {
        guard let byte else { return false }
        return (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || byte == UInt8(ascii: "_")
    }

    private func unexpected(_ expected: String) -> ConditionError {
        ConditionError(.syntax, at: position, "expected \(expected)")
    }
}
