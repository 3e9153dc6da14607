import Testing

@testable import CharterEngine

/// SEMANTICS §5: which claims are known, and what is told where one falls short.
///
/// Each row has `member` guard a set to exact: it is exact where the claim is known.
@Suite("§5 Claims and evidence")
struct EvidenceTests {
    @Test(
        "A claim is known where its evidence reaches the need, evidence(b)",
        arguments: [
            ("asserted", Evidence.asserted, true), ("asserted", .vouched, true),
            ("asserted", .verified, true), ("vouched", .asserted, false),
            ("vouched", .vouched, true), ("vouched", .verified, true),
            ("verified", .asserted, false), ("verified", .vouched, false),
            ("verified", .verified, true),
        ])
    func need(need: String, evidence: Evidence, isKnown: Bool) throws {
        try RuleRow(
            "need", "dosage authority=user default=label evidence=\(need)", guarded,
            member(evidence),
            is: isKnown ? "exact operator exact/exact/exact" : "label root exact/exact/exact",
            isKnown ? ["operator set exact"] : ["operator when member needs_evidence"]
        ).holds()
    }

    @Test("Evidence unsaid is asserted, and asserted < vouched < verified")
    func unsaid() {
        #expect(Claim(.bool(true)).evidence == .asserted)
        #expect(Evidence.allCases.sorted().map(\.name) == ["asserted", "vouched", "verified"])
        #expect(Evidence(named: "vouched") == .vouched && Evidence(named: "proven") == nil)
    }

    @Test(
        "believe",
        arguments: [
            RuleRow(
                "the higher of believable(b) and e: a user's word is enough",
                "\(dial) believable=asserted",
                ["believe operator: member asserted"] + guarded, member(.asserted), is: known),
            RuleRow(
                "believable equals evidence where it is unsaid", dial,
                ["believe operator: member asserted"] + guarded, member(.asserted), is: unknown),
            RuleRow(
                "the charter lets it only so far", "\(dial) evidence=verified believable=vouched",
                ["believe operator: member asserted"] + guarded, member(.asserted), is: unknown),
            RuleRow(
                "the charter lets it so far", "\(dial) evidence=verified believable=vouched",
                ["believe operator: member asserted"] + guarded, member(.vouched), is: known),
            RuleRow(
                "so an operator may also ask for more", "\(dial) evidence=asserted",
                ["believe operator: member verified"] + guarded, member(.vouched), is: unknown),
            RuleRow(
                "an operator that asks for more gets it", "\(dial) evidence=asserted",
                ["believe operator: member verified"] + guarded, member(.verified), is: known),
            RuleRow(
                "of other claims nothing", "\(dial) believable=asserted",
                ["believe operator: age asserted"] + guarded, member(.asserted), is: unknown),
            RuleRow(
                "in an operator's scopes: also of roles and channels",
                "\(dial) believable=asserted",
                [
                    "believe operator: member asserted", "role nurse: set label",
                    "channel * role nurse: set exact when claims.member",
                ],
                member(.asserted, roles: ["nurse"], channel: "hall"), is: known),
            RuleRow(
                "in an operator's scopes: not in the platform's", "\(dial) believable=asserted",
                [
                    "believe operator: member asserted", "platform: set exact when claims.member",
                ], member(.asserted), is: unknown),
            RuleRow(
                "where that layer believes it: not the one below", "\(dial) believable=asserted",
                [
                    "believe operator 1: member asserted",
                    "operator 2: set exact when claims.member",
                ], member(.asserted), operators: 2, is: unknown),
            RuleRow(
                "where that layer believes it: not the one above", "\(dial) believable=asserted",
                [
                    "believe operator 2: member asserted",
                    "operator 1: set exact when claims.member",
                ], member(.asserted), operators: 2, is: unknown),
            RuleRow(
                "a template's counts for the layer", "\(dial) believable=asserted",
                ["believe operator template t: member asserted"] + guarded, member(.asserted),
                is: known),
            RuleRow(
                "the later template wins", "\(dial) believable=asserted",
                [
                    "believe operator template a: member verified",
                    "believe operator template b: member asserted",
                ] + guarded, member(.asserted), is: known),
            RuleRow(
                "the layer's own last", "\(dial) believable=asserted",
                [
                    "believe operator template t: member asserted",
                    "believe operator: member verified",
                ] + guarded, member(.vouched), is: unknown),
        ])
    func believe(row: RuleRow) throws { try row.holds() }

