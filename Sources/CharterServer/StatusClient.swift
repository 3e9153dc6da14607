internal import AsyncHTTPClient
internal import NIOCore
internal import NIOHTTP1
internal import NIOSSL

/// Asks a running gateway how it stands.
public enum StatusClient {
    /// What came of a question.
    public enum Answer: Sendable {
        /// The JSON of `/charter/v1/status`.
        case status([UInt8])
        /// The gateway refused to say, with this status.
        case refused(Int)
        /// Nothing that speaks HTTP answers there, in one sentence without a full stop.
        case unreachable(String)
    }

    private static let timeout = TimeAmount.seconds(5)
    private static let largestAnswer = 16 << 20

    /// Asks once; gives up after 5 s.
    ///
    /// - Parameters:
    ///   - url: of the gateway, without a path.
    ///   - key: of an operator; nil where anybody may come in.
    ///   - authority: the path of the certificates, in PEM, that the gateway's must go back to; nil: those
    ///     that the system trusts.
    public static func ask(_ url: String, key: String?, authority: String? = nil) async -> Answer {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = timeout
        configuration.timeout.read = timeout
        if let authority {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(authority)
            configuration.tlsConfiguration = tls
        }
        configuration.connectionPool.retryConnectionEstablishment = false
        configuration.redirectConfiguration = .disallow
        let client = HTTPClient(configuration: configuration)
        let answer = await ask(url, key, client)
        try? await client.shutdown()
        return answer
    }

    private static func ask(_ url: String, _ key: String?, _ client: HTTPClient) async -> Answer {
        var request = HTTPClientRequest(url: url + "/charter/v1/status")
        if let key { request.headers.add(name: "authorization", value: "Bearer \(key)") }
        do {
            let response = try await client.execute(request, timeout: timeout)
            let body = try await response.body.collect(upTo: largestAnswer)
            guard response.status == .ok else { return .refused(Int(response.status.code)) }
            return .status(Array(body.readableBytesView))
        } catch {
            return .unreachable("nothing answers at \(url)")
        }
    }
}
