internal import AsyncHTTPClient
internal import CharterDocuments
internal import CharterGateway
internal import NIOCore
internal import NIOHTTP1

/// The keys that the settings name: at an address, in a file, or a secret.
struct KeySource: KeySetSource {
    private let origin: Settings.Tokens.Keys
    private let algorithms: Set<TokenAlgorithm>
    private let client: HTTPClient?

    /// How long an issuer's server may take for its whole answer.
    private static let timeout = Duration.seconds(5)

    /// - Parameter client: fetches keys that are at an address.
    init(
        _ origin: Settings.Tokens.Keys, _ algorithms: Set<TokenAlgorithm>, _ client: HTTPClient?
    ) {
        self.origin = origin
        self.algorithms = algorithms
        self.client = client
    }

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
        configuration.redirectConfiguration = .disallow
        configuration.httpVersion = .http1Only
        configuration.http1_1ConnectionDebugInitializer = ResponseStatusCheck.add
        return HTTPClient(configuration: configuration)
    }

    func fetch() async throws(KeySet.Malformed) -> KeySet {
        switch origin {
        case .secret(let secret): return try await KeySet(secret: secret)
        case .bytes(let bytes): return try await KeySet(bytes, algorithms)
        case .file(let path): return try await KeySet(try KeySource.bytes(of: path), algorithms)
        case .url(let url): return try await KeySet(try await bytes(at: url), algorithms)
        }
    }

    /// A set on disk, not read yet.
    static func bytes(of path: String) throws(KeySet.Malformed) -> [UInt8] {
        do { return try PolicyFiles.bytes(of: path, upTo: KeySet.largest + 1) } catch {
            throw KeySet.Malformed(message: error.message)
        }
    }

    private func bytes(at url: String) async throws(KeySet.Malformed) -> [UInt8] {
        guard let client else { throw KeySet.Malformed(message: "nothing fetches it") }
        do {
            return try await withDeadline(KeySource.timeout) {
                try await KeySource.bytes(at: url, client)
            }
        } catch is DeadlinePassed {
            throw KeySet.Malformed(message: "the issuer's server is too slow")
        } catch let error as KeySet.Malformed {
            throw error
        } catch is NIOTooManyBytesError {
            throw KeySet.Malformed(message: "the set has more than \(KeySet.largest) bytes")
        } catch {
            throw KeySet.Malformed(message: "the issuer's server cannot be reached")
        }
    }

    private static func bytes(at url: String, _ client: HTTPClient) async throws -> [UInt8] {
        let answer = try await client.execute(HTTPClientRequest(url: url), timeout: .seconds(5))
        guard answer.status == .ok else {
            throw KeySet.Malformed(message: "the issuer's server answers \(answer.status.code)")
        }
        return Array(try await answer.body.collect(upTo: KeySet.largest).readableBytesView)
    }
}
