internal import AsyncHTTPClient
internal import CharterGateway
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// Asks the model's server.
struct ModelClient: Sendable {
    private let client: HTTPClient
    private let upstream: Settings.Upstream
    /// As `host:port`, without anything else that an address may hold.
    private let server: String

    /// The largest answer that is not streamed, in bytes.
    static let largestAnswer = 32 << 20

    init(_ upstream: Settings.Upstream) {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(5)
        configuration.timeout.read = .seconds(Int64(upstream.timeoutSeconds))
        configuration.redirectConfiguration = .disallow
        configuration.connectionPool.concurrentHTTP1ConnectionsPerHostSoftLimit = 1_024
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.httpVersion = .http1Only
        configuration.http1_1ConnectionDebugInitializer = ResponseStatusCheck.add
        client = HTTPClient(configuration: configuration)
        self.upstream = upstream
        let url = URL(string: upstream.url)
        server = (url?.host() ?? "") + (url?.port.map { ":\($0)" } ?? "")
    }

    func shutdown() async throws {
        try await client.shutdown()
    }

    /// Sends a request and waits for the head of the answer.
    ///
    /// - Parameter authorization: the caller's own, which is passed on where the settings name no key.
    func send(
        _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, authorization: String?
    ) async throws(APIError) -> HTTPClientResponse {
        var request = HTTPClientRequest(url: upstream.url + path)
        request.method = method
        if let key = upstream.key {
            request.headers.add(name: "authorization", value: "Bearer \(key)")
        } else if let authorization {
            request.headers.add(name: "authorization", value: authorization)
        }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        if let trace = Observation.current?.trace {
            request.headers.add(name: "traceparent", value: trace.upstreamHeader)
            if let state = trace.state { request.headers.add(name: "tracestate", value: state) }
        }
        Observation.current?.asks(server)
        do {
            let answer = try await client.execute(
                request, deadline: .now() + .seconds(Int64(upstream.timeoutSeconds)))
            Observation.current?.hears(Int(answer.status.code))
            return answer
        } catch {
            Observation.current?.hears(nil)
            throw ModelClient.error(error)
        }
    }

    /// The body of an answer, whole.
    func body(of response: HTTPClientResponse) async throws(APIError) -> [UInt8] {
        defer { Observation.current?.heard() }
        do {
            let buffer = try await response.body.collect(upTo: ModelClient.largestAnswer)
            return Array(buffer.readableBytesView)
        } catch {
            throw ModelClient.error(error, hasBegun: true)
        }
    }

    /// What went wrong, in the protocol's own words.
    static func error(_ error: any Error, hasBegun: Bool = false) -> APIError {
        if error is ResponseStatusCheck.NotAStatus { return .upstreamMalformed("a status") }
        return switch error as? HTTPClientError {
        case .readTimeout?, .deadlineExceeded?, .writeTimeout?: .upstreamTimeout
        case .connectTimeout?: .upstreamUnreachable
        default: hasBegun ? .upstreamCutOff : .upstreamUnreachable
        }
    }
}
