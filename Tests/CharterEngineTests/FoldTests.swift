import Testing

@testable import CharterEngine

/// SEMANTICS §4: the fold, line by line of its pseudo-code, and the decision.
@Suite("§4 The fold")
struct FoldTests {
    @Test(
        "The setting",
        arguments: [
            RuleRow("setting := the default", dial, is: "label root exact/exact/exact", []),
            RuleRow(
                "for each set v: setting := v", dial, ["root: set ranges"],
                is: "ranges root exact/exact/exact", ["root set ranges"]),
            RuleRow(
                "for each set v: setting := v", dial, ["platform: set exact"],
                is: "exact platform exact/exact/exact", ["platform set exact"]),
            RuleRow(
                "for each set v: setting := v", dial, ["operator: set exact"],
                is: "exact operator exact/exact/exact", ["operator set exact"]),
            RuleRow(
                "for each set v: setting := v", dial, ["user: dosage exact"],
                is: "exact user exact/exact/exact", ["user set exact"]),
            RuleRow(
                "Adjustments go in document order", dial,
                ["operator: set exact", "operator: set ranges"],
                is: "ranges operator exact/exact/exact",
                ["operator set exact", "operator set ranges"]),
            RuleRow(
                "for each actor X, root first", dial,
                ["user: dosage label", "operator: set ranges", "platform: set exact"],
                is: "label user exact/exact/exact",
                ["platform set exact", "operator set ranges", "user set label"]),
        ])
    func setting(row: RuleRow) throws { try row.holds() }

    @Test(
        "Allow and deny",
        arguments: [
            RuleRow(
                "left := max(min(left, d − 1), a)", dial, ["operator: deny ranges"],
                is: "label root exact/exact/label", ["operator deny ranges"]),
            RuleRow(
                "deny v takes v and everything above it", dial, ["operator: deny label"],
                is: "referral operator exact/exact/referral", ["operator deny label"]),
            RuleRow(
                "for each actor Y below X: ceiling[Y] := min(ceiling[Y], left)", dial,
                ["platform: deny exact"], is: "label root exact/ranges/ranges"),
            RuleRow(
                "setting := min(setting, max(d − 1, a))", highDial,
                ["operator: deny ranges"], is: "label operator exact/exact/label"),
            RuleRow(
                "in one scope allow beats deny", lending, ["operator: allow exact, deny label"],
                is: "label root exact/exact/exact",
                ["operator allow exact", "operator deny label"]),
            RuleRow(
                "in one scope allow beats deny, whatever their order", lending,
                ["operator: deny label", "operator: allow exact"],
                is: "label root exact/exact/exact",
                ["operator allow exact", "operator deny label"]),
            RuleRow(
                "in one scope allow beats deny as far as it goes", highLending,
                ["operator: deny label, allow ranges"],
                is: "ranges operator exact/exact/ranges"),
            RuleRow(
                "a := the highest accepted allow; d := the lowest accepted deny", lending,
                [
                    "operator: deny exact", "operator: deny label", "operator: allow label",
                    "operator: allow ranges",
                ], is: "label root exact/exact/ranges"),
            RuleRow(
                "a later scope of X denies what an earlier one opened", lending,
                ["operator template a: allow exact", "operator: deny ranges"],
                is: "label root exact/exact/label"),
            RuleRow(
                "Example of §3: denied until a role allows it, which opens it to users; to put it"
                    + " in force, set it there", highDial,
                ["operator: deny ranges", "role clinician: allow exact"],
                Request(roles: ["clinician"]), is: "label operator exact/exact/exact"),
            RuleRow(
                "Example of §3: to put it in force, set it there", highDial,
                ["operator: deny ranges", "role clinician: allow exact, set exact"],
                Request(roles: ["clinician"]), is: "exact operator exact/exact/exact"),
            RuleRow(
                "for the next below X: ceiling[next] := max(ceiling[next], open)",
                "dosage authority=platform delegable=operator default=label",
                ["platform: allow ranges"], is: "label root exact/ranges/-",
                ["platform allow ranges"]),
            RuleRow(
                "open reaches the next below alone",
                "dosage authority=platform delegable=user default=label",
                ["platform: allow exact"], is: "label root exact/exact/referral"),
            RuleRow(
                "who was opened a value may open it on",
                "dosage authority=platform delegable=user default=label",
                ["platform: allow exact", "operator: allow ranges", "user: dosage ranges"],
                is: "ranges user exact/exact/ranges"),
            RuleRow(
                "the next below an operator is the operator under it",
                "dosage authority=platform delegable=operator default=label",
                ["platform: allow exact", "operator 1: allow ranges", "operator 2: set ranges"],
                operators: 2, is: "ranges operator exact/ranges/-"),
            RuleRow(
                "each operator of the chain is an actor: nobody skips one",
                "dosage authority=platform delegable=operator default=label",
                ["platform: allow exact", "operator 2: set ranges"], operators: 2,
                is: "label root exact/referral/-",
                [
                    "platform allow exact", "operator set ranges above_ceiling",
                ]),
            RuleRow(
                "left caps what those below have by themselves, open lends what they have not",
                dial, ["operator 1: deny exact", "operator 3: set exact"], operators: 4,
                is: "label root exact/ranges/ranges",
                ["operator deny exact", "operator set exact above_ceiling"]),
        ])
    func allowAndDeny(row: RuleRow) throws { try row.holds() }

