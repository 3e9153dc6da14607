import CharterDocuments
import CharterEngine
import CharterGateway
import Testing

@Suite("Reports of requests")
struct RequestReportTests {
    private var report: RequestReport {
        var report = RequestReport(
            wire: .chatCompletions, method: "POST", route: "/v1/chat/completions",
            at: Instant(seconds: 1_800_000_000, attoseconds: 42_000_000_000_000_000))
        report.id = "d1"
        report.operatorName = "clinic"
        report.status = 200
        report.total = .microseconds(12_345)
        report.detect = .init(.microseconds(100), .microseconds(130))
        var outcome = RequestReport.Outcome(.refuse)
        outcome.unmet = ["a"]
        report.outcome = outcome
        return report
    }

    @Test("The log is one object of JSON a line, with what is known alone")
    func json() throws {
        let line = report.jsonLine
        #expect(line.last == UInt8(ascii: "\n") && line.count { $0 == UInt8(ascii: "\n") } == 1)
        let root = try JSONDocument(Array(line.dropLast())).root
        #expect(root["time"]?.string == "2027-01-15T08:00:00.042Z")
        #expect(root["operator"]?.string == "clinic" && root["act"]?.string == "refuse")
        #expect(
            root["ms"].map { String(decoding: $0.raw, as: UTF8.self) }
                == #"{"detect":0.030,"total":12.345}"#)
        #expect(root["upstream"] == nil && root["user"]?.isNull == true)
    }

    @Test("The log for people names act, behaviors and time")
    func text() {
        #expect(
            String(decoding: report.textLine, as: UTF8.self)
                == "2027-01-15T08:00:00.042Z  POST  /v1/chat/completions  200  refuse a  clinic  12.345 ms  d1\n"
        )
    }

    @Test(
        "A model's name is told only where it is one",
        arguments: [
            ("smollm2", "smollm2"), ("a b", "(no name)"), ("a\nb", "(no name)"),
            (String(repeating: "x", count: 129), "(no name)"), ("mod\u{e8}le", "(no name)"),
        ])
    func models(name: String, told: String) {
        var report = report
        report.note(model: name)
        #expect(report.model == told)
    }

    @Test(
        "A path says what was called",
        arguments: [
            ("/v1/chat/completions", RequestReport.Wire.chatCompletions), ("/v1/models", .models),
            ("/v1/messages/count_tokens", .countTokens), ("/charter/v1/matrix", .charter),
            ("/access/v1/evaluation", .authzen), ("/", .other), ("/v10/x", .other),
        ])
    func wires(path: String, wire: RequestReport.Wire) {
        #expect(RequestReport.Wire(path: path) == wire)
    }
}
