import CharterEngine

/// A well-typed condition drawn at random, and what it means by a second way of saying it: a walk over
/// the tree, on plain values (SEMANTICS §5).
indirect enum RandomCondition: Sendable {
    case literal(Bool)
    case flag(Term)
    case not(RandomCondition)
    case and([RandomCondition])
    case or([RandomCondition])
    case sameTruth(RandomCondition, Bool, RandomCondition)
    case comparison(Term, String, Term)
    case membership(Term, [Term])
    case truthIn(RandomCondition, [Bool])
    case method(String, Term, Term)

    indirect enum Term: Equatable, Sendable {
        case int(Int64)
        case double(Double)
        case text(String)
        case claim(String)
        case attribute(Attribute)
        case size(Term)
    }

    /// The claims that random conditions are about; every list of names is the same one, so that two
    /// enumerated claims may be compared.
    static let types: [Text: ClaimType] = [
        "age": .int, "score": .double, "member": .bool, "region": .string,
        "profession": .oneOf(["nurse", "physician", "teacher"]),
        "former": .oneOf(["teacher", "physician", "nurse"]),
    ]

    /// The names of the claims, in byte order.
    static let names = types.keys.sorted()

    static let professions = ["nurse", "physician", "teacher"]
    static let texts = ["", "e", "é", "e\u{301}", "eu", "EU", "europe", "🇪🇺", "a\\b'c\"d\n\t"]

    init(_ generator: inout SeededGenerator, depth: Int = 3) {
        let kind = depth > 1 ? generator.below(11) : 4 + generator.below(7)
        func inner(_ generator: inout SeededGenerator) -> RandomCondition {
            RandomCondition(&generator, depth: depth - 1)
        }
        switch kind {
        case 0: self = .not(inner(&generator))
        case 1:
            self = .and((0..<(2 + generator.below(2))).map { _ in inner(&generator) })
        case 2:
            self = .or((0..<(2 + generator.below(2))).map { _ in inner(&generator) })
        case 3: self = .sameTruth(inner(&generator), generator.chance(50), inner(&generator))
        case 4:
            self = generator.chance(20) ? .literal(generator.chance(50)) : .flag(.claim("member"))
        case 5, 6:
            let sign = generator.pick(["==", "!=", "<", "<=", ">", ">="])
            self = .comparison(
                RandomCondition.number(&generator), sign, RandomCondition.number(&generator))
        case 7:
            let sign = generator.pick(["==", "!=", "<", "<=", ">", ">="])
            self = .comparison(
                RandomCondition.text(&generator), sign, RandomCondition.text(&generator))
        case 8:
            let claim = Term.claim(generator.pick(["profession", "former"]))
            let other =
                generator.chance(20)
                ? .claim(generator.pick(["profession", "former"]))
                : Term.text(generator.pick(RandomCondition.professions))
            self =
                generator.chance(50)
                ? .comparison(claim, generator.pick(["==", "!="]), other)
                : .comparison(other, generator.pick(["==", "!="]), claim)
        case 9:
            switch generator.below(4) {
            case 0:
                self = .membership(
                    RandomCondition.number(&generator),
                    (0..<generator.below(4)).map { _ in RandomCondition.numberLiteral(&generator) })
            case 1:
                self = .membership(
                    RandomCondition.text(&generator),
                    generator.some(of: RandomCondition.texts.map { .text($0) }, 40))
            case 2:
                self = .membership(
                    .claim(generator.pick(["profession", "former"])),
                    generator.some(of: RandomCondition.professions.map { .text($0) }, 50))
            default:
                self = .truthIn(.flag(.claim("member")), generator.some(of: [true, false], 60))
            }
        default:
            self = .method(
                generator.pick(["startsWith", "endsWith", "contains"]),
                RandomCondition.text(&generator), RandomCondition.text(&generator))
        }
    }

    private static func number(_ generator: inout SeededGenerator) -> Term {
        switch generator.below(5) {
        case 0, 1: .claim("age")
        case 2: .claim("score")
        case 3: .size(text(&generator))
        default: numberLiteral(&generator)
        }
    }

    private static func numberLiteral(_ generator: inout SeededGenerator) -> Term {
        generator.chance(60)
            ? .int(generator.pick([-1, 0, 1, 2, 5, 18, 34]))
            : .double(generator.pick([-0.5, 0, 1, 2.5, 17.5, 18]))
    }

    private static func text(_ generator: inout SeededGenerator) -> Term {
        switch generator.below(5) {
        case 0, 1: .claim("region")
        case 2: .attribute(generator.pick(Attribute.allCases))
        default: .text(generator.pick(texts))
        }
    }
}

extension RandomCondition {
    /// The condition as a document would have it, with as few parentheses as it needs.
    var text: String { text(binding: 0) }