    @Test(
        "Forbid",
        arguments: [
            RuleRow(
                "cap := min(cap, v − 1)", dial, ["operator: forbid exact"],
                is: "label root exact/exact/ranges", ["operator forbid exact"]),
            RuleRow(
                "setting := min(setting, v − 1)", highDial,
                ["platform: forbid ranges"], is: "label platform exact/label/label"),
            RuleRow(
                "forbid v takes v and everything above it", dial, ["root: forbid label"],
                is: "referral root referral/referral/referral"),
            RuleRow(
                "no allow beats a forbid", highLending,
                ["operator: allow exact, forbid ranges"], is: "label operator exact/exact/label",
                ["operator allow exact", "operator forbid ranges"]),
            RuleRow(
                "the lowest forbid counts", dial,
                ["platform: forbid exact", "operator: forbid label", "user: dosage label"],
                is: "referral operator exact/ranges/referral",
                [
                    "platform forbid exact", "operator forbid label", "user set label forbidden",
                ]),
            RuleRow(
                "Forbidden is final: no role brings it back", dial,
                ["operator: forbid ranges", "role clinician: set exact"],
                Request(roles: ["clinician"]), is: "label root exact/exact/label",
                ["operator forbid ranges", "role set exact forbidden"]),
        ])
    func forbid(row: RuleRow) throws { try row.holds() }

    @Test(
        "Decision",
        arguments: [
            RuleRow(
                "the ceiling: min(ceiling[X], cap) as X's first scope begins", dial,
                ["operator: forbid label", "operator: deny label"],
                is: "referral operator exact/exact/referral"),
            RuleRow(
                "none where that is none", "dosage authority=operator default=label",
                is: "label root exact/exact/-"),
            RuleRow(
                "for platform, innermost operator and user", dial,
                ["operator 1: deny exact", "operator 2: deny ranges"], operators: 2,
                is: "label root exact/ranges/label"),
            RuleRow(
                "decided_by: the last step that gave the setting its value", dial,
                ["platform: set exact", "operator: set exact"],
                is: "exact operator exact/exact/exact"),
            RuleRow(
                "decided_by: also where the value was the setting before", dial,
                ["user: dosage label"], is: "label user exact/exact/exact"),
            RuleRow(
                "decided_by: a deny that lowered it", dial,
                ["platform: set exact", "operator: deny ranges"],
                is: "label operator exact/exact/label"),
            RuleRow(
                "decided_by: not a deny or forbid that did not", dial,
                ["platform: set label", "operator: deny ranges, forbid ranges"],
                is: "label platform exact/exact/label"),
            RuleRow(
                "decided_by: not a refused step", "dosage authority=operator default=label",
                ["operator: set ranges", "user: dosage exact"],
                is: "ranges operator exact/exact/-"),
            RuleRow(
                "decided_by: root where none did", dial, is: "label root exact/exact/exact"),
        ])
    func decision(row: RuleRow) throws { try row.holds() }

    private static let dial = "dosage authority=user default=label"
    private static let highDial = "dosage authority=user default=exact"
    private static let lending = "dosage authority=operator delegable=user default=label"
    private static let highLending = "dosage authority=operator delegable=user default=exact"
}
