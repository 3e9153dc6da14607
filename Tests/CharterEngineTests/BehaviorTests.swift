import Testing

@testable import CharterEngine

/// SEMANTICS §1.
@Suite("§1 Levels, behaviors, values")
struct BehaviorTests {
    @Test("Levels, highest first: root, platform, operator, user")
    func levels() {
        #expect(Level.allCases.sorted().map(\.name) == ["root", "platform", "operator", "user"])
    }

    @Test(
        "system reads as platform and developer as operator; nothing else is a level",
        arguments: [
            ("root", Level.root), ("platform", .platform), ("system", .platform),
            ("operator", .operator), ("developer", .operator), ("user", .user),
            ("tool", nil), ("assistant", nil), ("guideline", nil), ("User", nil), ("", nil),
        ])
    func levelNames(name: String, level: Level?) {
        #expect(Level(named: name) == level)
    }

    @Test(
        "authority names the lowest level that may adjust; guideline reaches the user",
        arguments: [
            ("root", ["root"]), ("platform", ["root", "platform"]),
            ("system", ["root", "platform"]), ("operator", ["root", "platform", "operator"]),
            ("developer", ["root", "platform", "operator"]),
            ("user", ["root", "platform", "operator", "user"]),
            ("guideline", ["root", "platform", "operator", "user"]),
        ])
    func authorities(name: String, reaches: [String]) throws {
        let authority = try #require(Authority(named: name))
        #expect(Level.allCases.filter(authority.reaches).map(\.name) == reaches)
    }

    @Test("No other name is an authority", arguments: ["assistant", "tool:mail", "Operator", ""])
    func noAuthority(name: String) {
        #expect(Authority(named: name) == nil)
    }

    @Test(
        "Text from tools, quotations and the assistant has no level",
        arguments: [
            ("platform", Speaker.principal(.platform)), ("system", .principal(.platform)),
            ("operator", .principal(.operator)), ("developer", .principal(.operator)),
            ("user", .principal(.user)), ("assistant", .assistant), ("tool:mail", .tool("mail")),
            ("tool:", nil), ("root", nil), ("quotation", nil), ("Assistant", nil),
        ])
    func speakers(name: String, speaker: Speaker?) {
        #expect(Speaker(named: name) == speaker)
    }

    @Test(
        "An id is [a-z][a-z0-9_]*",
        arguments: [
            ("a", true), ("dosage_detail", true), ("b2", true), ("a_", true), ("", false),
            ("2b", false), ("_a", false), ("Dosage", false), ("dosage-detail", false),
            ("é", false), ("a b", false),
        ])
    func ids(text: String, isWellFormed: Bool) {
        #expect(BehaviorID(Text(text)).isWellFormed == isWellFormed)
    }

    @Test(
        "The rank of a value is its place from 0; a dial has at most 8, and none is below every one"
    )
    func ranks() throws {
        let places = (-1...9).map { Rank($0)?.place }
        #expect(places == [nil, 0, 1, 2, 3, 4, 5, 6, 7, nil, nil])
        #expect(Rank.none < .cautious && Rank.cautious < .highest)
        #expect(Rank.none.isNone && Rank.none.place == nil)
        #expect(Rank.highest.below == Rank(6) && Rank.cautious.below == .none)
        #expect(Rank.none.below == .none)
    }

    @Test("Values are compared by rank, and top is the highest", arguments: [2, 4, 8])
    func values(count: Int) throws {
        let names = (0..<count).map { "v\($0)" }
        let behavior = try SmallPolicy.behavior("dial values=\(names.joined(separator: ","))")
        #expect(behavior.top.place == count - 1)
        #expect(names.map { behavior.rank(of: Text($0))?.place } == Array(0..<count))
        #expect(behavior.ranks.map { behavior.name(of: $0)?.string } == names)
        #expect(behavior.rank(of: "unheard") == nil)
        #expect(behavior.name(of: .none) == nil)
        #expect(count == 8 || Rank(count).flatMap(behavior.name(of:)) == nil)
    }

    @Test("Behaviors stand in charter order, and each id is one behavior's")
    func charterOrder() throws {
        let behaviors = try ["zoo", "art"].map { try SmallPolicy.behavior($0) }
        let charter = try #require(Charter(behaviors: behaviors))
        #expect(charter.index(of: "zoo") == BehaviorIndex(0))
        #expect(charter.index(of: "art") == BehaviorIndex(1))
        #expect(charter.index(of: "law") == nil)
        #expect(charter["art"]?.title == "art")
        #expect(Charter(behaviors: behaviors + behaviors.prefix(1)) == nil)
    }

    /// What a behavior leaves to platform, operator and user.
    struct Say: CustomTestStringConvertible, Sendable {
        let rule: String
        let behavior: String
        let own: String
        let most: String
        let hasSay: String
        let protectedFrom: [Level]

