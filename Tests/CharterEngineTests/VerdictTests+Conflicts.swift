import Testing

@testable import CharterEngine

extension VerdictTests {
    /// SEMANTICS §7: unmet behaviors beside owed duties.
    @Suite("§7 Conflicts")
    struct Conflicts {
        @Test(
            "Conflicts",
            arguments: [
                pair("u lists t", "safety", "ethics", "conflicts=t", "", "outranked u/t"),
                pair("t lists u", "safety", "ethics", "", "conflicts=u", "outranked u/t"),
                pair("neither lists the other", "safety", "safety", "", "", "", duties: "t"),
                pair(
                    "one tier is an inaction: at least refuse, t no longer owed", "ethics",
                    "ethics",
                    "conflicts=t", "", "inaction u/t", act: "refuse"),
                pair(
                    "one tier is an inaction", "guidelines", "guidelines", "conflicts=t",
                    "", "inaction u/t", act: "refuse"),
                pair(
                    "one tier is an inaction", "helpfulness", "helpfulness", "conflicts=t",
                    "conflicts=u", "inaction u/t", act: "refuse"),
                pair(
                    "duties in safety stay owed", "safety", "safety", "conflicts=t", "",
                    "inaction u/t", act: "refuse", duties: "t"),
                pair(
                    "the lower gives way: u calls for guide at most", "guidelines", "helpfulness",
                    "conflicts=t", "", "outranked u/t"),
                pair(
                    "the lower gives way: u calls for guide at most", "helpfulness", "guidelines",
                    "conflicts=t", "", "outranked u/t", act: "guide", duties: "t"),
                pair(
                    "shield: the loser in guidelines, the winner in ethics", "guidelines", "ethics",
                    "conflicts=t", "", "shield u/t", act: "guide", duties: "t"),
                pair(
                    "shield: the loser in guidelines, the winner in safety", "safety", "guidelines",
                    "conflicts=t", "", "shield u/t"),
                pair(
                    "else outranked", "ethics", "safety", "conflicts=t", "", "outranked u/t",
                    act: "guide", duties: "t"),
                pair(
                    "else outranked", "helpfulness", "safety", "conflicts=t", "", "outranked u/t",
                    act: "guide", duties: "t"),
                Row(
                    "only an unmet u conflicts",
                    ["u values=off,on default=on conflicts=t", duty(named: "t", "ethics")],
                    ["demand: u", "demand triggered: t"], is: "allow; duties t"),
                Row(
                    "only an owed t conflicts",
                    ["u values=off,on otherwise=ask conflicts=t", duty(named: "t", "guidelines")],
                    ["demand: u"], is: "ask; unmet u"),
            ])
        func conflicts(row: Row) throws { try row.holds() }

        @Test(
            "Who has given way stands no more; nor does a duty that an inaction ended",
            arguments: [
                Row(
                    "a duty that lost in ethics makes nobody inactive in guidelines",
                    [
                        unmet("high", "ethics", "t"), unmet("low", "guidelines", "t"),
                        duty(named: "t", "guidelines"),
                    ], ["demand: high", "demand: low", "demand triggered: t"],
                    is: "ask; unmet high low; shield high/t"),
                Row(
                    "an unmet that gave way to safety outranks nobody",
                    [
                        unmet("u", "ethics", "s,h"), duty(named: "s", "safety"),
                        duty(named: "h", "helpfulness"),
                    ], ["demand: u", "demand triggered: s", "demand triggered: h"],
                    is: "guide; unmet u; duties s h; outranked u/s"),
                Row(
                    "a duty that an inaction ended outranks nobody",
                    [
                        unmet("equal", "ethics", "t"), unmet("low", "helpfulness", "t"),
                        duty(named: "t", "ethics"),
                    ], ["demand: equal", "demand: low", "demand triggered: t"],
                    is: "refuse; unmet equal low; inaction equal/t"),
                Row(
                    "a duty in safety that an inaction left owed still stands",
                    [
                        unmet("equal", "safety", "t"), unmet("low", "helpfulness", "t"),
                        duty(named: "t", "safety"),
                    ], ["demand: equal", "demand: low", "demand triggered: t"],
                    is: "refuse; unmet equal low; duties t; inaction equal/t; outranked low/t"),
                Row(
                    "every pair of a tier is recorded, by charter order of u, then of t",
                    [
                        duty(named: "t1", "guidelines"), unmet("u1", "ethics", "t1,t2"),
                        duty(named: "t2", "guidelines"), unmet("u2", "ethics", "t2,t1"),
                    ],
                    ["demand: u2", "demand: u1", "demand triggered: t2", "demand triggered: t1"],
                    is: "ask; unmet u1 u2; shield u1/t1; shield u1/t2; shield u2/t1; shield u2/t2"),
                Row(
                    "conflicts by the winner's tier",
                    [
                        unmet("g", "guidelines", "h"), duty(named: "h", "helpfulness"),
                        unmet("e", "ethics", "s"), duty(named: "s", "safety"),
                    ], ["demand: g", "demand: e", "demand triggered: h", "demand triggered: s"],
                    is: "ask; unmet e g; duties s; outranked e/s; outranked g/h"),
                Row(
                    "listed by the strength that they call for after giving way",
                    [
                        unmet("gave_way", "guidelines", "t"),
                        "other values=off,on otherwise=transform",
                        duty(named: "t", "safety"),
                    ], ["demand: gave_way", "demand: other", "demand triggered: t"],
                    is: "transform; unmet other gave_way; duties t; shield gave_way/t"),
            ])
        func givingWay(row: Row) throws { try row.holds() }

        private static func duty(named id: String, _ tier: String, _ rest: String = "") -> String {
            "\(id) values=on,off default=on duty=true tier=\(tier) \(rest)"
        }

        private static func unmet(_ id: String, _ tier: String, _ conflicts: String) -> String {
            "\(id) values=off,on otherwise=ask tier=\(tier) conflicts=\(conflicts)"
        }

        /// An unmet behavior u, which asks, beside an owed duty t.
        private static func pair(
            _ rule: String, _ uTier: String, _ tTier: String, _ u: String, _ t: String,
            _ conflicts: String, act: String = "ask", duties: String = ""
        ) -> Row {
            Row(
                rule,
                ["u values=off,on otherwise=ask tier=\(uTier) \(u)", duty(named: "t", tTier, t)],
                ["demand: u", "demand triggered: t"],
                is: [act, "unmet u", duties.isEmpty ? "" : "duties \(duties)", conflicts]
                    .filter { !$0.isEmpty }.joined(separator: "; "))
        }
    }
}
