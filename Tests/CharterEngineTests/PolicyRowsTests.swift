import Testing

@testable import CharterEngine

/// Rows agree with the fold where they have more to ask than they have room for.
@Suite("Policy rows")
struct PolicyRowsTests {
    @Test(
        "Rows say what the fold says, whatever number of roles bears on a behavior",
        arguments: [1, 3, 4, 63, 64, 200])
    func manyRoles(count: Int) throws {
        var layer = Layer()
        layer.adjust = [Adjustment("b0", set: Rank(2)), Adjustment("b1", allow: Rank(2))]
        layer.roles = (0..<count).map { number in
            Layer.Role(
                name: Text("r\(number)"),
                adjust: [
                    Adjustment(BehaviorID(Text("b\(number % 7)")), set: Rank(number % 4)),
                    Adjustment("b6", deny: Rank(number % 3 + 1)),
                ])
        }
        let behaviors = try (0..<7).map {
            try SmallPolicy.behavior("b\($0) authority=operator delegable=user")
        }
        let policy = try Policy.compile(
            try #require(Charter(behaviors: behaviors)), .init(operators: [layer]))
        let rows = PolicyRows(policy)
        var generator = SeededGenerator(seed: UInt64(count))
        var byRows: [BehaviorDecision] = []
        for _ in 0..<200 {
            let roles = generator.some(of: Array(0..<count), generator.below(100))
            let request = Request(roles: roles.map { Text("r\($0)") })
            rows.decide(try policy.facts(of: request), into: &byRows)
            #expect(try byRows == policy.decide(request, withTrail: true).behaviors)
        }
    }

    @Test("A role, a channel and a member of one name are three")
    func sameNames() throws {
        var layer = Layer()
        layer.roles = [Layer.Role(name: "x", adjust: [Adjustment("dosage", set: Rank(0))])]
        var channel = Layer.Channel(name: "x")
        channel.everyone = [Adjustment("dosage", set: Rank(2))]
        channel.members = ["x": [Adjustment("dosage", set: Rank(3))]]
        layer.channels = [channel]
        let policy = try Policy.compile(try LimitTests.charter(), .init(operators: [layer]))
        let settings = [
            Request(roles: ["x"]), Request(user: "x"), Request(channel: "x"),
            Request(user: "x", roles: ["x"], channel: "x"),
        ].map { request in
            (try? policy.decide(request))?.behaviors.first?.setting.place
        }
        #expect(settings == [0, 1, 2, 3])
    }
}
