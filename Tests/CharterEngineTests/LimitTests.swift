import Testing

@testable import CharterEngine

/// Every bound, on both of its sides.
@Suite("Limits")
struct LimitTests {
    @Test(
        "A condition has at most 4,096 bytes", arguments: [(4_096, true), (4_097, false)])
    func bytes(count: Int, isWell: Bool) {
        let text = "'" + String(repeating: "é", count: (count - 8) / 2)
        let padded = text + String(repeating: "x", count: count - text.utf8.count - 7) + "' != ''"
        #expect(padded.utf8.count == count)
        #expect(LimitTests.isWell(padded) == isWell)
    }

    /// A condition on one side of a bound.
    struct Bound: CustomTestStringConvertible, Sendable {
        let text: String
        let isWell: Bool

        init(_ text: String, _ isWell: Bool) {
            self.text = text
            self.isWell = isWell
        }

        var testDescription: String { "\(text.prefix(24))… \(text.utf8.count) bytes" }
    }

    @Test(
        "A condition has at most 256 nodes, a chain being one",
        arguments: [
            Bound("true" + String(repeating: " && true", count: 254), true),
            Bound("true" + String(repeating: " && true", count: 255), false),
            Bound("true" + String(repeating: " || true", count: 254), true),
            Bound("claims.age in [1" + String(repeating: ",1", count: 252) + "]", true),
            Bound("claims.age in [1" + String(repeating: ",1", count: 253) + "]", false),
            Bound(chain("size(request.model) < 2", 63) + " && !true && true", true),
            Bound(chain("size(request.model) < 2", 63) + " && !true && !true", false),
            Bound(chain("size(request.model) < 2", 64), false),
            Bound(chain("!true", 127), true), Bound(chain("!true", 128), false),
            Bound(chain("((true))", 255), true),
        ])
    func nodes(bound: Bound) {
        #expect(LimitTests.isWell(bound.text) == bound.isWell)
    }

    @Test(
        "A condition has depth 32 at most: parentheses, !, lists and operations are one level each",
        arguments: [
            Bound(String(repeating: "!", count: 31) + "true", true),
            Bound(String(repeating: "!", count: 32) + "true", false),
            Bound(parentheses(31, "true"), true), Bound(parentheses(32, "true"), false),
            Bound(parentheses(30, "1 < 2"), true), Bound(parentheses(31, "1 < 2"), false),
            Bound(parentheses(30, "true && true"), true),
            Bound(parentheses(31, "true && true"), false),
            Bound(parentheses(29, "1 in [1]"), true), Bound(parentheses(30, "1 in [1]"), false),
            Bound(parentheses(29, "size('') < 2"), true),
            Bound(parentheses(30, "size('') < 2"), false),
            Bound(parentheses(30, "''.contains('')"), true),
            Bound(parentheses(31, "''.contains('')"), false),
            Bound(String(repeating: "(", count: 4_000), false),
            Bound(String(repeating: "!", count: 4_000), false),
            Bound(String(repeating: "[", count: 4_000), false),
            Bound(String(repeating: "size(", count: 800), false),
        ])
    func depth(bound: Bound) {
        #expect(LimitTests.isWell(bound.text) == bound.isWell)
    }

    @Test("The largest and the deepest conditions are decided like any other")
    func largest() throws {
        let wide = "false" + String(repeating: " || false", count: 253) + " || claims.member"
        let deep = LimitTests.parentheses(30, "claims.member && true")
        for condition in [wide, deep] {
            for (value, setting) in [(true, Rank(3)), (false, Rank(1))] {
                let policy = try SmallPolicy(
                    "dosage authority=user default=label", ["operator: set exact when \(condition)"]
                )
                let decision = try policy.decide(
                    Request(claims: ["member": Claim(.bool(value), .verified)]))
                #expect(decision.behaviors.first?.setting == setting)
            }
        }
    }

    @Test("Operators form a chain of one to four layers", arguments: 0...5)
    func operators(count: Int) throws {
        let charter = try LimitTests.charter()
        let layers = Policy.Layers(operators: (0..<count).map { Layer(name: Text("o\($0)")) })
        if count <= 4 {
            let decision = try Policy.compile(charter, layers).decide(Request())
            #expect(decision.behaviors.count == 1)
        } else {
            #expect(throws: PolicyError.tooManyOperators) { try Policy.compile(charter, layers) }
        }
    }

    @Test(
        "Of many roles, channels and members each is told from the others",
        arguments: [0, 63, 64, 65, 299])
    func many(place: Int) throws {
        var layer = Layer()
        layer.roles = (0..<300).map {
            Layer.Role(
                name: Text("r\($0)"), isAdministrator: $0 == 64,
                adjust: [Adjustment("dosage", set: Rank($0 % 4))])
        }
        layer.channels = (0..<300).map { number in
            var channel = Layer.Channel(name: Text("c\(number)"))
            channel.members = [Text("u\(number)"): [Adjustment("dosage", set: Rank(number % 3))]]
            return channel
        }
        let policy = try Policy.compile(
            try LimitTests.charter(), Policy.Layers(operators: [layer]))
        func setting(_ request: Request) throws -> Int? {
            try policy.decide(request).behaviors.first?.setting.place
        }
        #expect(try setting(Request(roles: [Text("r\(place)")])) == place % 4)
        let (user, channel) = (Text("u\(place)"), Text("c\(place)"))
        #expect(try setting(Request(user: user, channel: channel)) == place % 3)
        #expect(try setting(Request(user: user, channel: "c1")) == 1)
        let decision = try policy.decide(
            Request(roles: ["r299", Text("r\(place)")]), withTrail: true)
        #expect(decision.trail.contains { $0.operation == .administrator } == (place == 64))
        #expect(decision.trail.filter { $0.operation == .set }.count == (place == 299 ? 1 : 2))
    }

    @Test("A charter of many behaviors decides each by its own adjustments")
    func manyBehaviors() throws {
        let count = 2_000
        let behaviors = try (0..<count).map {
            try SmallPolicy.behavior("b\($0) authority=operator delegable=user")
        }
        var layer = Layer()
        layer.adjust = (0..<count).reversed().map {
            Adjustment(BehaviorID(Text("b\($0)")), set: Rank($0 % 4), allow: Rank(($0 / 4) % 4))
        }
        let policy = try Policy.compile(
            try #require(Charter(behaviors: behaviors)), .init(operators: [layer]))
        let decision = try policy.decide(Request())
        #expect(decision.behaviors.map(\.setting.place) == (0..<count).map { $0 % 4 })
        #expect(decision.behaviors.map(\.ceilings.user.place) == (0..<count).map { ($0 / 4) % 4 })
    }

    static func charter() throws -> Charter {
        let behavior = try SmallPolicy.behavior("dosage authority=user default=label")
        guard let charter = Charter(behaviors: [behavior], claims: ["age": .int]) else {
            throw SmallPolicy.Slip("charter")
        }
        return charter
    }

    private static func isWell(_ text: String) -> Bool {
        (try? Condition(parsing: text, claims: SmallPolicy.claims)) != nil
    }

    private static func parentheses(_ count: Int, _ inner: String) -> String {
        String(repeating: "(", count: count) + inner + String(repeating: ")", count: count)
    }

    private static func chain(_ part: String, _ count: Int) -> String {
        Array(repeating: part, count: count).joined(separator: " && ")
    }
}
