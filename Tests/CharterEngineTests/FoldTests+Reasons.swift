import Testing

@testable import CharterEngine

extension FoldTests {
    /// SEMANTICS §4: why a step is refused, and what then.
    @Suite("§4 Reasons")
    struct Reasons {
        @Test(
            "not_adjustable: any, by a level without a say",
            arguments: [
                RuleRow(
                    "set, allow, deny and forbid", "dosage authority=platform default=label",
                    ["operator: set exact, allow label, deny label, forbid label"],
                    is: "label root exact/-/-",
                    [
                        "operator set exact not_adjustable", "operator allow label not_adjustable",
                        "operator deny label not_adjustable",
                        "operator forbid label not_adjustable",
                    ]),
                RuleRow(
                    "also towards caution", "dosage authority=operator default=label",
                    ["user: dosage referral"], is: "label root exact/exact/-",
                    ["user set referral not_adjustable"]),
                RuleRow(
                    "Hardcoded: authority=root", "dosage default=label",
                    [
                        "platform: set referral", "operator: deny label", "user: dosage referral",
                        "say platform: dosage referral",
                    ], is: "label root -/-/-",
                    [
                        "platform set referral not_adjustable",
                        "platform_instruction set referral not_adjustable",
                        "operator deny label not_adjustable", "user set referral not_adjustable",
                    ]),
                RuleRow(
                    "before above_ceiling and forbidden", "dosage authority=platform default=label",
                    ["platform: forbid exact", "operator: set exact"],
                    is: "label root exact/-/-",
                    ["platform forbid exact", "operator set exact not_adjustable"]),
            ])
        func notAdjustable(row: RuleRow) throws { try row.holds() }

        @Test(
            "set v",
            arguments: [
                RuleRow(
                    "none where v < setting (caution is free)",
                    "dosage authority=operator bounds=operator:referral default=ranges",
                    ["operator: set label"], is: "label operator exact/referral/-",
                    ["operator set label"]),
                RuleRow(
                    "caution is free also where the level's say is only delegated",
                    "dosage authority=platform delegable=user default=exact",
                    ["user: dosage ranges"], is: "ranges user exact/referral/referral",
                    ["user set ranges"]),
                RuleRow(
                    "above_ceiling where v > ceiling[X], and none where v = ceiling[X]",
                    "dosage authority=operator bounds=operator:ranges default=label",
                    ["operator: set exact", "operator: set ranges"],
                    is: "ranges operator exact/ranges/-",
                    ["operator set exact above_ceiling", "operator set ranges"]),
                RuleRow(
                    "above_ceiling where v > ceiling[X], also where v is the setting",
                    "dosage authority=operator bounds=operator:label default=ranges",
                    ["operator: set ranges"], is: "ranges root exact/label/-",
                    ["operator set ranges above_ceiling"]),
                RuleRow(
                    "forbidden where v > cap, and none where v = cap",
                    "dosage authority=user default=referral",
                    ["operator: forbid exact", "operator template t: set label"],
                    is: "label operator exact/exact/ranges"),
                RuleRow(
                    "forbidden where v > cap", "dosage authority=user default=label",
                    ["platform: forbid ranges", "operator: set exact", "operator: set label"],
                    is: "label operator exact/label/label",
                    [
                        "platform forbid ranges", "operator set exact forbidden",
                        "operator set label",
                    ]),
                RuleRow(
                    "above_ceiling before forbidden", "dosage authority=user default=label",
                    ["platform: deny ranges, forbid ranges", "operator: set exact"],
                    is: "label root exact/label/label",
                    [
                        "platform deny ranges", "platform forbid ranges",
                        "operator set exact above_ceiling",
                    ]),
            ])
        func set(row: RuleRow) throws { try row.holds() }

        @Test(
            "allow v",
            arguments: [
                RuleRow(
                    "above_ceiling where v > ceiling[X]",
                    "dosage authority=operator bounds=operator:label delegable=user default=label",
                    ["operator: allow ranges", "operator: allow label"],
                    is: "label root exact/label/label",
                    ["operator allow ranges above_ceiling", "operator allow label"]),
                RuleRow(
                    "forbidden where v > cap",
                    "dosage authority=operator delegable=user default=label",
                    ["platform: forbid ranges", "operator: allow exact", "operator: allow label"],
                    is: "label root exact/label/label",
                    [
                        "platform forbid ranges", "operator allow exact forbidden",
                        "operator allow label",
                    ]),
                RuleRow(
                    "not_delegable where v > most[next]",
                    "dosage authority=operator delegable=user:ranges default=label",
                    ["operator: allow exact", "operator: allow ranges"],
                    is: "label root exact/exact/ranges",
                    ["operator allow exact not_delegable", "operator allow ranges"]),
                RuleRow(
                    "not_delegable: the next below an operator may be an operator",
                    "dosage authority=platform delegable=operator:ranges default=label",
                    [
                        "platform: allow ranges", "operator 1: allow ranges",
                        "operator 2: allow referral",
                    ], operators: 2, is: "label root exact/ranges/-",
                    [
                        "platform allow ranges", "operator allow ranges",
                        "operator allow referral not_delegable",
                    ]),
                RuleRow(
                    "above_ceiling and forbidden before not_delegable",
                    "dosage authority=operator bounds=operator:ranges delegable=user:referral"
                        + " default=label",
                    [
                        "platform: forbid label", "operator: allow exact", "operator: allow ranges",
                        "operator: allow referral",
                    ],
                    is: "referral platform exact/referral/referral",
                    [
                        "platform forbid label", "operator allow exact above_ceiling",
                        "operator allow ranges forbidden", "operator allow referral",
                    ]),
            ])
        func allow(row: RuleRow) throws { try row.holds() }

