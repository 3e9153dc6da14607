import Testing

@testable import CharterEngine

/// SEMANTICS §3: layers that fit the charter and each other, and those that do not.
@Suite("§3 Layers that fit")
struct LayerFitTests {
    /// What makes layers wrong, and the error.
    struct Wrong: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let error: PolicyError
        let change: @Sendable (inout Policy.Layers) -> Void

        init(
            _ rule: String, _ error: PolicyError,
            _ change: @escaping @Sendable (inout Policy.Layers) -> Void
        ) {
            testDescription = rule
            self.error = error
            self.change = change
        }
    }

    @Test(
        "Layers that do not fit",
        arguments: [
            Wrong("platform layers have no roles", .wrongLevel) {
                $0.platform?.roles = [.init(name: "nurse")]
            },
            Wrong("platform layers have no channels", .wrongLevel) {
                $0.platform?.channels = [.init(name: "ward")]
            },
            Wrong("only operators believe", .wrongLevel) {
                $0.platform?.believe = ["age": .asserted]
            },
            Wrong("only the innermost has roles", .wrongLevel) {
                $0.operators[0].roles = [.init(name: "nurse")]
            },
            Wrong("only the innermost has channels", .wrongLevel) {
                $0.operators[0].channels = [.init(name: "ward")]
            },
            Wrong("a channel's role is one that the layer defines", .unknownRole("nurse")) {
                var channel = Layer.Channel(name: "ward")
                channel.roles = ["nurse": []]
                $0.operators[1].channels = [channel]
            },
            Wrong("declarations of one name agree", .claimConflict("age")) {
                $0.operators[0].claims = ["age": .double]
            },
            Wrong("declarations of one name agree: lists as sets", .claimConflict("ward")) {
                $0.platform?.claims = ["ward": .oneOf(["a", "b"])]
                $0.operators[1].claims = ["ward": .oneOf(["b", "c"])]
            },
            Wrong("a claim of a layer below is not seen", .unknownClaim("ward")) {
                $0.operators[1].claims = ["ward": .string]
                $0.operators[0].adjust = [LayerFitTests.conditional()]
            },
            Wrong("what is assumed is declared", .unknownClaim("height")) {
                $0.operators[1].assume = ["height": .int(2)]
            },
            Wrong("what is believed is declared", .unknownClaim("height")) {
                $0.operators[1].believe = ["height": .asserted]
            },
            Wrong("a condition was read with the claims of its policy", .claimConflict("ward")) {
                $0.operators[0].claims = ["ward": .int]
                $0.operators[0].adjust = [LayerFitTests.conditional()]
            },
            Wrong("an adjustment is of a behavior of the charter", .unknownBehavior("posology")) {
                $0.operators[0].adjust = [Adjustment("posology", set: .cautious)]
            },
            Wrong("a value is the behavior's", .badValue("dosage")) {
                $0.operators[0].adjust = [Adjustment("dosage", set: Rank(4))]
            },
            Wrong("none is no value", .badValue("dosage")) {
                $0.operators[0].adjust = [Adjustment("dosage", allow: Rank.none)]
            },
            Wrong("caution cannot be denied", .badValue("dosage")) {
                $0.operators[0].adjust = [Adjustment("dosage", deny: .cautious)]
            },
            Wrong("caution cannot be forbidden", .badValue("dosage")) {
                $0.platform?.adjust = [Adjustment("dosage", forbid: .cautious)]
            },
            Wrong("more adjustments than a policy can number", .tooLarge) {
                $0.operators[1].adjust = Array(
                    repeating: Adjustment("dosage", set: .cautious), count: 70_000)
            },
        ])
    func wrong(row: Wrong) throws {
        var layers = Policy.Layers(
            platform: Layer(name: "p"), operators: [Layer(name: "o1"), Layer(name: "o2")])
        let charter = try LimitTests.charter()
        _ = try Policy.compile(charter, layers)
        row.change(&layers)
        #expect(throws: row.error) { try Policy.compile(charter, layers) }
    }

    @Test("A claim of a layer above, of a template and of the layer itself is seen")
    func claimsSeen() throws {
        for place in 0..<4 {
            var layers = Policy.Layers(platform: Layer(), operators: [Layer(), Layer()])
            let claims: [Text: ClaimType] = ["ward": .string]
            switch place {
            case 0: layers.platform?.claims = claims
            case 1: layers.operators[0].claims = claims
            case 2: layers.operators[1].claims = claims
            default:
                layers.operators[1].templates = [.init(name: "t")]
                layers.operators[1].templates[0].claims = claims
            }
            layers.operators[1].adjust = [LayerFitTests.conditional()]
            let policy = try Policy.compile(try LimitTests.charter(), layers)
            let request = Request(claims: ["ward": Claim(.text("a"), .verified)])
            #expect(try policy.decide(request).behaviors.first?.setting == Rank(3))
        }
    }

    /// Sets exact where the claim `ward`, a string, is `a`; nothing where it cannot be read.
    private static func conditional() -> Adjustment {
        let condition = try? Condition(parsing: "claims.ward == 'a'", claims: ["ward": .string])
        return Adjustment("dosage", set: condition == nil ? .cautious : Rank(3), when: condition)
    }
}
