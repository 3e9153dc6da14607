import Testing

@testable import CharterEngine

/// SEMANTICS §6.
@Suite("§6 Conversation")
struct ConversationTests {
    @Test(
        "Instructions are unconditional sets in the scopes of their levels",
        arguments: [
            RuleRow(
                "platform_instruction", dial, ["say platform: dosage exact"],
                is: "exact platform exact/exact/exact", ["platform_instruction set exact"]),
            RuleRow(
                "system reads as platform", dial, ["say system: dosage exact"],
                is: "exact platform exact/exact/exact", ["platform_instruction set exact"]),
            RuleRow(
                "operator_instruction", dial, ["say operator: dosage exact"],
                is: "exact operator exact/exact/exact", ["operator_instruction set exact"]),
            RuleRow(
                "of the innermost operator", dial,
                ["operator 1: deny ranges", "say operator: dosage exact"], operators: 2,
                is: "label root exact/label/label",
                ["operator deny ranges", "operator_instruction set exact above_ceiling"]),
            RuleRow(
                "user_instruction", dial, ["say user: dosage exact"],
                is: "exact user exact/exact/exact", ["user_instruction set exact"]),
            RuleRow(
                "behind what the level has configured", dial,
                ["say user: dosage exact", "user: dosage ranges"],
                is: "exact user exact/exact/exact",
                ["user set ranges", "user_instruction set exact"]),
            RuleRow(
                "as a list in order", dial,
                ["say user: dosage exact", "say user: dosage referral", "say user: dosage ranges"],
                is: "ranges user exact/exact/exact",
                [
                    "user_instruction set exact", "user_instruction set referral",
                    "user_instruction set ranges",
                ]),
            RuleRow(
                "level by level, whatever the order of the list", dial,
                ["say user: dosage ranges", "say platform: dosage exact"],
                is: "ranges user exact/exact/exact",
                ["platform_instruction set exact", "user_instruction set ranges"]),
        ])
    func scopes(row: RuleRow) throws { try row.holds() }

    @Test(
        "denied where v > left (§4)",
        arguments: [
            RuleRow(
                "what is said does not undo what its own level has configured", dial,
                ["operator: deny ranges", "say operator: dosage exact"],
                is: "label root exact/exact/label",
                ["operator deny ranges", "operator_instruction set exact denied"]),
            RuleRow(
                "none where v = left", dial,
                ["operator: deny exact", "say operator: dosage ranges"],
                is: "ranges operator exact/exact/ranges"),
            RuleRow(
                "none where v < setting, though v > left", dial,
                [
                    "operator template t: deny label", "operator: set exact",
                    "say operator: dosage ranges",
                ], is: "ranges operator exact/exact/referral",
                [
                    "operator deny label", "operator set exact", "operator_instruction set ranges",
                ]),
            RuleRow(
                "where the level has allowed it again, none", dial,
                ["operator: deny ranges", "role nurse: allow exact", "say operator: dosage exact"],
                Request(roles: ["nurse"]), is: "exact operator exact/exact/exact"),
            RuleRow(
                "the first reason counts: above_ceiling",
                "dosage authority=operator bounds=operator:ranges default=label",
                ["operator: deny ranges", "say operator: dosage exact"],
                is: "label root exact/ranges/-",
                ["operator deny ranges", "operator_instruction set exact above_ceiling"]),
            RuleRow(
                "the first reason counts: forbidden", dial,
                ["operator: deny ranges, forbid ranges", "say operator: dosage exact"],
                is: "label root exact/exact/label",
                [
                    "operator deny ranges", "operator forbid ranges",
                    "operator_instruction set exact forbidden",
                ]),
            RuleRow(
                "a layer's own set is not denied", dial,
                ["operator template t: deny ranges", "operator: set exact"],
                is: "exact operator exact/exact/label",
                ["operator deny ranges", "operator set exact"]),
        ])
    func denied(row: RuleRow) throws { try row.holds() }

    @Test(
        "no_authority",
        arguments: [
            RuleRow(
                "one from the assistant", dial, ["say assistant: dosage referral"],
                is: "label root exact/exact/exact",
                ["user_instruction set referral no_authority"]),
            RuleRow(
                "or from a tool to which nobody has lent a level", dial,
                ["say tool:mail: dosage referral"], is: "label root exact/exact/exact",
                ["user_instruction set referral no_authority"]),
            RuleRow(
                "belong to scope user_instruction and come first in it", dial,
                [
                    "say user: dosage exact", "say assistant: dosage referral",
                    "say operator: dosage ranges", "say tool:mail: dosage label",
                ], is: "exact user exact/exact/exact",
                [
                    "operator_instruction set ranges", "user_instruction set referral no_authority",
                    "user_instruction set label no_authority", "user_instruction set exact",
                ]),
        ])
    func noAuthority(row: RuleRow) throws { try row.holds() }

