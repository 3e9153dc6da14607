/// Writes metrics in the text format of Prometheus, version 0.0.4.
struct MetricsText {
    /// What has been written.
    private(set) var text = ""

    /// The kinds of metrics that there are here.
    enum Kind: String {
        case counter, gauge, histogram
    }

    /// Begins a metric; its samples follow.
    mutating func metric(_ name: String, _ kind: Kind, _ help: String) {
        text += "# HELP \(name) \(help)\n# TYPE \(name) \(kind.rawValue)\n"
    }

    /// A sample of the metric that was begun.
    mutating func sample(_ name: String, _ labels: [(String, String)] = [], _ value: String) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.0)=\"\(MetricsText.escaped($0.1))\"" }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(value)\n"
    }

    /// All samples of a histogram, in seconds.
    mutating func samples(
        _ name: String, _ labels: [(String, String)], _ histogram: DurationHistogram
    ) {
        var count: UInt64 = 0
        for (bound, bucket) in zip(DurationHistogram.bounds, histogram.counts) {
            count += bucket
            sample(
                "\(name)_bucket", labels + [("le", MetricsText.seconds(bound))], String(count))
        }
        let all = String(histogram.count)
        sample("\(name)_bucket", labels + [("le", "+Inf")], all)
        sample("\(name)_sum", labels, MetricsText.seconds(histogram.sum))
        sample("\(name)_count", labels, all)
    }

    private static func seconds(_ nanoseconds: Int64) -> String {
        String(Double(nanoseconds) / 1e9)
    }

    private static func escaped(_ value: String) -> String {
        var escaped = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\"": escaped += "\\\""
            case "\n": escaped += "\\n"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