        @Test(
            "deny v, forbid v: protected",
            arguments: [
                RuleRow(
                    "where the behavior is protected from X's level",
                    "dosage authority=user bounds=operator:label default=exact",
                    ["operator: deny label, forbid label"], is: "exact root exact/label/exact",
                    ["operator deny label protected", "operator forbid label protected"]),
                RuleRow(
                    "not from a level that may go as far",
                    "dosage authority=user bounds=operator:label default=exact",
                    ["platform: deny ranges"], is: "label platform exact/label/label",
                    ["platform deny ranges"]),
                RuleRow(
                    "the charter's own forbid is never refused",
                    "dosage authority=user bounds=operator:label default=exact",
                    ["root: forbid ranges"], is: "label root label/label/label",
                    ["root forbid ranges"]),
            ])
        func protected(row: RuleRow) throws { try row.holds() }

        @Test(
            "A refused step changes nothing, and does not touch the rest of its adjustment",
            arguments: [
                RuleRow(
                    "set is refused, deny is not",
                    "dosage authority=operator bounds=operator:label default=ranges",
                    ["operator: set exact, deny ranges"], is: "label operator exact/label/-",
                    ["operator set exact above_ceiling", "operator deny ranges"]),
                RuleRow(
                    "deny is refused, set and allow are not",
                    "dosage authority=user bounds=operator:label default=referral",
                    ["operator: set label, allow label, deny label, forbid label"],
                    is: "label operator exact/label/exact",
                    [
                        "operator set label", "operator allow label",
                        "operator deny label protected", "operator forbid label protected",
                    ]),
                RuleRow(
                    "a refused allow beats no deny",
                    "dosage authority=operator delegable=user:label default=exact",
                    ["operator: allow ranges, deny label"],
                    is: "referral operator exact/exact/referral",
                    ["operator allow ranges not_delegable", "operator deny label"]),
            ])
        func refused(row: RuleRow) throws { try row.holds() }
    }

    /// SEMANTICS §4: unknown adjustments, by a claim that is absent.
    @Suite("§4 Unknown adjustments work in their careful parts")
    struct Unknown {
        @Test(
            "Unknown",
            arguments: [
                RuleRow(
                    "deny works", dial, ["operator: deny ranges when claims.member"],
                    is: "label operator exact/exact/label", ["operator deny ranges"]),
                RuleRow(
                    "forbid works", dial, ["operator: forbid ranges when claims.member"],
                    is: "label operator exact/exact/label", ["operator forbid ranges"]),
                RuleRow(
                    "set v works where v < setting", dial,
                    ["operator: set label when claims.member"],
                    is: "label operator exact/exact/exact", ["operator set label"]),
                RuleRow(
                    "otherwise it is passed over: v = setting", dial,
                    ["operator: set ranges when claims.member"],
                    is: "ranges root exact/exact/exact", []),
                RuleRow(
                    "otherwise it is passed over: v > setting", dial,
                    ["operator: set exact when claims.member"],
                    is: "ranges root exact/exact/exact", []),
                RuleRow(
                    "set v works where the level has a say, otherwise it is passed over, and what"
                        + " is passed over is not refused",
                    "dosage authority=platform default=ranges",
                    ["operator: set label when claims.member"], is: "ranges root exact/-/-", []),
                RuleRow(
                    "allow is passed over",
                    "dosage authority=operator delegable=user default=ranges",
                    ["operator: allow exact when claims.member"],
                    is: "ranges root exact/exact/referral", []),
                RuleRow(
                    "an allow that is passed over beats no deny",
                    "dosage authority=operator delegable=user default=ranges",
                    [
                        "operator: allow exact when claims.member",
                        "operator: deny label when claims.member",
                    ], is: "referral operator exact/exact/referral", ["operator deny label"]),
                RuleRow(
                    "deny and forbid are refused as ever",
                    "dosage authority=user bounds=operator:label default=ranges",
                    ["operator: deny label, forbid label when claims.member"],
                    is: "ranges root exact/label/exact",
                    ["operator deny label protected", "operator forbid label protected"]),
                RuleRow(
                    "each part of an adjustment by itself", dial,
                    ["operator: set exact, deny ranges, forbid exact when claims.member"],
                    is: "label operator exact/exact/label",
                    ["operator deny ranges", "operator forbid exact"]),
            ])
        func unknown(row: RuleRow) throws { try row.holds() }

        private static let dial = "dosage authority=user default=ranges"
    }
}
