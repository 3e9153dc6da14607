internal import AsyncHTTPClient
internal import CharterGateway
internal import Foundation
internal import NIOCore
internal import NIOHTTP1

/// What one model's server is asked.
struct UpstreamRequest: Sendable {
    var method: HTTPMethod
    /// Behind the address of the server, such as `/chat/completions`.
    var path: String
    var body: [UInt8]?
    /// The caller's own, which is passed on where the settings name no key.
    var authorization: String?
    /// More of the head, which belong to the caller's protocol.
    var fields: [(name: String, value: String)] = []
}

/// Asks one model's server.
///
/// AsyncHTTPClient has one limit for connecting and one for silences, so that each server has a client of its
/// own; their threads are the same.
struct ModelClient: Sendable {
    let upstream: Settings.Upstream
    private let client: HTTPClient
    /// As `host:port`, without anything else that an address may hold.
    private let server: String

    /// The largest answer that is not streamed, in bytes.
    static let largestAnswer = 32 << 20

    init(_ upstream: Settings.Upstream) {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(Int64(upstream.connectSeconds))
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
    /// - Throws: what AsyncHTTPClient says; see `error` and `isRetried`.
    func send(_ wanted: UpstreamRequest) async throws -> HTTPClientResponse {
        var request = HTTPClientRequest(url: upstream.url + wanted.path)
        request.method = wanted.method
        if let authorization = upstream.key.map({ "Bearer \($0)" }) ?? wanted.authorization {
            if upstream.dialects.contains(.openAI) {
                request.headers.add(name: "authorization", value: authorization)
            }
            if upstream.dialects.contains(.anthropic) {
                request.headers.add(
                    name: "x-api-key", value: String(authorization.dropFirst("Bearer ".count)))
            }
        }
        // What is compressed could not be looked at.
        request.headers.add(name: "accept-encoding", value: "identity")
        for (name, value) in wanted.fields { request.headers.add(name: name, value: value) }
        if upstream.dialects == [.anthropic], !request.headers.contains(name: "anthropic-version") {
            request.headers.add(name: "anthropic-version", value: "2023-06-01")
        }
        if let body = wanted.body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        for (name, value) in Observation.current?.traceFields ?? [] {
            request.headers.add(name: name, value: value)
        }
        Observation.current?.asks(server)
        let seconds = upstream.firstTokenSeconds ?? upstream.timeoutSeconds
        let answer: HTTPClientResponse
        do {
            answer = try await client.execute(
                request, deadline: .now() + .seconds(Int64(seconds)))
            Observation.current?.hears(Int(answer.status.code))
        } catch {
            Observation.current?.hears(nil)
            throw error
        }
        try answer.headers.checkCoding(status: Int(answer.status.code))
        return answer
    }

    /// The body of an answer, whole.
    static func body(
        of response: HTTPClientResponse, upTo largest: Int = largestAnswer
    ) async throws(APIError) -> [UInt8] {
        defer { Observation.current?.heard() }
        do {
            let buffer = try await response.body.collect(upTo: largest)
            return Array(buffer.readableBytesView)
        } catch {
            throw ModelClient.error(error, hasBegun: true)
        }
    }

    /// What went wrong, in the protocol's own words.
    static func error(_ error: any Error, hasBegun: Bool = false) -> APIError {
        if let error = error as? APIError { return error }
        if error is ResponseStatusCheck.NotAStatus { return .upstreamMalformed("a status") }
        return switch error as? HTTPClientError {
        case .readTimeout?, .deadlineExceeded?, .writeTimeout?: .upstreamTimeout
        case .connectTimeout?: .upstreamUnreachable
        default: hasBegun ? .upstreamCutOff : .upstreamUnreachable
        }
    }

    /// Whether another server may be asked, after one has failed before the head of its answer was whole:
    /// what came was no answer in part, and it is not the client who has gone away.
    static func isRetried(_ error: any Error) -> Bool {
        switch error {
        case is CancellationError, is APIError, is ResponseStatusCheck.NotAStatus,
            is HTTPParserError:
            false
        case let error as HTTPClientError: retried.contains(error)
        default: true  // the system's word about a connection, or TLS's
        }
    }

    private static let retried: [HTTPClientError] = [
        .connectTimeout, .tlsHandshakeTimeout, .getConnectionFromPoolTimeout, .readTimeout,
        .writeTimeout, .deadlineExceeded, .remoteConnectionClosed,
    ]
}
