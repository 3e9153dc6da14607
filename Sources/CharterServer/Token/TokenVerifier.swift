internal import AsyncHTTPClient
public import CharterEngine
public import CharterGateway
internal import Crypto
internal import Logging
internal import Synchronization

/// Checks the tokens of one operator's users; what was checked is remembered until the keys are
/// fetched again.
public struct TokenVerifier: Sendable {
    private let rules: TokenRules
    private let keys: KeySetCache
    private let verified = VerifiedTokens(capacity: 10_000)

    /// Checks tokens with keys that stay as they are: a JWK set.
    public init(_ rules: TokenRules, keySet: [UInt8]) {
        let logger = Logger(label: "charter") { _ in SwiftLogNoOpLogHandler() }
        self.init(Settings.Tokens(rules: rules, keys: .bytes(keySet)), nil, logger: logger)
    }

    /// - Parameter client: fetches keys that are at an address.
    init(_ tokens: Settings.Tokens, _ client: HTTPClient?, logger: Logger) {
        rules = tokens.rules
        keys = KeySetCache(
            KeySource(tokens.keys, tokens.rules.algorithms, client), issuer: tokens.rules.issuer,
            refresh: .seconds(tokens.refreshSeconds), maxAge: .seconds(tokens.maxAgeSeconds),
            logger: logger)
    }

    /// Why the issuer's keys were not to be had, the last time; nil where they were.
    var failure: String? { keys.failure }

    /// Who the token says somebody is, where it is to be believed at this moment.
    public func identity(
        of token: String, at instant: Instant
    ) async throws(TokenError) -> TokenIdentity {
        let bytes = Array(token.utf8)
        guard bytes.count <= SignedToken.largest else { throw .tooLarge }
        let digest = SHA256.hash(data: bytes)
        if let generation = keys.held()?.generation,
            let identity = verified.identity(of: digest, generation)
        {
            try identity.times.check(at: instant, leewaySeconds: rules.leewaySeconds)
            return identity
        }
        let signed = try SignedToken(bytes)
        guard rules.algorithms.contains(signed.algorithm) else { throw .algorithm }
        let held = try await keys.keys(for: signed)
        try held.keySet.check(signed)
        let identity = try rules.identity(of: try signed.content())
        try identity.times.check(at: instant, leewaySeconds: rules.leewaySeconds)
        verified.keep(identity, of: digest, held.generation)
        return identity
    }
}

/// Tokens whose signature was checked, by their digest: the tokens themselves are not kept.
private final class VerifiedTokens: Sendable {
    private typealias Entry = (identity: TokenIdentity, generation: Int)
    private let entries: Mutex<RecentEntries<SHA256Digest, Entry>>

    init(capacity: Int) {
        entries = Mutex(RecentEntries(capacity: capacity))
    }

    func identity(of digest: SHA256Digest, _ generation: Int) -> TokenIdentity? {
        let entry = entries.withLock { $0[digest] }
        return entry?.generation == generation ? entry?.identity : nil
    }

    func keep(_ identity: TokenIdentity, of digest: SHA256Digest, _ generation: Int) {
        entries.withLock { $0.keep((identity, generation), for: digest) }
    }
}
