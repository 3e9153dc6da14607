public import CharterDocuments
public import CharterEngine

/// A decision that is asked for by itself: what would be in force for a request, and what its verdict
/// would be (SEMANTICS §8). Nothing is asked of a model, and nothing is kept.
public enum PlainDecision {
    /// How much of a request is read.
    public static let limits = JSONLimits(bytes: 1 << 20, depth: 16, values: 50_000)

    /// Answers a request of §8.
    ///
    /// - Parameters:
    ///   - instant: what a request that says no `at` is decided at.
    ///   - trail: whether each step is told, too.
    ///   - userLayer: what a user has set.
    /// - Throws: what is wrong with the request, in the protocol's own form.
    public static func json(
        _ body: [UInt8], _ enforcement: Enforcement, at instant: Instant, trail: Bool,
        userLayer: (Text) throws(APIError) -> UserLayer? = { _ throws(APIError) in nil }
    ) throws(APIError) -> [UInt8] {
        var question = try request(body)
        // Whoever asks has the operator's key, and no signature of anybody's.
        guard question.claims.values.allSatisfy({ $0.evidence < .verified }) else {
            throw .invalid("a request can vouch for a claim, and not verify it", param: "claims")
        }
        question.at = question.at ?? instant
        let layer = try question.user.map { user throws(APIError) in try userLayer(user) } ?? nil
        do {
            let decision = try enforcement.policy.decide(
                question, user: layer, withTrail: trail)
            return Array(
                DecisionWriter(enforcement.policy.charter).json(decision, trail: trail).utf8)
        } catch {
            throw .invalid(
                "the operator has no such channel", param: "channel", code: error.rawValue)
        }
    }

    private static func request(_ body: [UInt8]) throws(APIError) -> Request {
        let document: JSONDocument
        do { document = try JSONDocument(body, limits: limits) } catch { throw APIError(error) }
        do { return try Request(document.root) } catch {
            throw .invalid(
                error.message, param: error.path == "." ? nil : error.path,
                code: RequestSyntaxError.id)
        }
    }
}
