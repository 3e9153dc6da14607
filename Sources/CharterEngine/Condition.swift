/// When an adjustment holds: a typed subset of CEL over claims and attributes (SEMANTICS §5).
///
/// A condition that exists is well-formed and well-typed for the claims that it was read with.
public struct Condition: Sendable {
    /// The text as it was written.
    public let source: String
    let expression: Expression
    /// The claims in it, in order of first appearance, with the types that it was checked with.
    let uses: [ClaimUse]

    /// The longest condition, in UTF-8 bytes.
    public static let longestSource = 4_096
    /// The most nodes: literals, claims, attributes, lists and operations.
    public static let mostNodes = 256
    /// The deepest nesting; a lone literal has depth 1.
    public static let greatestDepth = 32

    /// Reads and checks a condition; O(n).
    ///
    /// - Parameter claims: the claims that may be used here.
    /// - Throws: where the text is not of the grammar, too large, ill-typed or names another claim.
    public init(
        parsing source: String, claims: [Text: ClaimType]
    ) throws(ConditionError) {
        var parser = ConditionParser(source)
        let tree = try parser.parse()
        let check = ConditionTypes(claims: claims)
        guard try check.type(of: tree) == .bool else {
            throw ConditionError(
                .type, at: tree.offset, "a condition is true or false, this is not")
        }
        self.source = source
        expression = tree.expression
        var uses: [ClaimUse] = []
        expression.visitClaims { name in
            guard !uses.contains(where: { $0.name == name }), let type = claims[name] else {
                return
            }
            uses.append(ClaimUse(name: name, type: type))
        }
        self.uses = uses
    }

    /// The claims in it, in order of first appearance.
    public var claims: [Text] { uses.map(\.name) }

    /// A claim in a condition.
    struct ClaimUse: Sendable {
        var name: Text
        var type: ClaimType
    }
}

/// What is wrong with a condition, and where.
public struct ConditionError: Error, Hashable, Sendable {
    /// The kinds of SEMANTICS §9.
    public enum Code: String, Sendable {
        /// Not of the grammar, or too large.
        case syntax = "condition.syntax"
        /// A comparison or operation of types that it does not know.
        case type = "condition.type"
        /// A claim that the place may not use.
        case unknownClaim = "condition.unknown-claim"
    }

    /// Which mistake it is.
    public let code: Code
    /// In UTF-8 bytes from the start of the condition.
    public let offset: Int
    /// What is wrong, one sentence without a full stop.
    public let message: String

    init(_ code: Code, at offset: Int, _ message: String) {
        self.code = code
        self.offset = offset
        self.message = message
    }
}

/// A string that a request may carry beside its claims (SEMANTICS §5).
public enum Attribute: UInt8, CaseIterable, Sendable {
    case channel, surface, model, language

    /// The name behind `request.`.
    public var name: String {
        switch self {
        case .channel: "channel"
        case .surface: "surface"
        case .model: "model"
        case .language: "language"
        }
    }
}

/// A condition as a tree, without parentheses.
indirect enum Expression: Sendable {
    case literal(Literal)
    case claim(Text)
    case attribute(Attribute)
    case list([Literal])
    case size(Expression)
    case not(Expression)
    case and([Expression])
    case or([Expression])
    case relation(Relation, Expression, Expression)
    case method(Method, Expression, Expression)

    enum Literal: Hashable, Sendable {
        case int(Int64)
        case double(Double)
        case string(Text)
        case bool(Bool)
    }

    enum Relation: UInt8, Sendable {
        case equal, notEqual, less, lessOrEqual, greater, greaterOrEqual, `in`
    }

    enum Method: Sendable {
        case startsWith, endsWith, contains
    }

    func visitClaims(_ body: (Text) -> Void) {
        switch self {
        case .literal, .attribute, .list: break
        case .claim(let name): body(name)
        case .size(let operand), .not(let operand): operand.visitClaims(body)
        case .and(let operands), .or(let operands):
            for operand in operands { operand.visitClaims(body) }
        case .relation(_, let left, let right), .method(_, let left, let right):
            left.visitClaims(body)
            right.visitClaims(body)
        }
    }
}