        init(
            _ rule: String, _ behavior: String, own: String, most: String, say: String,
            protectedFrom: [Level] = []
        ) {
            self.rule = rule
            self.behavior = "dosage \(behavior)"
            self.own = own
            self.most = most
            hasSay = say
            self.protectedFrom = protectedFrom
        }

        var testDescription: String { "\(rule): \(behavior)" }
    }

    @Test(
        "Who has a say",
        arguments: [
            Say(
                "With authority=root nobody has a say: the behavior is hardcoded", "authority=root",
                own: "- - -", most: "- - -", say: "no no no"),
            Say(
                "own[L]: top where the authority reaches L", "authority=platform",
                own: "exact - -", most: "exact - -", say: "yes no no"),
            Say(
                "own[L]: top where the authority reaches L", "authority=operator",
                own: "exact exact -", most: "exact exact -", say: "yes yes no"),
            Say(
                "own[L]: top where the authority reaches L", "authority=user",
                own: "exact exact exact", most: "exact exact exact", say: "yes yes yes"),
            Say(
                "guideline reaches the user", "authority=guideline",
                own: "exact exact exact", most: "exact exact exact", say: "yes yes yes"),
            Say(
                "or the value that bounds names", "authority=operator bounds=operator:label",
                own: "exact label -", most: "exact label -", say: "yes yes no"),
            Say(
                "delegable: LEVEL names top for that level", "authority=operator delegable=user",
                own: "exact exact referral", most: "exact exact exact", say: "yes yes yes"),
            Say(
                "Where only delegable does, own[L] is 0: caution is all that it may do by itself",
                "authority=platform delegable=operator:ranges",
                own: "exact referral -", most: "exact ranges -", say: "yes yes no"),
            Say(
                "L has a say where delegable names it or a level below it",
                "authority=platform delegable=user:label",
                own: "exact referral referral", most: "exact label label", say: "yes yes yes"),
            Say(
                "most[L]: what delegable names for L or a level below it",
                "authority=operator bounds=operator:label delegable=operator:ranges,user:exact",
                own: "exact label referral", most: "exact exact exact", say: "yes yes yes"),
            Say(
                "most[L]: the highest of own[L] and of what delegable names",
                "authority=user bounds=user:ranges delegable=user:label",
                own: "exact exact ranges", most: "exact exact ranges", say: "yes yes yes"),
            Say(
                "Protected from X where a level below X has own above own[X]",
                "authority=user bounds=operator:label",
                own: "exact label exact", most: "exact label exact", say: "yes yes yes",
                protectedFrom: [.operator]),
            Say(
                "Protected from X where a level below X has own above own[X]",
                "authority=user bounds=platform:label,operator:label,user:ranges",
                own: "label label ranges", most: "label label ranges", say: "yes yes yes",
                protectedFrom: [.platform, .operator]),
            Say(
                "Protected by what each may by itself, whatever it may have with leave",
                "authority=user bounds=operator:label delegable=user",
                own: "exact label exact", most: "exact exact exact", say: "yes yes yes",
                protectedFrom: [.operator]),
            Say(
                "What a level may have with leave protects nothing",
                "authority=operator bounds=operator:referral delegable=user",
                own: "exact referral referral", most: "exact exact exact", say: "yes yes yes"),
        ])
    func say(row: Say) throws {
        let behavior = try SmallPolicy.behavior(row.behavior)
        let levels: [Level] = [.platform, .operator, .user]
        func names(_ rank: (Level) -> Rank) -> String {
            levels.map { behavior.name(of: rank($0))?.string ?? "-" }.joined(separator: " ")
        }
        #expect(names(behavior.own) == row.own)
        #expect(names(behavior.most) == row.most)
        #expect(
            levels.map { behavior.hasSay($0) ? "yes" : "no" }.joined(separator: " ") == row.hasSay)
        #expect(Level.allCases.filter(behavior.isProtected) == row.protectedFrom)
        #expect(behavior.isHardcoded == (row.hasSay == "no no no"))
        // Root itself always has one, own and most being top.
        #expect(behavior.hasSay(.root) && behavior.own(.root) == behavior.top)
        #expect(behavior.most(.root) == behavior.top)
    }

    @Test(
        "Example: the model never denies being an AI",
        arguments: [
            RuleRow(
                "A user may waive it for a role-play", honesty, ["user: honesty off"],
                is: "off user off/on/off", ["user set off"]),
            RuleRow(
                "An operator cannot waive it", honesty, ["operator: set off"],
                is: "on root off/on/off", ["operator set off above_ceiling"]),
            RuleRow(
                "nor keep the user from waiving it", honesty,
                ["operator: deny off", "operator: forbid off", "user: honesty off"],
                is: "off user off/on/off",
                ["operator deny off protected", "operator forbid off protected", "user set off"]),
        ])
    func example(row: RuleRow) throws { try row.holds() }

    private static let honesty =
        "honesty values=on,off default=on authority=user bounds=operator:on"
}
