import CharterEngine
import Testing

@testable import CharterGateway

@Suite("Metrics")
struct GatewayMetricsTests {
    private func report(_ change: (inout RequestReport) -> Void = { _ in }) -> RequestReport {
        var report = RequestReport(
            wire: .chatCompletions, method: "POST", at: Instant(seconds: 1_800_000_000))
        report.status = 200
        report.operatorName = "clinic"
        change(&report)
        return report
    }

    private func lines(_ metrics: GatewayMetrics) -> [String] {
        metrics.text(
            at: .init(inFlight: 2, waiting: 1, residentBytes: 4_096, version: "0.1.0")
        ).split(separator: "\n").map(String.init)
    }

    @Test("Each request is counted under its operator, protocol, act and status")
    func requests() {
        var metrics = GatewayMetrics()
        metrics.note(report { $0.outcome = .init(.allow) })
        metrics.note(report { $0.outcome = .init(.allow) })
        metrics.note(report { $0.outcome = .init(.refuse) })
        metrics.note(
            report {
                $0.status = 401
                $0.operatorName = nil
                $0.wire = .charter
            })
        let found = lines(metrics).filter { $0.hasPrefix("charter_requests_total") }
        #expect(
            found == [
                #"charter_requests_total{operator="",protocol="charter",act="none",status="401"} 1"#,
                #"charter_requests_total{operator="clinic",protocol="chat_completions",act="allow",status="200"} 2"#,
                #"charter_requests_total{operator="clinic",protocol="chat_completions",act="refuse",status="200"} 1"#,
            ])
    }

    @Test("Unmet behaviors, stopped answers, needless refusals and sources are counted")
    func verdicts() {
        var metrics = GatewayMetrics()
        metrics.note(
            report {
                var outcome = RequestReport.Outcome(.refuse)
                outcome.unmet = ["a", "b"]
                $0.outcome = outcome
            })
        metrics.note(
            report {
                var outcome = RequestReport.Outcome(.allow)
                outcome.stopped = ["a"]
                outcome.redacted = ["b"]
                $0.outcome = outcome
                $0.usage = Usage(inputTokens: 3, outputTokens: 4)
            })
        metrics.noteNeedlessRefusal()
        metrics.noteSource("keys of clinic", isThere: false)
        let found = lines(metrics)
        for line in [
            #"charter_verdicts_total{behavior="a",act="refuse"} 1"#,
            #"charter_verdicts_total{behavior="b",act="refuse"} 1"#,
            #"charter_stopped_total{behavior="a"} 1"#, #"charter_redacted_total{behavior="b"} 1"#,
            "charter_needless_refusals_total 1",
            #"charter_source_state{source="keys of clinic"} 0"#,
            #"charter_tokens_total{operator="clinic",type="input"} 3"#,
            #"charter_tokens_total{operator="clinic",type="output"} 4"#,
            "charter_requests_in_flight 2", "charter_requests_waiting 1",
            "process_resident_memory_bytes 4096", #"charter_build_info{version="0.1.0"} 1"#,
        ] { #expect(found.contains(line), "\(line)") }
    }

    @Test("Only codes of the gateway's own are counted, whatever a model's server says")
    func errors() {
        var metrics = GatewayMetrics()
        for code in ["upstream_timeout", "upstream_the_user_said_this"] {
            metrics.note(
                report {
                    $0.upstream = .init(server: "h", at: .zero)
                    $0.note(
                        APIError(status: 502, message: "m", type: "server_error", code: code))
                })
        }
        let found = lines(metrics).filter { $0.hasPrefix("charter_upstream_errors_total") }
        #expect(found == [#"charter_upstream_errors_total{code="upstream_timeout"} 1"#])
    }

    @Test(
        "A duration is in the first bucket that reaches it",
        arguments: [
            (Duration.zero, 0), (.nanoseconds(10_000), 0), (.nanoseconds(10_001), 1),
            (.milliseconds(1), 6), (.seconds(300), 21), (.seconds(301), 22), (.seconds(-1), 0),
        ])
    func buckets(duration: Duration, bucket: Int) {
        var histogram = DurationHistogram()
        histogram.observe(duration)
        #expect(histogram.counts[bucket] == 1 && histogram.count == 1)
        #expect(histogram.sum == max(0, duration.nanoseconds))
    }

    @Test("The buckets of a histogram grow, and the last is all of them")
    func cumulative() throws {
        var metrics = GatewayMetrics()
        var generator = Random(seed: 7)
        for _ in 0..<500 {
            metrics.note(
                report {
                    $0.total = .nanoseconds(Int64.random(in: 0...40_000_000_000, using: &generator))
                })
        }
        let values = lines(metrics).filter {
            $0.hasPrefix(#"charter_request_seconds_bucket{stage="total""#)
        }.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
        #expect(values.count == 23 && values.last == 500)
        #expect(values == values.sorted())
    }

    @Test("What a label holds cannot end it")
    func escapes() {
        var text = MetricsText()
        text.sample("m", [("l", "a\"b\\c\nd")], "1")
        #expect(text.text == "m{l=\"a\\\"b\\\\c\\nd\"} 1\n")
    }
}
