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
    /// - Returns: nil where there is no such operator, or it takes no tokens; else the outcomes, and why
    ///   the issuer's keys were not to be had, where they were not.
    public static func outcomes(
        of tokens: [String], _ gateway: Gateway, operatorName: String, at instant: Instant
    ) async throws -> (outcomes: [Outcome], failure: String?)? {
        guard let enforcement = gateway.enforcement(ofOperator: operatorName),
            let settings = gateway.settings.operators.first(where: { $0.name == operatorName })?
                .tokens
        else { return nil }
        let client = KeySource.client()
        let logger = Logger(label: "charter") { _ in SwiftLogNoOpLogHandler() }
        let verifier = TokenVerifier(settings, client, logger: logger)
        var outcomes: [Outcome] = []
        for token in tokens {
            outcomes.append(await outcome(of: token, verifier, enforcement.policy.roles, instant))
        }
        try await client.shutdown()
        return (outcomes, verifier.failure)
    }

    private static func outcome(
        of token: String, _ verifier: TokenVerifier, _ known: [Text], _ instant: Instant
    ) async -> Outcome {
        let identity: TokenIdentity
        do { identity = try await verifier.identity(of: token, at: instant) } catch {
            return .invalid(error)
        }
        return .valid(Caller(of: identity, known: known))
    }
}
