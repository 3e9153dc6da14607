import Testing

@testable import CharterEngine

/// SEMANTICS §3 and §4: actors and scopes, roles and channels, the administrator's step, the trail.
@Suite("§4 Actors and scopes")
struct ScopeTests {
    @Test("Scopes of the actors, in order; the trail has each with its place and layer")
    func order() throws {
        let policy = try SmallPolicy(
            "dosage authority=user default=label",
            [
                "root: set exact", "platform template p: set exact", "platform: set exact",
                "say platform: dosage exact", "operator 1 template o: set exact",
                "operator 1: set exact", "operator 2 template a: set exact",
                "operator 2 template b: set exact", "operator 2: set exact",
                "role clinician: set exact", "channel ward: set exact",
                "channel ward role clinician: set exact", "channel ward member u17: set exact",
                "say operator: dosage exact", "user: dosage exact", "say user: dosage exact",
            ], operators: 2)
        let decision = try policy.decide(
            Request(user: "u17", roles: ["clinician"], channel: "ward"))
        let steps = decision.trail.map { "\($0.scope.rawValue) \($0.origin.layer?.string ?? "-")" }
        #expect(
            steps == [
                "root -", "platform p", "platform platform", "platform_instruction -",
                "operator o", "operator operator 1", "operator a", "operator b",
                "operator operator 2", "role operator 2", "channel_everyone operator 2",
                "channel_role operator 2", "channel_member operator 2", "operator_instruction -",
                "user user", "user_instruction -",
            ])
        #expect(decision.trail.map(\.place) == Array(0..<16))
        #expect(decision.behaviors[0].decidedBy == .user)
    }

    @Test("Within a scope the trail goes when, set, allow, deny, forbid")
    func orderInScope() throws {
        try RuleRow(
            "in a scope: when, set, allow, deny, forbid",
            "dosage authority=operator delegable=user default=label",
            [
                "operator: forbid exact", "operator: deny ranges", "operator: allow label",
                "operator: set ranges", "operator: forbid ranges when claims.member",
            ], Request(claims: ["member": Claim(.bool(false), .asserted)]),
            is: "label operator exact/exact/label",
            [
                "operator when member needs_evidence", "operator set ranges",
                "operator allow label", "operator deny ranges", "operator forbid exact",
                "operator forbid ranges",
            ]
        ).holds()
    }

    @Test("A step has the setting after it; an allow or deny has that after all of its scope's")
    func settingAfter() throws {
        let policy = try SmallPolicy(
            "dosage authority=operator delegable=user default=label",
            [
                "operator: set ranges", "operator: set exact", "operator: allow label",
                "operator: deny exact", "operator: deny ranges", "operator: forbid exact",
                "operator: forbid label", "user: dosage exact",
            ])
        let decision = try policy.decide()
        #expect(decision.trail.map { $0.setting.place } == [2, 3, 1, 1, 1, 1, 0, 0])
        #expect(decision.trail.last?.reason == .aboveCeiling)
    }

    @Test("The trail carries document, position and notes")
    func origin() throws {
        var policy = try SmallPolicy("dosage authority=user default=label")
        var adjustment = Adjustment(
            "dosage", deny: Rank(2), source: SourcePosition(line: 7, column: 3))
        adjustment.notes = .init(owner: "dr.lee", reason: "ward trial", ticket: "W-12")
        policy.operators[0].file = "clinic.yaml"
        policy.operators[0].adjust = [adjustment]
        policy.user.settings = [
            .init("dosage", "label", file: "mine.yaml", source: .init(line: 2, column: 1))
        ]
        let trail = try policy.decide().trail
        #expect(
            trail.map(\.origin) == [
                .init(
                    layer: "operator 1", file: "clinic.yaml",
                    position: SourcePosition(line: 7, column: 3), notes: adjustment.notes),
                .init(
                    layer: "user", file: "mine.yaml",
                    position: SourcePosition(line: 2, column: 1)),
            ])
    }

    @Test(
        "Templates",
        arguments: [
            RuleRow(
                "come before the layer's own adjust", dial,
                ["operator: set ranges", "operator template t: set exact"],
                is: "ranges operator exact/exact/exact",
                ["operator set exact", "operator set ranges"]),
            RuleRow(
                "in listed order", dial,
                ["operator template a: set exact", "operator template b: set ranges"],
                is: "ranges operator exact/exact/exact"),
            RuleRow(
                "each a scope of its own: no allow of one beats a deny of the next", lending,
                ["operator template a: allow exact", "operator template b: deny ranges"],
                is: "label root exact/exact/label"),
        ])
    func templates(row: RuleRow) throws { try row.holds() }

    @Test("A template stands once, where it is first met")
    func templateTwice() throws {
        var policy = try SmallPolicy(
            "dosage authority=user default=label",
            ["operator template a: set exact", "operator template b: set ranges"])
        policy.operators[0].templates.append(policy.operators[0].templates[0])
        let decision = try policy.decide()
        #expect(policy.spelled(decision.trail) == ["operator set exact", "operator set ranges"])
    }

    @Test(
        "Roles",
        arguments: [
            RuleRow(
                "go in the order in which the layer defines them, whatever the request's", dial,
                ["role nurse: set exact", "role chief: set ranges"],
                Request(roles: ["chief", "nurse"]), is: "ranges operator exact/exact/exact"),
            RuleRow(
                "one named twice counts once", dial, ["role nurse: set exact"],
                Request(roles: ["nurse", "nurse"]), is: "exact operator exact/exact/exact",
                ["role set exact"]),
            RuleRow(
                "one that the user does not have is not for them", dial, ["role nurse: set exact"],
                Request(roles: ["chief"]), is: "label root exact/exact/exact", []),
            RuleRow(
                "all of the user's roles together are one scope", lending,
                ["role nurse: deny label", "role chief: allow exact"],
                Request(roles: ["nurse", "chief"]), is: "label root exact/exact/exact"),
            RuleRow(
                "role entries of a channel together are one scope", lending,
                [
                    "role nurse: allow label", "role chief: allow label",
                    "channel ward role chief: allow exact", "channel ward role nurse: deny label",
                ], Request(roles: ["nurse", "chief"], channel: "ward"),
                is: "label root exact/exact/exact",
                [
                    "role allow label", "role allow label", "channel_role allow exact",
                    "channel_role deny label",
                ]),
            RuleRow(
                "role entries of a channel go in the layer's order", dial,
                [
                    "role nurse: allow label", "role chief: allow label",
                    "channel ward role chief: set ranges", "channel ward role nurse: set exact",
                ], Request(roles: ["chief", "nurse"], channel: "ward"),
                is: "ranges operator exact/exact/exact"),
            RuleRow(
                "role entries of a channel go in the layer's order, not by name", dial,
                [
                    "role chief: allow label", "role nurse: allow label",
                    "channel ward role nurse: set ranges", "channel ward role chief: set exact",
                ], Request(roles: ["chief", "nurse"], channel: "ward"),
                is: "ranges operator exact/exact/exact"),
        ])
    func roles(row: RuleRow) throws { try row.holds() }

    @Test("A role that the layer does not define is ignored, and named in ignored, in byte order")
    func ignored() throws {
        let policy = try SmallPolicy(ScopeTests.dial, ["role nurse: set exact"])
        let decision = try policy.decide(Request(roles: ["zoo", "nurse", "Art", "zoo", "é"]))
        #expect(decision.ignoredRoles == ["Art", "zoo", "é"])
        #expect(policy.spelled(decision) == "exact operator exact/exact/exact")
    }

    @Test(
        "Channels",
        arguments: [
            RuleRow(
                "everyone in it", dial, ["channel ward: set exact"], Request(channel: "ward"),
                is: "exact operator exact/exact/exact", ["channel_everyone set exact"]),
            RuleRow(
                "its entry for the user", dial,
                ["channel ward member u17: set exact", "channel ward member u18: set ranges"],
                Request(user: "u17", channel: "ward"), is: "exact operator exact/exact/exact",
                ["channel_member set exact"]),
            RuleRow(
                "a member's entry is that of the channel", dial,
                [
                    "channel ward member u17: set exact", "channel hall member u17: set ranges",
                ], Request(user: "u17", channel: "hall"), is: "ranges operator exact/exact/exact"),
            RuleRow(
                "elsewhere it says nothing", dial,
                ["channel ward: set exact", "channel hall: nothing"], Request(channel: "hall"),
                is: "label root exact/exact/exact", []),
            RuleRow(
                "without a channel none speaks", dial,
                ["channel ward: set exact", "channel *: set exact"],
                is: "label root exact/exact/exact", []),
            RuleRow(
                "one that is not listed gets *", dial,
                ["channel *: set ranges", "channel ward: set exact"], Request(channel: "hall"),
                is: "ranges operator exact/exact/exact", ["channel_everyone set ranges"]),
            RuleRow(
                "one that is listed does not", dial,
                ["channel *: set ranges", "channel ward: set exact"], Request(channel: "ward"),
                is: "exact operator exact/exact/exact", ["channel_everyone set exact"]),
            RuleRow(
                "where none is listed, the channel is a mere attribute", dial,
                ["operator: set exact when request.channel == 'hall'"], Request(channel: "hall"),
                is: "exact operator exact/exact/exact", ["operator set exact"]),
        ])
    func channels(row: RuleRow) throws { try row.holds() }

    @Test("Where channels are listed and no *, another one is an error")
    func unknownChannel() throws {
        let policy = try SmallPolicy(ScopeTests.dial, ["channel ward: set exact"])
        #expect(throws: RequestError.unknownChannel) {
            try policy.decide(Request(channel: "hall"))
        }
    }

    @Test(
        "Administrator",
        arguments: [
            RuleRow(
                "a := min(ceiling[X], cap, most[user]); open := max(open, a)", lending,
                ["role staff: administrator"], staff, is: "label root exact/exact/exact",
                ["channel_member administrator exact"]),
            RuleRow(
                "no more than the operator's ceiling",
                "dosage authority=operator bounds=operator:ranges delegable=user default=label",
                ["role staff: administrator"], staff, is: "label root exact/ranges/ranges",
                ["channel_member administrator ranges"]),
            RuleRow(
                "no more than most[user]",
                "dosage authority=operator delegable=user:ranges default=label",
                ["role staff: administrator"], staff, is: "label root exact/exact/ranges"),
            RuleRow(
                "no more than the cap: what the operator forbids itself", lending,
                ["operator: forbid ranges", "role staff: administrator"], staff,
                is: "label root exact/exact/label",
                ["operator forbid ranges", "channel_member administrator label"]),
            RuleRow(
                "left := max(left, a): what its scopes denied is lent again", dial,
                ["operator: deny ranges", "channel *: deny label", "role staff: administrator"],
                Request(roles: ["staff"], channel: "hall"),
                is: "referral operator exact/exact/exact",
                [
                    "operator deny ranges", "channel_everyone deny label",
                    "channel_member administrator exact",
                ]),
            RuleRow(
                "after its channel_member scope, before its instruction scope", dial,
                [
                    "operator: deny ranges", "channel *: deny label", "role staff: administrator",
                    "say operator: dosage ranges",
                ], Request(roles: ["staff"], channel: "hall"),
                is: "ranges operator exact/exact/exact",
                [
                    "operator deny ranges", "channel_everyone deny label",
                    "channel_member administrator exact", "operator_instruction set ranges",
                ]),
            RuleRow(
                "where a is none there is no step", "dosage authority=operator default=label",
                ["role staff: administrator"], staff, is: "label root exact/exact/-", []),
            RuleRow(
                "where one of the user's roles says so", lending,
                ["role staff: administrator", "role guest: allow label"],
                Request(roles: ["guest"]), is: "label root exact/exact/label",
                ["role allow label"]),
        ])
    func administrator(row: RuleRow) throws { try row.holds() }

    @Test("A level without a layer has one empty layer")
    func noLayers() throws {
        let behavior = try SmallPolicy.behavior(ScopeTests.dial)
        let charter = try #require(Charter(behaviors: [behavior]))
        let decision = try Policy.compile(charter).decide(
            Request(
                roles: ["nurse"], channel: "ward",
                instructions: [Instruction(from: .principal(.operator), .set("dosage", "ranges"))]))
        #expect(decision.behaviors.first?.setting == Rank(2))
        #expect(decision.behaviors.first?.decidedBy == .operator)
        #expect(decision.ignoredRoles == ["nurse"])
    }

    private static let dial = "dosage authority=user default=label"
    private static let lending = "dosage authority=operator delegable=user default=label"
    private static let staff = Request(roles: ["staff"])
}
