import Testing

@testable import CharterEngine

/// SEMANTICS §3 and §5: dates, and the terms of adjustments.
@Suite("§3, §5 Dates and terms")
struct InstantTests {
    @Test(
        "RFC 3339 date-times, and a date is its first instant in UTC",
        arguments: [
            ("1970-01-01", 0, 0), ("1970-01-02", 86_400, 0), ("1969-12-31", -86_400, 0),
            ("2000-02-29", 951_782_400, 0), ("2000-03-01", 951_868_800, 0),
            ("2027-03-31", 1_806_451_200, 0), ("2027-03-31T00:00:00Z", 1_806_451_200, 0),
            ("2027-03-31t00:00:00z", 1_806_451_200, 0),
            ("2027-03-31T02:00:00+02:00", 1_806_451_200, 0),
            ("2027-03-30T18:30:00-05:30", 1_806_451_200, 0),
            ("2027-03-31T00:00:00-00:00", 1_806_451_200, 0),
            ("1970-01-01T00:00:01.5Z", 1, 500_000_000_000_000_000),
            ("1970-01-01T00:00:00.000000000000000001Z", 0, 1),
            ("1970-01-01T00:00:00.0000000000000000019Z", 0, 1),
            ("1969-12-31T23:59:59.25Z", -1, 250_000_000_000_000_000),
            ("1990-12-31T23:59:60Z", 662_688_000, 0), ("0000-01-01", -62_167_219_200, 0),
            ("9999-12-31T23:59:59Z", 253_402_300_799, 0),
        ] as [(String, Int64, Int64)])
    func reads(text: String, seconds: Int64, attoseconds: Int64) {
        #expect(Instant(parsing: text) == Instant(seconds: seconds, attoseconds: attoseconds))
    }

    @Test(
        "Nothing else is an instant",
        arguments: [
            "", "2027", "2027-03", "2027-3-31", "27-03-31", "2027-00-01", "2027-13-01",
            "2027-01-00", "2027-01-32", "2027-02-29", "1900-02-29", "2027-04-31", "2027/03/31",
            "2027-03-31T", "2027-03-31T10", "2027-03-31T10:00", "2027-03-31T10:00:00",
            "2027-03-31 10:00:00Z", "2027-03-31T24:00:00Z", "2027-03-31T10:60:00Z",
            "2027-03-31T10:00:61Z", "2027-03-31T10:00:00.Z", "2027-03-31T10:00:00+0200",
            "2027-03-31T10:00:00+24:00", "2027-03-31T10:00:00+02:60", "2027-03-31Z",
            "2027-03-31T10:00:00Zulu", " 2027-03-31", "2027-03-31\n", "+2027-03-31", "２027-03-31",
            "tomorrow",
        ])
    func refuses(text: String) {
        #expect(Instant(parsing: text) == nil)
    }

    @Test("Instants are ordered by time, to the fraction")
    func order() throws {
        let texts = [
            "1969-12-31T23:59:59.9Z", "1970-01-01", "1970-01-01T00:00:00.000000000000000001Z",
            "1970-01-01T01:00:01+01:00", "2027-03-31",
        ]
        let instants = try texts.map { try #require(Instant(parsing: $0)) }
        #expect(instants.shuffled().sorted() == instants)
    }

    @Test(
        "from and until: at ≥ from && at < until",
        arguments: [
            ("2026-12-31T23:59:59Z", "label"), ("2027-01-01T00:00:00Z", "exact"),
            ("2027-02-01T12:00:00Z", "exact"), ("2027-03-30T23:59:59.999999999Z", "exact"),
            ("2027-03-31T00:00:00Z", "label"), ("2027-03-31T01:00:00+02:00", "exact"),
        ])
    func term(at: String, setting: String) throws {
        let instant = try #require(Instant(parsing: at))
        try RuleRow(
            "term", InstantTests.dial, ["operator: set exact from 2027-01-01 until 2027-03-31"],
            Request(at: instant),
            is: "\(setting) \(setting == "exact" ? "operator" : "root") exact/exact/exact"
        ).holds()
    }

    @Test(
        "A term that has ended takes its adjustment with it",
        arguments: [
            RuleRow(
                "a restriction, too", dial, ["operator: deny label until 2027-03-31"], late,
                is: "label root exact/exact/exact", []),
            RuleRow(
                "and one that has not begun", dial, ["operator: forbid label from 2027-04-01"],
                late, is: "label root exact/exact/exact", []),
            RuleRow(
                "an empty term never holds", dial,
                ["operator: set exact from 2027-04-01 until 2027-03-01"], late,
                is: "label root exact/exact/exact", []),
        ])
    func ended(row: RuleRow) throws { try row.holds() }

    @Test(
        "The term joins the condition by &&, and is unknown where the time is absent",
        arguments: [
            RuleRow(
                "absent: what widens is passed over", dial,
                ["operator: set exact until 2027-03-31"], is: "label root exact/exact/exact", []),
            RuleRow(
                "absent: what restricts works", dial, ["operator: deny ranges from 2027-03-31"],
                is: "label root exact/exact/label", ["operator deny ranges"]),
            RuleRow(
                "false && unknown is false", dial,
                ["operator: deny ranges until 2027-03-31 when claims.member"], late,
                is: "label root exact/exact/exact", []),
            RuleRow(
                "unknown && false is false", dial,
                ["operator: deny ranges until 2027-03-31 when false"],
                is: "label root exact/exact/exact", []),
            RuleRow(
                "true && unknown is unknown", dial,
                ["operator: deny ranges, set exact from 2027-03-31 when claims.member"], late,
                is: "label root exact/exact/label", ["operator deny ranges"]),
            RuleRow(
                "true && true", dial,
                ["operator: set exact from 2027-03-31 when request.surface == 'web'"],
                Request(surface: "web", at: Instant(parsing: "2027-03-31")),
                is: "exact operator exact/exact/exact"),
            RuleRow(
                "an or inside does not reach out", dial,
                ["operator: set exact until 2027-03-31 when true || false"], late,
                is: "label root exact/exact/exact", []),
        ])
    func joins(row: RuleRow) throws { try row.holds() }

    private static let dial = "dosage authority=user default=label"
    private static let late = Request(at: Instant(parsing: "2027-03-31"))

    @Test("What is written is read again", arguments: 0..<200)
    func dateTime(number: Int) {
        var random = SeededGenerator(seed: UInt64(number))
        let instant = Instant(
            seconds: Int64.random(in: -60_000_000_000...200_000_000_000, using: &random))
        #expect(Instant(parsing: instant.dateTime) == instant, "\(instant.dateTime)")
        #expect(Instant(seconds: 1_456_704_000).dateTime == "2016-02-29T00:00:00Z")
    }
}
