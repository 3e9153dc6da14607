internal import CharterEngine

/// What is counted of all requests since the start.
///
/// Labels hold names of the settings and of the charter, and words of ours; a request can add no
/// value of its own, so that there are only so many.
public struct GatewayMetrics: Sendable {
    /// Where a request's time goes.
    public enum Stage: String, CaseIterable, Sendable {
        /// Demands and instructions are looked for.
        case detect
        /// It is decided.
        case decide
        /// The model's server answers.
        case upstream
        /// From arrival to the last byte.
        case total
    }

    struct RequestKey: Hashable {
        var operatorName: String
        var wire: RequestReport.Wire
        var act: Act?
        var status: Int
    }

    struct VerdictKey: Hashable {
        var behavior: String
        var act: Act
    }

    private(set) var requests: [RequestKey: UInt64] = [:]
    private(set) var verdicts: [VerdictKey: UInt64] = [:]
    private(set) var stopped: [String: UInt64] = [:]
    private(set) var redacted: [String: UInt64] = [:]
    private(set) var upstreamAnswers: [Int: UInt64] = [:]
    private(set) var upstreamErrors: [String: UInt64] = [:]
    private(set) var tokens: [String: Usage] = [:]
    private(set) var needlessRefusals: UInt64 = 0
    private(set) var sources: [String: Bool] = [:]
    private var durations = [DurationHistogram](
        repeating: DurationHistogram(), count: Stage.allCases.count)
    /// Spans that were not exported, because the queue was full or their collector did not take them.
    public var droppedSpans: UInt64 = 0

    /// Nothing is counted yet.
    public init() {}

    /// Counts a request that is over. O(1); allocates nothing where its like has come before.
    public mutating func note(_ report: RequestReport) {
        let key = RequestKey(
            operatorName: report.operatorName ?? "", wire: report.wire, act: report.outcome?.act,
            status: report.status)
        requests[key, default: 0] += 1
        if let outcome = report.outcome {
            for behavior in outcome.unmet {
                verdicts[VerdictKey(behavior: behavior, act: outcome.act), default: 0] += 1
            }
            for behavior in outcome.stopped { stopped[behavior, default: 0] += 1 }
            for behavior in outcome.redacted { redacted[behavior, default: 0] += 1 }
        }
        observe(report.total, .total)
        if let span = report.detect { observe(span.duration, .detect) }
        if let span = report.decide { observe(span.duration, .decide) }
        if let upstream = report.upstream {
            observe(upstream.span.duration, .upstream)
            if let status = upstream.status { upstreamAnswers[status, default: 0] += 1 }
            if let code = report.errorCode, code.hasPrefix("upstream_") {
                upstreamErrors[code, default: 0] += 1
            }
        }
        if let usage = report.usage {
            var sum = tokens[key.operatorName] ?? Usage()
            // A model's server says these; what it says may be absurd.
            sum.inputTokens &+= usage.inputTokens
            sum.outputTokens &+= usage.outputTokens
            tokens[key.operatorName] = sum
        }
    }

    /// Counts a refusal that was needless: somebody looked at it, or a test of the charter shows it.
    public mutating func noteNeedlessRefusal() {
        needlessRefusals += 1
    }

    /// Notes whether a source that decisions depend on (an issuer's keys, a store) can be had.
    ///
    /// - Parameter name: a name of ours or of the settings.
    public mutating func noteSource(_ name: String, isThere: Bool) {
        sources[name] = isThere
    }

    private mutating func observe(_ duration: Duration, _ stage: Stage) {
        durations[GatewayMetrics.place(of: stage)].observe(duration)
    }

    func durations(of stage: Stage) -> DurationHistogram {
        durations[GatewayMetrics.place(of: stage)]
    }

    private static func place(of stage: Stage) -> Int {
        switch stage {
        case .detect: 0
        case .decide: 1
        case .upstream: 2
        case .total: 3
        }
    }
}
