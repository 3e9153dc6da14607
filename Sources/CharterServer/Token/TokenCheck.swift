internal import AsyncHTTPClient
public import CharterEngine
public import CharterGateway
internal import Logging

/// Checks tokens as the gateway would, for whoever wonders why one is not believed.
public enum TokenCheck {
    /// What came of a token.
    public enum Outcome: Sendable {
        /// The user, the roles that the operator has, and the claims that it verifies.
        case valid(Caller)
        /// Why it shows nothing.
        case invalid(TokenError)
    }

    /// Checks tokens of an operator's users, in order; keys are fetched once.
    ///
    /// - Returns: nil where there is no such operator, or it takes no tokens.
    public static func outcomes(
        of tokens: [String], _ gateway: Gateway, operatorName: String, at instant: Instant
    ) async throws -> [Outcome]? {
        guard
            let entry = gateway.settings.operators.first(where: { $0.name == operatorName }),
            let settings = entry.tokens
        else { return nil }
        let known = try gateway.enforcement(authorization: "Bearer \(entry.key)").policy.roles
        let client = KeySource.client()
        let verifier = TokenVerifier(
            settings, client, logger: Logger(label: "charter") { _ in SwiftLogNoOpLogHandler() })
        var outcomes: [Outcome] = []
        for token in tokens {
            do {
                var caller = Caller()
                try caller.take(try await verifier.identity(of: token, at: instant), known: known)
                outcomes.append(.valid(caller))
            } catch {
                outcomes.append(.invalid(error as? TokenError ?? .malformed))
            }
        }
        try await client.shutdown()
        return outcomes
    }
}
