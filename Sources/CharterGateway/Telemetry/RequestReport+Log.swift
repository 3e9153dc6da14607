internal import CharterDocuments
internal import CharterEngine

extension RequestReport {
    /// One line of JSON, with its line break.
    public var jsonLine: [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("time", at.timestamp)
            writer.member("id", id)
            writer.member("operator", operatorName)
            writer.member("user", userHash)
            writer.member("protocol", wire.rawValue)
            writer.member("method", method)
            writer.member("route", route)
            writer.member("model", model)
            writer.member("stream", isStreamed)
            writer.member("act", outcome?.act.rawValue)
            writer.member("status", status)
            writer.member("error", errorCode)
            writer.list("unmet") { writer in
                for behavior in outcome?.unmet ?? [] { writer.value(behavior) }
            }
            writer.list("stopped") { writer in
                for behavior in outcome?.stopped ?? [] { writer.value(behavior) }
            }
            writer.list("redacted") { writer in
                for behavior in outcome?.redacted ?? [] { writer.value(behavior) }
            }
            writer.object("ms") { writer in
                let spans = [
                    ("detect", detect?.duration), ("decide", decide?.duration),
                    ("upstream", upstream?.span.duration), ("total", total),
                ]
                for (name, duration) in spans {
                    guard let duration else { continue }
                    writer.key(name)
                    writer.raw(duration.milliseconds)
                }
            }
            if let usage {
                writer.object("tokens") { writer in
                    writer.member("input", usage.inputTokens)
                    writer.member("output", usage.outputTokens)
                }
            }
            if let upstream {
                writer.object("upstream") { writer in
                    writer.member("server", upstream.server)
                    if let status = upstream.status { writer.member("status", status) }
                }
            }
            if let trace { writer.member("trace", trace.trace.hex) }
        }
        return writer.bytes + "\n".utf8
    }

    /// One line for people, with its line break.
    public var textLine: [UInt8] {
        var parts = [at.timestamp, method, route ?? "-", String(status)]
        if let outcome {
            parts.append(([outcome.act.rawValue] + outcome.unmet).joined(separator: " "))
            if !outcome.stopped.isEmpty {
                parts.append("stopped " + outcome.stopped.joined(separator: " "))
            }
            if !outcome.redacted.isEmpty {
                parts.append("redacted " + outcome.redacted.joined(separator: " "))
            }
        }
        if let errorCode { parts.append(errorCode) }
        parts += [operatorName ?? "-", "\(total.milliseconds) ms", id]
        return Array((parts.joined(separator: "  ") + "\n").utf8)
    }
}

extension Duration {
    /// Milliseconds to the microsecond, `12.345`.
    var milliseconds: String {
        let microseconds = max(0, nanoseconds) / 1_000
        let rest = String(microseconds % 1_000)
        return "\(microseconds / 1_000).\(String(repeating: "0", count: 3 - rest.count))\(rest)"
    }
}

extension Instant {
    /// RFC 3339 in UTC, to the millisecond.
    var timestamp: String {
        let second = Int(((seconds % 86_400) + 86_400) % 86_400)
        func padded(_ number: Int, _ width: Int = 2) -> String {
            let digits = String(number)
            return String(repeating: "0", count: width - digits.count) + digits
        }
        let milliseconds = Int(attoseconds / 1_000_000_000_000_000)
        return date
            + "T\(padded(second / 3_600)):\(padded(second / 60 % 60)):\(padded(second % 60))"
            + ".\(padded(milliseconds, 3))Z"
    }
}