    /// - Parameter binding: 0 within `||`, 1 within `&&`, 2 beside a relation, 3 behind `!`.
    private func text(binding: Int) -> String {
        switch self {
        case .literal(let value): return "\(value)"
        case .flag(let term): return term.text
        case .not(let inner): return "!" + inner.text(binding: 3)
        case .and(let parts):
            return RandomCondition.wrap(
                parts.map { $0.text(binding: 2, isChain: true) }.joined(separator: " && "),
                binding > 1)
        case .or(let parts):
            return RandomCondition.wrap(
                parts.map { $0.text(binding: 1, isChain: true) }.joined(separator: "||"),
                binding > 0)
        case .sameTruth(let left, let isEqual, let right):
            return RandomCondition.wrap(
                left.text(binding: 3) + (isEqual ? " == " : " != ") + right.text(binding: 3),
                binding > 2)
        case .comparison(let left, let sign, let right):
            return RandomCondition.wrap("\(left.text) \(sign) \(right.text)", binding > 2)
        case .membership(let term, let list):
            return RandomCondition.wrap(
                "\(term.text) in [" + list.map(\.text).joined(separator: ", ") + "]", binding > 2)
        case .truthIn(let inner, let list):
            return RandomCondition.wrap(
                inner.text(binding: 3) + " in [" + list.map { "\($0)" }.joined(separator: ",")
                    + "]",
                binding > 2)
        case .method(let name, let receiver, let argument):
            return "\(receiver.text).\(name)(\(argument.text))"
        }
    }

    /// A part of a chain; a chain of the same sign stands in parentheses there, being one of its own.
    private func text(binding: Int, isChain: Bool) -> String {
        switch self {
        case .and where binding == 1: text(binding: 1)
        case .and, .or: text(binding: 3)
        default: text(binding: binding)
        }
    }

    private static func wrap(_ text: String, _ isNeeded: Bool) -> String {
        isNeeded ? "(\(text))" : text
    }
}

extension RandomCondition.Term {
    var text: String {
        switch self {
        case .int(let value): return "\(value)"
        case .double(let value): return "\(value)"
        case .text(let value):
            var quoted = "\""
            for scalar in value.unicodeScalars {
                switch scalar {
                case "\"": quoted += "\\\""
                case "\\": quoted += "\\\\"
                case "\n": quoted += "\\n"
                case "\t": quoted += "\\t"
                default: quoted.unicodeScalars.append(scalar)
                }
            }
            return quoted + "\""
        case .claim(let name): return "claims.\(name)"
        case .attribute(let attribute): return "request.\(attribute.name)"
        case .size(let term): return "size(\(term.text))"
        }
    }
}

extension RandomCondition {
    /// What a term can be worth.
    enum Value {
        case number(Double)
        case text([Unicode.Scalar])
        case truth(Bool)
    }

    /// Whether it holds; nil: unknown.
    ///
    /// - Parameter value: of a claim or an attribute; nil: unknown.
    func truth(_ value: (Term) -> Value?) -> Bool? {
        switch self {
        case .literal(let truth): return truth
        case .flag(let term):
            guard case .truth(let truth)? = value(term) else { return nil }
            return truth
        case .not(let inner): return inner.truth(value).map { !$0 }
        case .and(let parts):
            let truths = parts.map { $0.truth(value) }
            return truths.contains(false) ? false : truths.contains(nil) ? nil : true
        case .or(let parts):
            let truths = parts.map { $0.truth(value) }
            return truths.contains(true) ? true : truths.contains(nil) ? nil : false
        case .sameTruth(let left, let isEqual, let right):
            guard let left = left.truth(value), let right = right.truth(value) else { return nil }
            return (left == right) == isEqual
        case .truthIn(let inner, let list): return inner.truth(value).map(list.contains)
        case .membership(let term, let list):
            guard let left = term.worth(value) else { return nil }
            return list.contains { $0.worth(value).map { left.order(to: $0) == 0 } ?? false }
        case .comparison(let left, let sign, let right):
            guard let left = left.worth(value), let right = right.worth(value) else { return nil }
            let order = left.order(to: right)
            switch sign {
            case "==": return order == 0
            case "!=": return order != 0
            case "<": return order < 0
            case "<=": return order <= 0
            case ">": return order > 0
            default: return order >= 0
            }
        case .method(let name, let receiver, let argument):
            guard case .text(let text)? = receiver.worth(value),
                case .text(let part)? = argument.worth(value)
            else { return nil }
            switch name {
            case "startsWith": return text.starts(with: part)
            case "endsWith": return text.reversed().starts(with: part.reversed())
            default:
                return text.count >= part.count
                    && (0...(text.count - part.count)).contains {
                        text[$0...].starts(with: part)
                    }
            }
        }
    }
}

extension RandomCondition.Term {
    func worth(_ value: (RandomCondition.Term) -> RandomCondition.Value?) -> RandomCondition.Value?
    {
        switch self {
        case .int(let number): return .number(Double(number))
        case .double(let number): return .number(number)
        case .text(let text): return .text(Array(text.unicodeScalars))
        case .claim, .attribute: return value(self)
        case .size(let inner):
            guard case .text(let text)? = inner.worth(value) else { return nil }
            return .number(Double(text.count))
        }
    }
}

extension RandomCondition.Value {
    func order(to other: RandomCondition.Value) -> Int {
        switch (self, other) {
        case (.number(let a), .number(let b)): a < b ? -1 : a > b ? 1 : 0
        case (.text(let a), .text(let b)): a == b ? 0 : a.lexicographicallyPrecedes(b) ? -1 : 1
        case (.truth(let a), .truth(let b)): a == b ? 0 : 1
        default: 1
        }
    }
}
