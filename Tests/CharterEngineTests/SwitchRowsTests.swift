import Testing

@testable import CharterEngine

/// Deciding all switches at once says what the fold says of each.
@Suite("Switch rows")
struct SwitchRowsTests {
    private static func charter(_ generator: inout SeededGenerator) throws -> Charter {
        let behaviors = (0..<24).map { number in
            var behavior = Behavior(
                id: BehaviorID(Text("b\(number)")), title: "", kind: .switch,
                values: ["off", "on"], authority: generator.pick(Authority.allCases),
                default: generator.pick([.cautious, .cautious, .cautious, Rank(unchecked: 1)]))
            if behavior.authority != .root {
                if generator.below(3) > 0 { behavior.delegable = [.user: behavior.top] }
                if generator.below(4) == 0 { behavior.bounds = [.operator: .cautious] }
            }
            return behavior
        }
        return try #require(Charter(behaviors: behaviors))
    }

    private static func adjustments(_ generator: inout SeededGenerator) -> [Adjustment] {
        (0..<24).compactMap { number in
            guard generator.below(3) == 0 else { return nil }
            var adjustment = Adjustment(BehaviorID(Text("b\(number)")))
            let values = [Rank.cautious, Rank(unchecked: 1)]
            if generator.below(2) == 0 { adjustment.set = generator.pick(values) }
            if generator.below(2) == 0 { adjustment.allow = generator.pick(values) }
            if generator.below(4) == 0 { adjustment.deny = Rank(unchecked: 1) }
            if generator.below(6) == 0 { adjustment.forbid = Rank(unchecked: 1) }
            return adjustment
        }
    }

    private static func layer(_ generator: inout SeededGenerator) -> Layer {
        var layer = Layer()
        layer.adjust = adjustments(&generator)
        layer.roles = (0..<5).map { number in
            Layer.Role(
                name: Text("r\(number)"), isAdministrator: number == 4,
                adjust: adjustments(&generator))
        }
        layer.channels = (0..<3).map { number in
            var channel = Layer.Channel(name: Text("c\(number)"))
            channel.everyone = adjustments(&generator)
            channel.roles = ["r1": adjustments(&generator), "r3": adjustments(&generator)]
            channel.members = ["u": adjustments(&generator)]
            return channel
        }
        return layer
    }

    @Test("Random switches, roles, channels and members", arguments: 0..<40)
    func agrees(seed: Int) throws {
        var generator = SeededGenerator(seed: UInt64(seed))
        let policy = try Policy.compile(
            try Self.charter(&generator), .init(operators: [Self.layer(&generator)]))
        let rows = try #require(SwitchRows(policy))
        for _ in 0..<50 {
            let roles = generator.some(of: (0..<5).map { Text("r\($0)") }, 40)
            let request = Request(
                user: generator.pick(["u", "v"]), roles: roles,
                channel: generator.pick([nil, "c0", "c1", "c2"]))
            let folded = try policy.decide(request, withTrail: true).behaviors
            var facts = try policy.facts(of: Request(user: request.user, roles: roles))
            try policy.move(&facts, to: "c1")
            try policy.move(&facts, to: request.channel)
            let decided = rows.decide(facts)
            for (place, behavior) in folded.enumerated() {
                let bit: UInt64 = 1 << UInt64(place)
                #expect(
                    (decided.settings & bit != 0) == (behavior.setting.place == 1),
                    "seed \(seed), b\(place), \(request)")
                #expect(
                    (decided.userCeilings & bit != 0) == (behavior.ceilings.user.place == 1),
                    "seed \(seed), b\(place), \(request)")
            }
        }
    }

    @Test("What it cannot decide it does not take")
    func limits() throws {
        var conditional = Layer()
        conditional.adjust = [
            Adjustment("dosage", set: Rank(1), from: Instant(seconds: 0))
        ]
        let dial = try Policy.compile(try LimitTests.charter())
        #expect(SwitchRows(dial) == nil, "a dial")
        var behavior = Behavior(
            id: "dosage", title: "", kind: .switch, values: ["off", "on"], authority: .operator,
            default: .cautious)
        behavior.delegable = [.user: behavior.top]
        let charter = try #require(Charter(behaviors: [behavior]))
        #expect(SwitchRows(try Policy.compile(charter)) != nil)
        #expect(SwitchRows(try Policy.compile(charter, .init(operators: [conditional]))) == nil)
        let two = Policy.Layers(operators: [Layer(name: "a"), Layer(name: "b")])
        #expect(SwitchRows(try Policy.compile(charter, two)) == nil, "a chain")
    }
}
