internal import CharterEngine
internal import CharterGateway
internal import Synchronization

/// What is learned of one request while it is handled.
///
/// It is over when the last part of the server that holds it lets go: whether the answer was whole,
/// broke off, or was never asked for, it is reported exactly once.
final class Observation: Sendable {
    /// The observation of the request that the task is about.
    @TaskLocal static var current: Observation?

    private let telemetry: Telemetry
    private let began = ContinuousClock.now
    private let state: Mutex<State>

    private struct State {
        var report: RequestReport
        /// When the step that is being done began.
        var step: (Exchange.Step, Duration)?
    }

    init(_ telemetry: Telemetry, _ report: RequestReport) {
        self.telemetry = telemetry
        state = Mutex(State(report: report))
        telemetry.begin()
    }

    deinit {
        var report = state.withLock { $0.report }
        report.total = age
        telemetry.finish(report)
    }

    private var age: Duration { ContinuousClock.now - began }

    /// Notes what has become known.
    func note(_ change: (inout RequestReport) -> Void) {
        state.withLock { change(&$0.report) }
    }

    /// Where the request stands in a trace, as the model's server is told.
    var traceFields: [(name: String, value: String)] {
        guard let trace = state.withLock({ $0.report.trace }) else { return [] }
        return [("traceparent", trace.upstreamHeader)]
            + (trace.state.map { [("tracestate", $0)] } ?? [])
    }

    /// Notes who asks.
    func identified(_ operatorName: String) {
        note { $0.operatorName = operatorName }
    }

    /// Notes that a step of an exchange begins, and that the one before is over.
    func enters(_ step: Exchange.Step) {
        let now = age
        state.withLock { state in
            switch state.step {
            case (.detect, let start)?: state.report.detect = .init(start, now)
            case (.decide, let start)?: state.report.decide = .init(start, now)
            default: break
            }
            state.step = (step, now)
        }
    }

    /// Notes what an exchange has come to so far.
    func note(_ exchange: Exchange) {
        let record = exchange.record
        let hash = record.userID.flatMap { telemetry.userHash($0.string, record.operatorName) }
        note { report in
            report.id = record.id
            report.userHash = hash
            report.isStreamed = exchange.isStreamed
            report.outcome = .init(record)
            report.usage = exchange.usage
            report.note(model: exchange.model)
            if let error = exchange.failure { report.note(error) }
        }
    }

    // MARK: The model's server

    /// The model's server is asked.
    func asks(_ server: String) {
        let now = age
        telemetry.wait(1)
        state.withLock { state in
            state.report.upstream = .init(server: server, at: now)
        }
    }

    /// The model's server has begun to answer, or does not.
    func hears(_ status: Int?) {
        let now = age
        telemetry.wait(-1)
        state.withLock { state in
            state.report.upstream?.status = status
            state.report.upstream?.span.end = now
        }
    }

    /// The answer of the model's server has ended.
    func heard() {
        let now = age
        note { $0.upstream?.span.end = now }
    }
}