    @Test(
        "assume",
        arguments: [
            RuleRow(
                "its own layer assumes it", dial, ["assume operator: member true"] + guarded,
                is: known),
            RuleRow("or else the charter", dial, ["assume root: member true"] + guarded, is: known),
            RuleRow(
                "or else the platform", dial, ["assume platform: member true"] + guarded, is: known),
            RuleRow(
                "or else the outer operators", dial,
                [
                    "assume operator 1: member true", "operator 3: set exact when claims.member",
                ], operators: 3, is: known),
            RuleRow(
                "the nearest above wins", dial,
                ["assume root: member true", "assume platform: member false"] + guarded,
                is: unknown, []),
            RuleRow(
                "its own layer wins", dial,
                ["assume platform: member false", "assume operator: member true"] + guarded,
                is: known),
            RuleRow(
                "reaches those below, and nobody above", dial,
                ["assume operator: member true", "platform: set exact when claims.member"],
                is: unknown, []),
            RuleRow(
                "the later template wins", dial,
                [
                    "assume operator template a: member false",
                    "assume operator template b: member true",
                ] + guarded, is: known),
            RuleRow(
                "the layer's own last", dial,
                [
                    "assume operator template a: member true", "assume operator: member false",
                ] + guarded, is: unknown, []),
            RuleRow(
                "a template's scope sees what its layer assumes", dial,
                [
                    "assume operator: member true",
                    "operator template t: set exact when claims.member",
                ], is: known),
            RuleRow(
                "as vouched: evidence=verified is not moved by it", "\(dial) evidence=verified",
                ["assume root: member true"] + guarded, is: unknown,
                ["operator when member needs_evidence"]),
            RuleRow(
                "where a claim is absent: one that is there counts, however weak", dial,
                ["assume root: member true"] + guarded, member(.asserted, value: .bool(true)),
                is: unknown, ["operator when member needs_evidence"]),
            RuleRow(
                "where a claim is absent: one that is garbled is not", dial,
                ["assume root: member true"] + guarded, member(.verified, value: .garbled),
                is: unknown, []),
            RuleRow(
                "what is assumed has the wrong type and is unknown", dial,
                ["assume root: member 3"] + guarded, is: unknown, []),
        ])
    func assume(row: RuleRow) throws { try row.holds() }

    @Test(
        "A claim that is absent, of the wrong type or outside its list is unknown",
        arguments: [
            ("claims.member", "member", ClaimValue.text("true")),
            ("claims.member", "member", .int(1)),
            ("claims.member", "member", .garbled), ("claims.age >= 18", "age", .double(18.5)),
            ("claims.age >= 18", "age", .text("34")), ("claims.age >= 18", "age", .bool(true)),
            ("claims.score > 1.0", "score", .double(.nan)),
            ("claims.score > 1.0", "score", .double(.infinity)),
            ("claims.score > 1.0", "score", .text("2")), ("claims.region != ''", "region", .int(1)),
            ("claims.profession != 'nurse'", "profession", .text("teacher")),
            ("claims.profession != 'nurse'", "profession", .text("Nurse")),
            ("claims.profession != 'nurse'", "profession", nil),
        ])
    func wrong(condition: String, name: String, value: ClaimValue?) throws {
        var request = Request()
        request.claims[Text(name)] = value.map { Claim($0, .verified) }
        let says = [
            "operator: set exact when \(condition)", "operator: deny ranges when \(condition)",
        ]
        try RuleRow(
            "unknown", "dosage authority=user default=ranges", says, request,
            is: "label operator exact/exact/label", ["operator deny ranges"]
        ).holds()
    }

