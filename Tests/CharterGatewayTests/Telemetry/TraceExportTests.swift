import CharterDocuments
import CharterEngine
import CharterGateway
import Testing

@Suite("Traces as OTLP")
struct TraceExportTests {
    private func context(isSampled: Bool = true) throws -> TraceContext {
        func id(_ bits: UInt64) throws -> TraceContext.SpanID {
            try #require(TraceContext.SpanID(bits))
        }
        var context = TraceContext(
            trace: try #require(.init(high: 1, low: 2)),
            .init(request: try id(3), input: try id(4), upstream: try id(5), output: try id(6)))
        context.isSampled = isSampled
        return context
    }

    private func report(_ change: (inout RequestReport) -> Void) throws -> RequestReport {
        var report = RequestReport(
            wire: .chatCompletions, method: "POST", route: "/v1/chat/completions",
            at: Instant(seconds: 1_800_000_000, attoseconds: 5_000_000_000))
        report.status = 200
        report.total = .milliseconds(7)
        report.trace = try context()
        change(&report)
        return report
    }

    private func spans(_ report: RequestReport) throws -> [JSONValue] {
        let root = try JSONDocument(TraceExport.json([report], version: "1")).root
        let resource = try #require(root["resourceSpans"]?.children.first { _ in true })
        let scope = try #require(resource["scopeSpans"]?.children.first { _ in true })
        return Array(try #require(scope["spans"]).children)
    }

    @Test("Ids are hexadecimal digits, and 64-bit numbers are strings")
    func form() throws {
        let span = try #require(try spans(try report { _ in }).first)
        #expect(span["traceId"]?.string == "00000000000000010000000000000002")
        #expect(span["spanId"]?.string == "0000000000000003" && span["parentSpanId"] == nil)
        #expect(span["startTimeUnixNano"]?.string == "1800000000000000005")
        #expect(span["endTimeUnixNano"]?.string == "1800000000007000005")
        let raw = String(decoding: span.raw, as: UTF8.self)
        #expect(raw.contains(#"{"key":"http.response.status_code","value":{"intValue":"200"}}"#))
    }

    @Test(
        "A guardrail's word for each act",
        arguments: [
            (Act.allow, "allow"), (.guide, "modify"), (.transform, "modify"), (.ask, "deny"),
            (.refuse, "deny"),
        ])
    func acts(act: Act, word: String) throws {
        let report = try report {
            $0.outcome = .init(act)
            $0.detect = .init(.zero, .milliseconds(1))
            $0.decide = .init(.milliseconds(1), .milliseconds(2))
        }
        let found = try spans(report)
        #expect(found.count == 2 && TraceExport.count(of: report) == 2)
        let raw = String(decoding: found[1].raw, as: UTF8.self)
        #expect(
            raw.contains(
                #""gen_ai.security.decision.type","value":{"stringValue":"\#(word)"}"#))
    }

    @Test("What stands in no trace, or in one that its caller does not record, is left out")
    func unsampled() throws {
        #expect(TraceExport.count(of: try report { $0.trace = nil }) == 0)
        let unsampled = try context(isSampled: false)
        #expect(try spans(try report { $0.trace = unsampled }).isEmpty)
    }
}
