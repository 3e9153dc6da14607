internal import AsyncHTTPClient
internal import CharterDocuments
internal import CharterGateway
internal import NIOCore
internal import NIOHTTP1

/// Where the keys of an issuer come from.
struct KeySource: Sendable {
    private let origin: Settings.Tokens.Keys
    private let algorithms: Set<TokenAlgorithm>
    private let client: HTTPClient?

    /// How long an issuer's server may take.
    private static let timeout = TimeAmount.seconds(5)

    init(
        _ origin: Settings.Tokens.Keys, _ algorithms: Set<TokenAlgorithm>, _ client: HTTPClient?
    ) {
        self.origin = origin
        self.algorithms = algorithms
        self.client = client
    }

    /// Keys are not fetched more often, whatever keys tokens name.
    var interval: Duration {
        switch origin {
        case .url: .seconds(1)
        case .bytes, .file, .secret: .milliseconds(100)
        }
    }

    /// What keys are fetched with: no redirects, nothing unpacked, impatient.
    static func client() -> HTTPClient {
        var configuration = HTTPClient.Configuration()
        configuration.timeout.connect = .seconds(2)
        configuration.timeout.read = timeout
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.http1_1ConnectionDebugInitializer = ResponseStatusCheck.add
        return HTTPClient(configuration: configuration)
    }

    /// Fetches the keys.
    ///
    /// - Throws: `KeySet.Malformed`, whose message says what is wrong.
    func fetch() async throws(KeySet.Malformed) -> KeySet {
        switch origin {
        case .secret(let secret): return await KeySet(secret: secret)
        case .bytes(let bytes): return try await KeySet(bytes, algorithms)
        case .file(let path):
            let bytes: [UInt8]
            do { bytes = try PolicyFiles.bytes(of: path, upTo: KeySet.largest + 1) } catch {
                throw KeySet.Malformed(message: error.message)
            }
            return try await KeySet(bytes, algorithms)
        case .url(let url): return try await KeySet(try await bytes(at: url), algorithms)
        }
    }

    private func bytes(at url: String) async throws(KeySet.Malformed) -> [UInt8] {
        do {
            guard let client else { throw KeySet.Malformed(message: "nothing fetches it") }
            let deadline = NIODeadline.now() + KeySource.timeout
            let answer = try await client.execute(HTTPClientRequest(url: url), deadline: deadline)
            guard answer.status == .ok else {
                throw KeySet.Malformed(message: "the issuer's server answers \(answer.status.code)")
            }
            return Array(try await answer.body.collect(upTo: KeySet.largest).readableBytesView)
        } catch let error as KeySet.Malformed {
            throw error
        } catch is NIOTooManyBytesError {
            throw KeySet.Malformed(message: "the set has more than \(KeySet.largest) bytes")
        } catch {
            throw KeySet.Malformed(message: "the issuer's server cannot be reached, or is too slow")
        }
    }
}
