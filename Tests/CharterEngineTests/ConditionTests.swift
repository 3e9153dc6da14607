import Testing

@testable import CharterEngine

/// SEMANTICS §5: what conditions mean.
@Suite("§5 Conditions")
struct ConditionTests {
    /// A condition over the claims and attributes of `ConditionTests.request`, with what it comes to.
    struct Row: CustomTestStringConvertible, Sendable {
        let condition: String
        let truth: Truth

        init(_ condition: String, _ truth: Truth) {
            self.condition = condition
            self.truth = truth
        }

        var testDescription: String { "\(condition) is \(truth)" }

        /// Looked at from outside: an adjustment that holds does what it says, an unknown one lowers
        /// a setting and does not raise one.
        func holds(sourceLocation: SourceLocation = #_sourceLocation) throws {
            let policy = try SmallPolicy(
                ["up authority=platform", "down authority=platform default=exact"],
                [
                    "platform: up set exact when \(condition)",
                    "platform: down set referral when \(condition)",
                ])
            let settings = try policy.decide(ConditionTests.request).behaviors.map(\.setting)
            let truths: [[Rank]: Truth] = [
                [.cautious, Rank(3) ?? .none]: .no, [Rank(3) ?? .none, .cautious]: .yes,
                [.cautious, .cautious]: .unknown,
            ]
            #expect(truths[settings] == truth, sourceLocation: sourceLocation)
        }
    }

    /// `member` is true, `age` 34, `score` 17.5, `region` "é", `profession` nurse, the surface "web";
    /// what else there is is unknown.
    static let request = Request(
        surface: "web",
        claims: [
            "member": Claim(.bool(true), .verified), "age": Claim(.int(34), .verified),
            "score": Claim(.double(17.5), .verified), "region": Claim(.text("é"), .verified),
            "profession": Claim(.text("nurse"), .verified),
        ])

    /// True, false and unknown, as conditions.
    private static let three: [(text: String, truth: Truth)] = [
        ("true", .yes), ("false", .no), ("request.model == 'm'", .unknown),
    ]

    @Test("Logic is Kleene's: &&", arguments: pairs("&&") { $0.contains(.no) ? .no : nil })
    func and(row: Row) throws { try row.holds() }

    @Test("Logic is Kleene's: ||", arguments: pairs("||") { $0.contains(.yes) ? .yes : nil })
    func or(row: Row) throws { try row.holds() }

    /// All pairs; where `first` does not settle it, unknown before the rest.
    private static func pairs(_ sign: String, _ first: ([Truth]) -> Truth?) -> [Row] {
        three.flatMap { left in
            three.map { right in
                let truths = [left.truth, right.truth]
                let rest: Truth = truths.contains(.unknown) ? .unknown : sign == "&&" ? .yes : .no
                return Row("\(left.text) \(sign) \(right.text)", first(truths) ?? rest)
            }
        }
    }

    @Test(
        "Logic is Kleene's: !",
        arguments: [
            Row("!true", .no), Row("!false", .yes), Row("!(request.model == 'm')", .unknown),
            Row("!!true", .yes), Row("!claims.member", .no),
        ])
    func not(row: Row) throws { try row.holds() }

    @Test(
        "Any operation but &&, ||, ! on an unknown is unknown",
        arguments: [
            Row("request.model == request.model", .unknown), Row("request.model != 'm'", .unknown),
            Row("request.model < 'm'", .unknown), Row("'m' >= request.model", .unknown),
            Row("size(request.model) >= 0", .unknown), Row("request.model in []", .unknown),
            Row("request.model in ['m']", .unknown), Row("request.model.contains('')", .unknown),
            Row("'m'.startsWith(request.model)", .unknown),
            Row("(request.model == 'm') == true", .unknown),
            Row("(request.model == 'm') in [true, false]", .unknown),
            Row("(request.model == 'm') != (request.model == 'm')", .unknown),
            Row("claims.former == 'nurse'", .unknown), Row("claims.former != 'nurse'", .unknown),
        ])
    func unknown(row: Row) throws { try row.holds() }

    @Test(
        "&& binds before ||, a relation before both, ! first of all",
        arguments: [
            Row("true || true && false", .yes), Row("(true || true) && false", .no),
            Row("false && true || true", .yes), Row("!false && false", .no),
            Row("!(false && false)", .yes), Row("claims.age == 34 && claims.member", .yes),
            Row("!claims.member == false", .yes), Row("true||false&&claims.age<0", .yes),
        ])
    func precedence(row: Row) throws { try row.holds() }

