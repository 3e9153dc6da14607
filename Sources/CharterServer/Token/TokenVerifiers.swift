internal import AsyncHTTPClient
internal import CharterEngine
internal import CharterGateway
internal import Logging

/// What checks the tokens of each operator's users.
///
/// One whose settings and keys on disk did not change is kept with the keys that it has fetched: an issuer who
/// cannot be reached just when another file changes takes nothing from anybody.
struct TokenVerifiers: Sendable {
    /// By operator; there is none where it takes no tokens.
    let verifiers: [String: TokenVerifier]
    private let basis: [String: Basis]

    /// What a verifier depends on.
    private struct Basis: Hashable {
        var rules: TokenRules
        var keys: Settings.Tokens.Keys
        var refreshSeconds: Int
        var maxAgeSeconds: Int
        /// Of keys on disk.
        var found: [FoundSource]
    }

    init(
        _ gateway: Gateway, _ client: HTTPClient, logger: Logger, after last: TokenVerifiers?
    ) {
        var verifiers: [String: TokenVerifier] = [:]
        var basis: [String: Basis] = [:]
        for entry in gateway.settings.operators {
            guard let tokens = entry.tokens else { continue }
            let sources = gateway.policies[entry.name]?.good?.sources ?? []
            let own = Basis(
                rules: tokens.rules, keys: tokens.keys, refreshSeconds: tokens.refreshSeconds,
                maxAgeSeconds: tokens.maxAgeSeconds, found: sources.filter { $0.kind == .keys })
            let kept = last?.basis[entry.name] == own ? last?.verifiers[entry.name] : nil
            verifiers[entry.name] = kept ?? TokenVerifier(tokens, client, logger: logger)
            basis[entry.name] = own
        }
        self.verifiers = verifiers
        self.basis = basis
    }
}
