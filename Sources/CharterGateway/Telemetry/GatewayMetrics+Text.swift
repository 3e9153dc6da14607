internal import CharterEngine

extension GatewayMetrics {
    /// What is true at the moment of asking, and is not counted.
    public struct Moment: Sendable {
        /// Requests that are being handled.
        public var inFlight: Int
        /// Those of them for which the model's server has not begun to answer.
        public var waiting: Int
        /// The memory that the process holds, in bytes; nil: it is not known.
        public var residentBytes: Int?
        /// The version of Charter.
        public var version: String

        /// Such a moment.
        public init(inFlight: Int, waiting: Int, residentBytes: Int?, version: String) {
            self.inFlight = inFlight
            self.waiting = waiting
            self.residentBytes = residentBytes
            self.version = version
        }
    }

    /// The content type of `text(at:)`.
    public static let contentType = "text/plain; version=0.0.4; charset=utf-8"

    /// All metrics in the text format of Prometheus, version 0.0.4, each in a settled order.
    public func text(at moment: Moment) -> String {
        var text = MetricsText()
        writeRequests(to: &text)
        writeUpstream(to: &text)
        text.metric("charter_requests_in_flight", .gauge, "Requests that are being handled.")
        text.sample("charter_requests_in_flight", [], String(moment.inFlight))
        text.metric(
            "charter_requests_waiting", .gauge,
            "Requests for which the model's server has not begun to answer.")
        text.sample("charter_requests_waiting", [], String(moment.waiting))
        if !sources.isEmpty {
            text.metric(
                "charter_source_state", .gauge,
                "Whether a source that decisions depend on can be had: 1, or 0.")
            for (name, isThere) in sources.sorted(by: { $0.key < $1.key }) {
                text.sample("charter_source_state", [("source", name)], isThere ? "1" : "0")
            }
        }
        text.metric(
            "charter_dropped_spans_total", .counter,
            "Spans of traces that were not exported.")
        text.sample("charter_dropped_spans_total", [], String(droppedSpans))
        if let bytes = moment.residentBytes {
            text.metric(
                "process_resident_memory_bytes", .gauge, "Resident memory size in bytes.")
            text.sample("process_resident_memory_bytes", [], String(bytes))
        }
        text.metric("charter_build_info", .gauge, "The version that is running.")
        text.sample("charter_build_info", [("version", moment.version)], "1")
        return text.text
    }

    private func writeRequests(to text: inout MetricsText) {
        text.metric("charter_requests_total", .counter, "Requests that are over.")
        let ordered = requests.map { key, count in
            (
                [
                    ("operator", key.operatorName), ("protocol", key.wire.rawValue),
                    ("act", key.act?.rawValue ?? "none"), ("status", String(key.status)),
                ], count
            )
        }.sorted { $0.0.map(\.1).lexicographicallyPrecedes($1.0.map(\.1)) }
        for (labels, count) in ordered {
            text.sample("charter_requests_total", labels, String(count))
        }
        text.metric(
            "charter_request_seconds", .histogram, "How long each stage of requests took.")
        for stage in Stage.allCases {
            text.samples(
                "charter_request_seconds", [("stage", stage.rawValue)], durations(of: stage))
        }
        text.metric(
            "charter_verdicts_total", .counter,
            "Behaviors that verdicts found unmet, by what was done.")
        for (key, count) in verdicts.sorted(by: {
            ($0.key.behavior, $0.key.act) < ($1.key.behavior, $1.key.act)
        }) {
            text.sample(
                "charter_verdicts_total",
                [("behavior", key.behavior), ("act", key.act.rawValue)], String(count))
        }
        text.metric(
            "charter_stopped_total", .counter, "Answers that were stopped, by behavior.")
        for (behavior, count) in stopped.sorted(by: { $0.key < $1.key }) {
            text.sample("charter_stopped_total", [("behavior", behavior)], String(count))
        }
        text.metric(
            "charter_redacted_total", .counter,
            "Answers in which words were replaced, by behavior.")
        for (behavior, count) in redacted.sorted(by: { $0.key < $1.key }) {
            text.sample("charter_redacted_total", [("behavior", behavior)], String(count))
        }
        text.metric(
            "charter_needless_refusals_total", .counter, "Refusals that were found needless.")
        text.sample("charter_needless_refusals_total", [], String(needlessRefusals))
    }

    private func writeUpstream(to text: inout MetricsText) {
        text.metric(
            "charter_upstream_answers_total", .counter,
            "Answers of the model's server, by their status.")
        for (status, count) in upstreamAnswers.sorted(by: { $0.key < $1.key }) {
            text.sample(
                "charter_upstream_answers_total", [("status", String(status))], String(count))
        }
        text.metric(
            "charter_upstream_errors_total", .counter, "What went wrong at the model's server.")
        for (code, count) in upstreamErrors.sorted(by: { $0.key < $1.key }) {
            text.sample("charter_upstream_errors_total", [("code", code)], String(count))
        }
        text.metric(
            "charter_tokens_total", .counter,
            "Tokens that the model's server says it read and wrote.")
        for (name, usage) in tokens.sorted(by: { $0.key < $1.key }) {
            for (type, count) in [("input", usage.inputTokens), ("output", usage.outputTokens)] {
                text.sample(
                    "charter_tokens_total", [("operator", name), ("type", type)], String(count))
            }
        }
    }
}