    @Test(
        "Int and double compare as numbers",
        arguments: [
            Row("claims.age == 34", .yes), Row("claims.age == 34.0", .yes),
            Row("claims.age != 34", .no), Row("claims.age < 34.5", .yes),
            Row("claims.age > 33.999", .yes), Row("claims.age >= 34", .yes),
            Row("claims.age <= 33", .no), Row("claims.score == 17.5", .yes),
            Row("claims.score < claims.age", .yes), Row("claims.score > 17", .yes),
            Row("-1 < 0", .yes), Row("- 1 < 0", .yes), Row("-0.5 > -1", .yes),
            Row("0.0 == -0.0", .yes), Row("1e2 == 100", .yes), Row("1.5e-1 == 0.15", .yes),
            Row("9007199254740993 == 9007199254740992.0", .no),
            Row("9007199254740993 > 9007199254740992.0", .yes),
            Row("9223372036854775807 < 9.3e18", .yes),
            Row("9223372036854775807 == 9223372036854775808.0", .no),
            Row("-9223372036854775808 == -9223372036854775808.0", .yes),
            Row("-9223372036854775808 > -9.3e18", .yes), Row("1 in [1.0, 2]", .yes),
            Row("claims.age in [33, 34]", .yes), Row("claims.age in []", .no),
        ])
    func numbers(row: Row) throws { try row.holds() }

    @Test(
        "Strings compare, order and count by Unicode scalars and are never normalised",
        arguments: [
            Row("claims.region == 'é'", .yes), Row("claims.region == 'e\u{301}'", .no),
            Row("size(claims.region) == 1", .yes), Row("size('e\u{301}') == 2", .yes),
            Row("size('🇪🇺') == 2", .yes), Row("size('') == 0", .yes),
            Row("'e\u{301}'.startsWith('e')", .yes), Row("'é'.startsWith('e')", .no),
            Row("'e\u{301}'.endsWith('\u{301}')", .yes), Row("'🇪🇺'.contains('\u{1F1FA}')", .yes),
            Row("'abc'.contains('bc') && 'abc'.contains('')", .yes),
            Row("'abc'.startsWith('abcd') || 'abc'.endsWith('zabc')", .no),
            Row("'Z' < 'a'", .yes), Row("'a' < 'aa'", .yes), Row("'z' < 'é'", .yes),
            Row("'\u{FFFD}' < '🇪'", .yes), Row("claims.region in ['e', 'é']", .yes),
            Row("request.surface == \"web\"", .yes), Row("request.surface.endsWith('eb')", .yes),
        ])
    func strings(row: Row) throws { try row.holds() }

