internal import AsyncHTTPClient
internal import CharterDocuments
internal import CharterGateway
internal import NIOCore
internal import NIOHTTP1
internal import ServiceLifecycle
internal import Synchronization

/// Sends what is known of requests to a collector of OpenTelemetry, by OTLP over HTTP, some at a time.
///
/// No request waits for it: what the queue has no room for is dropped, and so is what the collector does
/// not take.
final class TraceExporter: Service {
    private let settings: Settings.OTLP
    private let client: HTTPClient
    private let queue = Mutex<[RequestReport]>([])
    /// Told how many spans were dropped.
    private let drop: @Sendable (Int) -> Void

    /// The most requests that wait to be sent, and that are sent at once.
    private static let mostWaiting = 2_048, mostAtOnce = 512
    /// How long requests wait for others.
    private static let pause = Duration.milliseconds(500)

    init(_ settings: Settings.OTLP, drop: @escaping @Sendable (Int) -> Void) {
        self.settings = settings
        self.drop = drop
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.http1_1ConnectionDebugInitializer = ResponseStatusCheck.add
        client = HTTPClient(configuration: configuration)
    }

    /// Queues a request that is over.
    func add(_ report: RequestReport) {
        let hasRoom = queue.withLock { queue in
            guard queue.count < TraceExporter.mostWaiting else { return false }
            queue.append(report)
            return true
        }
        if !hasRoom { drop(TraceExport.count(of: report)) }
    }

    /// Sends until the server ends, and then what is left.
    func run() async throws {
        while !Task.isShuttingDownGracefully {
            try? await cancelWhenGracefulShutdown { try await Task.sleep(for: TraceExporter.pause) }
            while await sendSome() {}
        }
    }

    func shutdown() async throws {
        try await client.shutdown()
    }

    /// Whether there was anything.
    private func sendSome() async -> Bool {
        let reports = queue.withLock { queue in
            let some = Array(queue.prefix(TraceExporter.mostAtOnce))
            queue.removeFirst(some.count)
            return some
        }
        guard !reports.isEmpty else { return false }
        let dropped = await send(reports)
        if dropped > 0 { drop(dropped) }
        return true
    }

    /// How many spans the collector did not take.
    private func send(_ reports: [RequestReport]) async -> Int {
        var request = HTTPClientRequest(url: settings.url)
        request.method = .POST
        request.headers.add(name: "content-type", value: "application/json")
        for (name, value) in settings.headers { request.headers.add(name: name, value: value) }
        let body = TraceExport.json(reports, version: Version.current)
        request.body = .bytes(ByteBuffer(bytes: body))
        let all = reports.reduce(0) { $0 + TraceExport.count(of: $1) }
        guard let answer = try? await client.execute(request, timeout: .seconds(10)),
            (200..<300).contains(answer.status.code),
            let bytes = try? await answer.body.collect(upTo: 64 << 10)
        else { return all }
        // What it has taken in part it says (`partialSuccess.rejectedSpans`, a number or its digits).
        let root = (try? JSONDocument(Array(bytes.readableBytesView)))?.root
        let rejected = root?["partialSuccess"]?["rejectedSpans"]
        return min(all, max(0, rejected?.integer ?? rejected?.string.flatMap { Int($0) } ?? 0))
    }
}
