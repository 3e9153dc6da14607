internal import AsyncHTTPClient
internal import CharterGateway
internal import NIOCore
internal import NIOHTTP1

/// Asks the model's server.
struct ModelClient: Sendable {
    private let client: HTTPClient
    private let upstream: Settings.Upstream

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
    }

    /// Whose protocols the server speaks.
    var dialects: Set<Dialect> { upstream.dialects }

    func shutdown() async throws {
        try await client.shutdown()
    }

    /// Sends a request and waits for the head of the answer.
    ///
    /// - Parameters:
    ///   - authorization: the caller's own, which is passed on where the settings name no key.
    ///   - fields: more of the head, which belong to the caller's protocol.
    func send(
        _ method: HTTPMethod, _ path: String, body: [UInt8]? = nil, authorization: String?,
        fields: [(name: String, value: String)] = []
    ) async throws(APIError) -> HTTPClientResponse {
        var request = HTTPClientRequest(url: upstream.url + path)
        request.method = method
        if let authorization = upstream.key.map({ "Bearer \($0)" }) ?? authorization {
            if dialects.contains(.openAI) {
                request.headers.add(name: "authorization", value: authorization)
            }
            if dialects.contains(.anthropic) {
                request.headers.add(
                    name: "x-api-key", value: String(authorization.dropFirst("Bearer ".count)))
            }
        }
        // What is compressed could not be looked at.
        request.headers.add(name: "accept-encoding", value: "identity")
        for (name, value) in fields { request.headers.add(name: name, value: value) }
        if dialects == [.anthropic], !request.headers.contains(name: "anthropic-version") {
            request.headers.add(name: "anthropic-version", value: "2023-06-01")
        }
        if let body {
            request.headers.add(name: "content-type", value: "application/json")
            request.body = .bytes(ByteBuffer(bytes: body))
        }
        let answer: HTTPClientResponse
        do {
            answer = try await client.execute(
                request, deadline: .now() + .seconds(Int64(upstream.timeoutSeconds)))
        } catch {
            throw ModelClient.error(error)
        }
        let encodings = answer.headers[canonicalForm: "content-encoding"]
        guard answer.status.code >= 400 || encodings.allSatisfy({ $0.lowercased() == "identity" })
        else { throw .upstreamMalformed("it is compressed, though nobody asked for that") }
        return answer
    }

    /// The body of an answer, whole.
    func body(of response: HTTPClientResponse) async throws(APIError) -> [UInt8] {
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