    @Test(
        "Strings stand in single or double quotes with the escapes \\\\ \\' \\\" \\n \\t",
        arguments: [
            Row(#"size('\\') == 1"#, .yes), Row(#"'\'' == "'""#, .yes),
            Row(#""\"" == '"'"#, .yes), Row(#"size("\n\t") == 2"#, .yes),
            Row(#"'\"' == '"'"#, .yes), Row(#""a\\b".contains('\\')"#, .yes),
        ])
    func quotes(row: Row) throws { try row.holds() }

    @Test(
        "Bools and enumerated claims know ==, != and in",
        arguments: [
            Row("claims.member", .yes), Row("claims.member == true", .yes),
            Row("claims.member != (claims.age < 18)", .yes), Row("claims.member in [true]", .yes),
            Row("claims.member in [false]", .no), Row("claims.member in []", .no),
            Row("claims.profession == 'nurse'", .yes), Row("'nurse' != claims.profession", .no),
            Row("claims.profession in ['physician', 'nurse']", .yes),
            Row("claims.profession in []", .no),
            Row("claims.profession == claims.profession", .yes),
            Row("claims.profession == claims.former", .unknown),
        ])
    func names(row: Row) throws { try row.holds() }

    /// A text that is no condition, with the kind of error.
    struct Wrong: CustomTestStringConvertible, Sendable {
        let condition: String
        let code: ConditionError.Code

        init(_ condition: String, _ code: ConditionError.Code = .syntax) {
            self.condition = condition
            self.code = code
        }

        var testDescription: String { "\(condition): \(code.rawValue)" }

        func holds(sourceLocation: SourceLocation = #_sourceLocation) {
            let error = #expect(throws: ConditionError.self, sourceLocation: sourceLocation) {
                try Condition(parsing: condition, claims: SmallPolicy.claims)
            }
            #expect(error?.code == code, sourceLocation: sourceLocation)
            let places = 0...condition.utf8.count
            #expect(places.contains(error?.offset ?? -1), sourceLocation: sourceLocation)
        }
    }

    @Test(
        "Anything else is condition.syntax",
        arguments: [
            Wrong(""), Wrong(" "), Wrong("claims"), Wrong("claims."), Wrong("claims.1"),
            Wrong("member"), Wrong("request.user == 'u'"), Wrong("request.channel.size() == 1"),
            Wrong("true &&"), Wrong("true & true"), Wrong("true and true"), Wrong("not true"),
            Wrong("1 < 2 < 3"), Wrong("claims.age = 3"), Wrong("claims.age === 3"),
            Wrong("(true"), Wrong("true)"), Wrong("[1, 2"), Wrong("claims.age in [1,]"),
            Wrong("'a"), Wrong("'a\""), Wrong("'a\n' == 'b'"), Wrong(#"'\r' == 'a'"#),
            Wrong(#"'\u0041' == 'A'"#), Wrong("--1 < 0"), Wrong("-claims.age < 0"),
            Wrong("1. < 2"), Wrong(".5 < 2"), Wrong("1e < 2"), Wrong("1x < 2"), Wrong("0x10 < 20"),
            Wrong("1u < 2"), Wrong("9223372036854775808 > 0"), Wrong("-9223372036854775809 < 0"),
            Wrong("1e400 > 0.0"), Wrong("claims.age ? true : false"), Wrong("claims.age + 1 > 2"),
            Wrong("has(claims.age)"), Wrong("'a'.matches('a')"), Wrong("'a'.size() == 1"),
            Wrong("TRUE"), Wrong("null == null"), Wrong("claims['age'] > 1"), Wrong("true; false"),
        ])
    func syntax(row: Wrong) { row.holds() }

    @Test(
        "of types, condition.type",
        arguments: [
            Wrong("claims.age", .type), Wrong("'a'", .type), Wrong("1", .type),
            Wrong("[true]", .type), Wrong("size('a')", .type), Wrong("claims.profession", .type),
            Wrong("claims.age == '34'", .type), Wrong("claims.region == 1", .type),
            Wrong("claims.member == 1", .type), Wrong("claims.age && true", .type),
            Wrong("!claims.region", .type), Wrong("claims.member < true", .type),
            Wrong("true >= false", .type), Wrong("claims.profession < 'nurse'", .type),
            Wrong("claims.profession == 'teacher'", .type),
            Wrong("claims.profession in ['nurse', 'teacher']", .type),
            Wrong("claims.profession == claims.region", .type),
            Wrong("claims.profession == claims.position", .type),
            Wrong("claims.profession.startsWith('n')", .type),
            Wrong("size(claims.profession) == 1", .type), Wrong("size(claims.age) == 1", .type),
            Wrong("claims.age in [1, 'a']", .type), Wrong("claims.age in ['a']", .type),
            Wrong("claims.age in [claims.age]", .type), Wrong("claims.age in [[1]]", .type),
            Wrong("claims.age in 34", .type), Wrong("[1] in [1]", .type),
            Wrong("[1] == [1]", .type), Wrong("claims.region.contains(1)", .type),
            Wrong("claims.age.contains('3')", .type), Wrong("request.channel == 1", .type),
        ])
    func types(row: Wrong) { row.holds() }

    @Test(
        "A claim that is not declared is condition.unknown-claim",
        arguments: [
            Wrong("claims.height > 1", .unknownClaim), Wrong("claims.Age > 1", .unknownClaim),
            Wrong("true || claims.x", .unknownClaim),
        ])
    func unknownClaims(row: Wrong) { row.holds() }

    @Test("Two enumerated claims compare where their lists are equal, as sets")
    func equalLists() throws {
        let claims: [Text: ClaimType] = [
            "a": .oneOf(["x", "y"]), "b": .oneOf(["y", "x", "y"]), "c": .oneOf(["x"]),
        ]
        _ = try Condition(parsing: "claims.a == claims.b", claims: claims)
        #expect(throws: ConditionError.self) {
            try Condition(parsing: "claims.a == claims.c", claims: claims)
        }
    }

    @Test("A condition tells its claims, each once, in order of first appearance")
    func claims() throws {
        let condition = try Condition(
            parsing: "claims.score > 1 && (claims.age > 1 || claims.score < claims.age)",
            claims: SmallPolicy.claims)
        #expect(condition.claims == ["score", "age"])
    }
}
