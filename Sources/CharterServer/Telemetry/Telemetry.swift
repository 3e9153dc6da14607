internal import CharterGateway
internal import CharterStore
internal import Crypto
internal import Glibc
internal import Synchronization

/// Takes what is known of each request that is over, and counts it, logs it and hands it on as a trace.
final class Telemetry: Sendable {
    private let metrics: CountedMetrics
    private let inFlight = Atomic<Int>(0)
    private let waiting = Atomic<Int>(0)
    private let log: Settings.Log
    /// Sends traces; nil: nobody wants them.
    let exporter: TraceExporter?
    private let store: Store?
    /// What users' ids are hashed with where there is no store: another one in each process.
    private let passingKey = SymmetricKey(size: .bits256)
    /// Held while a line is written, so that lines stay whole.
    private let line = Mutex(())

    /// - Parameter store: where there is one, its secret makes users' hashes the same in each process.
    init(_ settings: Settings.Telemetry, _ store: Store?) {
        log = settings.log
        self.store = store
        let metrics = CountedMetrics()
        self.metrics = metrics
        exporter = settings.otlp.map { settings in
            TraceExporter(settings) { count in metrics.change { $0.droppedSpans += UInt64(count) } }
        }
    }

    /// A request has come.
    func begin() {
        inFlight.add(1, ordering: .relaxed)
    }

    /// The model's server is being waited for, by one more or one less.
    func wait(_ change: Int) {
        waiting.add(change, ordering: .relaxed)
    }

    /// A request is over, however it ended.
    func finish(_ report: RequestReport) {
        inFlight.subtract(1, ordering: .relaxed)
        metrics.change { $0.note(report) }
        if let exporter, report.trace != nil { exporter.add(report) }
        switch log {
        case .none: break
        case .text: write(report.textLine)
        case .json: write(report.jsonLine)
        }
    }

    /// Counts a refusal that was found needless.
    func noteNeedlessRefusal() {
        metrics.change { $0.noteNeedlessRefusal() }
    }

    /// Notes whether a source that decisions depend on can be had.
    func noteSource(_ name: String, isThere: Bool) {
        metrics.change { $0.noteSource(name, isThere: isThere) }
    }

    /// What stands for a user in the log: the same user of another operator is another; nil where there is
    /// no log that says it.
    func userHash(_ user: String, _ operatorName: String) -> String? {
        guard log == .json else { return nil }
        let hash: [UInt8]
        if let store {
            hash = store.userHash(user, operatorName)
        } else {
            var authentication = HMAC<SHA256>(key: passingKey)
            authentication.update(data: Array(operatorName.utf8) + [0] + Array(user.utf8))
            hash = Array(authentication.finalize())
        }
        return hash.prefix(8).map { byte in
            let digits = String(byte, radix: 16)
            return digits.utf8.count == 1 ? "0" + digits : digits
        }.joined()
    }

    /// All metrics, in the text format of Prometheus.
    var text: String {
        // Written outside of the lock, which every request needs.
        metrics.now.text(
            at: GatewayMetrics.Moment(
                inFlight: inFlight.load(ordering: .relaxed),
                waiting: waiting.load(ordering: .relaxed),
                residentBytes: Telemetry.residentBytes, version: Version.current))
    }

    /// The second number of /proc/self/statm, in pages; nil where there is no such file.
    private static var residentBytes: Int? {
        let file = open("/proc/self/statm", O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { return nil }
        defer { close(file) }
        var bytes = [UInt8](repeating: 0, count: 128)
        let count = read(file, &bytes, bytes.count)
        guard count > 0 else { return nil }
        let numbers = String(decoding: bytes[..<count], as: UTF8.self).split(separator: " ")
        return numbers.dropFirst().first.flatMap { Int($0) }.map { $0 * Int(getpagesize()) }
    }

    private func write(_ bytes: [UInt8]) {
        line.withLock { _ in
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(2, $0.baseAddress, $0.count) }
                guard count > 0 else {
                    if count < 0, errno == EINTR { continue }
                    return
                }
                rest = rest.dropFirst(count)
            }
        }
    }
}

/// Metrics that several threads count.
private final class CountedMetrics: Sendable {
    private let metrics = Mutex(GatewayMetrics())

    var now: GatewayMetrics { metrics.withLock { $0 } }

    func change(_ body: (inout GatewayMetrics) -> Void) {
        metrics.withLock { body(&$0) }
    }
}