    @Test(
        "A double takes any number",
        arguments: [ClaimValue.int(18), .double(17.5), .double(18), .int(.max)])
    func double(value: ClaimValue) throws {
        try RuleRow(
            "double", dial, ["operator: set exact when claims.score > 17"],
            Request(claims: ["score": Claim(value, .verified)]), is: known
        ).holds()
    }

    @Test(
        "An absent attribute is unknown",
        arguments: ["channel", "surface", "model", "language"])
    func attributes(name: String) throws {
        let says = ["operator: set exact, deny ranges when request.\(name) == 'x'"]
        try RuleRow("unknown", dial, says, is: "label root exact/exact/label").holds()
        let request = Request(channel: "x", surface: "x", model: "x", language: "x")
        // Denied beside it in one scope, the set does not stay in force.
        try RuleRow("known", dial, says, request, is: "label operator exact/exact/label").holds()
        let other = Request(channel: "y", surface: "y", model: "y", language: "y")
        try RuleRow("false", dial, says, other, is: "label root exact/exact/exact").holds()
    }

    @Test(
        "needs_evidence",
        arguments: [
            RuleRow(
                "for each claim in it that fell short, in order of first appearance", dial,
                [
                    "operator: set exact when"
                        + " claims.score > 1 && claims.member && claims.age > 1 && claims.score < 99"
                ],
                claims(["member": .bool(true), "age": .int(34), "score": .int(5)], .asserted),
                is: unknown,
                [
                    "operator when score needs_evidence", "operator when member needs_evidence",
                    "operator when age needs_evidence",
                ]),
            RuleRow(
                "where it would be false, too", dial, guarded,
                claims(["member": .bool(false)], .asserted), is: unknown,
                ["operator when member needs_evidence"]),
            RuleRow(
                "not where it would still be unknown", dial,
                ["operator: set exact when claims.member && claims.age > 1"],
                claims(["member": .bool(true)], .asserted), is: unknown, []),
            RuleRow(
                "where it would be decided in spite of what is absent", dial,
                ["operator: set exact when claims.member || claims.age > 1"],
                claims(["member": .bool(true)], .asserted), is: unknown,
                ["operator when member needs_evidence"]),
            RuleRow(
                "not where the condition is known in spite of it", dial,
                ["operator: set exact when claims.member || true"],
                claims(["member": .bool(true)], .asserted), is: known, ["operator set exact"]),
            RuleRow(
                "not for what is of the wrong type", dial, guarded,
                claims(["member": .int(1)], .asserted), is: unknown, []),
            RuleRow(
                "not while the time of its term is unknown", dial,
                ["operator: set exact from 2027-01-01 when claims.member"],
                claims(["member": .bool(true)], .asserted), is: unknown, []),
            RuleRow(
                "also where the adjustment's own steps are refused",
                "dosage authority=user bounds=operator:label default=label",
                ["operator: deny ranges when claims.member"],
                claims(["member": .bool(true)], .asserted), is: "label root exact/label/exact",
                ["operator when member needs_evidence", "operator deny ranges protected"]),
            RuleRow(
                "first of its scope", dial,
                ["operator: set ranges", "operator: set label when claims.member"],
                claims(["member": .bool(true)], .asserted), is: "label operator exact/exact/exact",
                [
                    "operator when member needs_evidence", "operator set ranges",
                    "operator set label",
                ]),
        ])
    func needsEvidence(row: RuleRow) throws { try row.holds() }
}

private let dial = "dosage authority=user default=label"
private let guarded = ["operator: set exact when claims.member"]
private let known = "exact operator exact/exact/exact"
private let unknown = "label root exact/exact/exact"

private func member(
    _ evidence: Evidence, value: ClaimValue = .bool(true), roles: [Text] = [],
    channel: Text? = nil
) -> Request {
    Request(roles: roles, channel: channel, claims: ["member": Claim(value, evidence)])
}

private func claims(_ values: [Text: ClaimValue], _ evidence: Evidence) -> Request {
    Request(claims: values.mapValues { Claim($0, evidence) })
}
