internal import CharterDocuments
internal import CharterEngine

/// Writes requests that are over as spans of OpenTelemetry, in the JSON of OTLP 1.
///
/// Names are those of the semantic conventions 1.41.0, whose `gen_ai.*` are all in development, and for what
/// a guardrail does those of the proposal open-telemetry/semantic-conventions#3233. No content is in them.
public enum TraceExport {
    private static let schema = "https://opentelemetry.io/schemas/1.41.0"

    /// An `ExportTraceServiceRequest` of these requests; those that stand in no trace are left out.
    ///
    /// - Parameter version: which Charter this is.
    public static func json(_ reports: [RequestReport], version: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.list("resourceSpans") { writer in
                writer.object { writer in
                    writer.object("resource") { writer in
                        let names: [Attribute] = [
                            ("service.name", .text("charter")), ("service.version", .text(version)),
                        ]
                        write(names, to: &writer)
                    }
                    writer.list("scopeSpans") { writer in
                        writer.object { writer in
                            writer.object("scope") { writer in
                                writer.member("name", "charter")
                                writer.member("version", version)
                            }
                            writer.list("spans") { writer in
                                for report in reports {
                                    for span in spans(of: report, version) {
                                        write(span, of: report, to: &writer)
                                    }
                                }
                            }
                            writer.member("schemaUrl", schema)
                        }
                    }
                    writer.member("schemaUrl", schema)
                }
            }
        }
        return writer.bytes
    }

    /// How many spans a request comes to.
    public static func count(of report: RequestReport) -> Int {
        spans(of: report, "").count
    }

    // MARK: Spans

    private enum Value {
        case text(String), number(Int), texts([String])
    }

    private typealias Attribute = (key: String, value: Value)

    private struct Span {
        enum Kind: Int {
            case `internal` = 1
            case server = 2
            case client = 3
        }

        var id: TraceContext.SpanID
        var parent: TraceContext.SpanID?
        var name: String
        var kind: Kind
        var time: RequestReport.Span
        var attributes: [Attribute]
        var hasFailed = false
    }

    private static func spans(of report: RequestReport, _ version: String) -> [Span] {
        guard let trace = report.trace, trace.isSampled else { return [] }
        var spans = [serverSpan(report, trace)]
        if let outcome = report.outcome, let detect = report.detect, let decide = report.decide {
            spans.append(
                guardrail(
                    trace.spans.input, .init(detect.start, decide.end), "llm_input", report, trace,
                    version, decision: decision(of: outcome.act), outcome.act.rawValue,
                    reason: outcome.act == .allow ? [] : outcome.unmet))
        }
        if let upstream = report.upstream {
            spans.append(clientSpan(report, upstream, trace))
            if let outcome = report.outcome, upstream.status == 200 {
                spans.append(
                    guardrail(
                        trace.spans.output, upstream.span, "llm_output", report, trace, version,
                        decision: outcome.stopped.isEmpty
                            ? (outcome.redacted.isEmpty ? "allow" : "modify") : "deny", nil,
                        reason: outcome.stopped.isEmpty ? outcome.redacted : outcome.stopped))
            }
        }
        return spans
    }

    private static func serverSpan(_ report: RequestReport, _ trace: TraceContext) -> Span {
        var attributes: [Attribute] = [
            ("http.request.method", .text(report.method)),
            ("http.response.status_code", .number(report.status)),
            ("charter.request.protocol", .text(report.wire.rawValue)),
            ("charter.decision.id", .text(report.id)),
        ]
        if let route = report.route { attributes.append(("http.route", .text(route))) }
        if let name = report.operatorName {
            attributes.append(("charter.operator.name", .text(name)))
        }
        if let act = report.outcome?.act {
            attributes.append(("charter.decision.act", .text(act.rawValue)))
        }
        let hasFailed = report.status >= 500
        if hasFailed {
            attributes.append(("error.type", .text(report.errorCode ?? String(report.status))))
        }
        return Span(
            id: trace.spans.request, parent: trace.parent,
            name: report.route.map { "\(report.method) \($0)" } ?? report.method, kind: .server,
            time: .init(.zero, report.total), attributes: attributes, hasFailed: hasFailed)
    }

    private static func clientSpan(
        _ report: RequestReport, _ upstream: RequestReport.Upstream, _ trace: TraceContext
    ) -> Span {
        var attributes: [Attribute] = []
        let server = upstream.server.split(separator: ":")
        attributes.append(("server.address", .text(server.first.map(String.init) ?? "")))
        if server.count == 2, let port = Int(server[1]) {
            attributes.append(("server.port", .number(port)))
        }
        if let status = upstream.status {
            attributes.append(("http.response.status_code", .number(status)))
        }
        var name = report.method
        if report.outcome != nil {
            name = "chat \(report.model ?? "")"
            attributes += [
                ("gen_ai.operation.name", .text("chat")),
                // Whoever made the model: what is known is whose API its server speaks.
                ("gen_ai.provider.name", .text("openai")),
            ]
            if let model = report.model {
                attributes.append(("gen_ai.request.model", .text(model)))
            }
            if let usage = report.usage {
                attributes += [
                    ("gen_ai.usage.input_tokens", .number(usage.inputTokens)),
                    ("gen_ai.usage.output_tokens", .number(usage.outputTokens)),
                ]
            }
        }
        let error = upstream.status.map { $0 >= 400 ? String($0) : report.errorCode }
        let type = error ?? (upstream.status == nil ? report.errorCode ?? "_OTHER" : nil)
        if let type { attributes.append(("error.type", .text(type))) }
        return Span(
            id: trace.spans.upstream, parent: trace.spans.request, name: name, kind: .client,
            time: upstream.span, attributes: attributes, hasFailed: type != nil)
    }

    /// A guardrail's word for an act. `ask` acts as `refuse` for now; `guide` adds a message, `transform` replaces
    /// words.
    private static func decision(of act: Act) -> String {
        switch act {
        case .allow: "allow"
        case .guide, .transform: "modify"
        case .ask, .refuse: "deny"
        }
    }

    private static func guardrail(
        _ id: TraceContext.SpanID, _ time: RequestReport.Span, _ target: String,
        _ report: RequestReport, _ trace: TraceContext, _ version: String, decision: String,
        _ act: String?, reason: [String]
    ) -> Span {
        var attributes: [Attribute] = [
            ("gen_ai.operation.name", .text("apply_guardrail")),
            ("gen_ai.guardian.name", .text("charter")),
            ("gen_ai.guardian.version", .text(version)),
            ("gen_ai.security.target.type", .text(target)),
            ("gen_ai.security.decision.type", .text(decision)),
        ]
        if let act { attributes.append(("charter.decision.act", .text(act))) }
        if !reason.isEmpty {
            attributes += [
                (
                    "gen_ai.security.decision.reason",
                    .text("by the charter: " + reason.joined(separator: ", "))
                ), ("charter.decision.behaviors", .texts(reason)),
            ]
        }
        if let name = report.operatorName {
            attributes.append(("gen_ai.security.policy.id", .text(name)))
        }
        if let digest = report.outcome?.policy {
            attributes.append(("gen_ai.security.policy.version", .text("\(digest)")))
        }
        return Span(
            id: id, parent: trace.spans.request, name: "apply_guardrail charter \(target)",
            kind: .internal, time: time, attributes: attributes)
    }

    // MARK: OTLP's JSON

    /// Ids are hexadecimal digits there, unlike in the JSON of protobuf, and 64-bit numbers are strings.
    private static func write(
        _ span: Span, of report: RequestReport, to writer: inout JSONWriter
    ) {
        guard let trace = report.trace else { return }
        let beginning =
            report.at.seconds &* 1_000_000_000 &+ report.at.attoseconds / 1_000_000_000
        writer.object { writer in
            writer.member("traceId", trace.trace.hex)
            writer.member("spanId", span.id.hex)
            if let parent = span.parent { writer.member("parentSpanId", parent.hex) }
            if span.kind == .server, let state = trace.state {
                writer.member("traceState", state)
            }
            writer.member("name", span.name)
            writer.member("kind", span.kind.rawValue)
            writer.member(
                "startTimeUnixNano", String(beginning &+ span.time.start.nanoseconds))
            writer.member("endTimeUnixNano", String(beginning &+ span.time.end.nanoseconds))
            write(span.attributes, to: &writer)
            writer.object("status") { writer in
                if span.hasFailed { writer.member("code", 2) }
            }
        }
    }

    private static func write(_ attributes: [Attribute], to writer: inout JSONWriter) {
        writer.list("attributes") { writer in
            for (key, value) in attributes {
                writer.object { writer in
                    writer.member("key", key)
                    writer.object("value") { write(value, to: &$0) }
                }
            }
        }
    }

    private static func write(_ value: Value, to writer: inout JSONWriter) {
        switch value {
        case .text(let text): writer.member("stringValue", text)
        case .number(let number): writer.member("intValue", String(number))
        case .texts(let texts):
            writer.object("arrayValue") { writer in
                writer.list("values") { writer in
                    for text in texts {
                        writer.object { $0.member("stringValue", text) }
                    }
                }
            }
        }
    }
}