    @Test(
        "delegate: a level lends itself to a source",
        arguments: [
            RuleRow(
                "a lent one stands at the lender's level", dial,
                ["say operator: lend mail", "say tool:mail: dosage exact"],
                is: "exact operator exact/exact/exact", ["operator_instruction set exact"]),
            RuleRow(
                "from there on", dial,
                [
                    "say tool:mail: dosage exact", "say user: lend mail",
                    "say tool:mail: dosage ranges",
                ], is: "ranges user exact/exact/exact",
                ["user_instruction set exact no_authority", "user_instruction set ranges"]),
            RuleRow(
                "to that source alone", dial,
                ["say user: lend mail", "say tool:search: dosage exact"],
                is: "label root exact/exact/exact", ["user_instruction set exact no_authority"]),
            RuleRow(
                "the highest of several", dial,
                [
                    "say user: lend mail", "say operator: lend mail", "say tool:mail: dosage exact",
                ], is: "exact operator exact/exact/exact", ["operator_instruction set exact"]),
            RuleRow(
                "the highest of several, also where a lower one lends later", dial,
                [
                    "say platform: lend mail", "say user: lend mail", "say tool:mail: dosage exact",
                ], is: "exact platform exact/exact/exact", ["platform_instruction set exact"]),
            RuleRow(
                "in list order among that level's own", dial,
                [
                    "say user: lend mail", "say user: dosage exact", "say tool:mail: dosage label",
                    "say user: dosage ranges",
                ], is: "ranges user exact/exact/exact",
                [
                    "user_instruction set exact", "user_instruction set label",
                    "user_instruction set ranges",
                ]),
            RuleRow(
                "no more than the lender may", "dosage authority=operator default=label",
                ["say user: lend mail", "say tool:mail: dosage exact"],
                is: "label root exact/exact/-", ["user_instruction set exact not_adjustable"]),
            RuleRow(
                "A lent source cannot lend on", dial,
                [
                    "say operator: lend mail", "say tool:mail: lend search",
                    "say tool:search: dosage exact",
                ], is: "label root exact/exact/exact", ["user_instruction set exact no_authority"]),
            RuleRow(
                "A delegate that is implicit has no effect", "dosage authority=guideline",
                ["say user implicitly: lend mail", "say tool:mail: dosage exact"],
                is: "referral root exact/exact/exact",
                ["user_instruction set exact no_authority"]),
            RuleRow(
                "or from a source without a level of its own", dial,
                ["say assistant: lend mail", "say tool:mail: dosage exact"],
                is: "label root exact/exact/exact", ["user_instruction set exact no_authority"]),
        ])
    func delegate(row: RuleRow) throws { try row.holds() }

    @Test(
        "An implicit one counts only where authority is guideline",
        arguments: [
            RuleRow(
                "guideline", "dosage authority=guideline default=label",
                ["say user implicitly: dosage exact"], is: "exact user exact/exact/exact",
                ["user_instruction set exact"]),
            RuleRow(
                "user", dial, ["say user implicitly: dosage exact"],
                is: "label root exact/exact/exact", ["user_instruction set exact needs_explicit"]),
            RuleRow(
                "nor towards caution", dial, ["say operator implicitly: dosage referral"],
                is: "label root exact/exact/exact",
                ["operator_instruction set referral needs_explicit"]),
            RuleRow(
                "explicit unsaid being true", dial, ["say user: dosage exact"],
                is: "exact user exact/exact/exact"),
            RuleRow(
                "of a lent source, too", dial,
                ["say operator: lend mail", "say tool:mail implicitly: dosage exact"],
                is: "label root exact/exact/exact",
                ["operator_instruction set exact needs_explicit"]),
        ])
    func implicit(row: RuleRow) throws { try row.holds() }

    @Test(
        "no_authority, unknown_behavior, needs_explicit, unknown_value, then the reasons of §4",
        arguments: [
            RuleRow(
                "no_authority before unknown_behavior", dial, ["say assistant: posology exact"],
                is: "label root exact/exact/exact", ["user_instruction set exact no_authority"]),
            RuleRow(
                "no_authority before unknown_value", dial, ["say assistant: dosage unheard"],
                is: "label root exact/exact/exact", ["user_instruction set unheard no_authority"]),
            RuleRow(
                "unknown_behavior before needs_explicit", dial,
                ["say operator implicitly: posology exact"], is: "label root exact/exact/exact",
                ["operator_instruction set exact unknown_behavior"]),
            RuleRow(
                "needs_explicit before unknown_value", dial,
                ["say user implicitly: dosage unheard"], is: "label root exact/exact/exact",
                ["user_instruction set unheard needs_explicit"]),
            RuleRow(
                "needs_explicit before not_adjustable", "dosage authority=operator default=label",
                ["say user implicitly: dosage exact"], is: "label root exact/exact/-",
                ["user_instruction set exact needs_explicit"]),
            RuleRow(
                "unknown_value before not_adjustable", "dosage authority=operator default=label",
                ["say user: dosage unheard"], is: "label root exact/exact/-",
                ["user_instruction set unheard unknown_value"]),
            RuleRow(
                "then those of §4", "dosage authority=operator default=label",
                ["say user: dosage exact"], is: "label root exact/exact/-",
                ["user_instruction set exact not_adjustable"]),
        ])
    func reasons(row: RuleRow) throws { try row.holds() }

    @Test(
        "What the charter lacks is told last: the user layer's, then instructions', then demands'")
    func unknownLast() throws {
        let policy = try SmallPolicy(
            ["dosage authority=operator default=label", "jokes authority=user values=off,on"],
            [
                "demand: posology", "say user: dosage unheard", "say assistant: posology exact",
                "user: jokes maybe", "user: posology exact", "user: jokes on",
                "operator: jokes set on", "user: dosage exact", "demand user: jokes maybe",
            ])
        let decision = try policy.decide()
        #expect(
            policy.spelled(decision.refused) == [
                "user set exact not_adjustable", "user set maybe unknown_value",
                "user set exact unknown_behavior", "user_instruction set unheard unknown_value",
                "user_instruction set exact no_authority", "demand set - unknown_behavior",
                "demand set maybe unknown_value",
            ])
        #expect(decision.behaviors[1].setting == Rank(1))
    }

    private static let dial = "dosage authority=user default=label"
}
