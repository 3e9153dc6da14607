internal import CharterDocuments
public import CharterEngine

/// Who somebody is, and which facts are verified of them.
public struct TokenIdentity: Sendable {
    /// The user's id.
    public var user: Text?
    /// As the token lists them.
    public var roles: [Text] = []
    /// Each `verified`.
    public var claims: [Text: Claim] = [:]
    /// When it is valid.
    public let times: TokenTimes

    init(times: TokenTimes) {
        self.times = times
    }
}

/// When a token is valid (RFC 7519 §4.1), in seconds since 1970.
public struct TokenTimes: Sendable, Hashable {
    private let expires: Double
    /// The later of `nbf` and `iat`.
    private let begins: Double

    /// - Throws: where `exp` is missing, or a time is no number.
    init(_ content: JSONValue) throws(TokenError) {
        func time(_ key: StaticString) throws(TokenError) -> Double? {
            guard let value = content[key] else { return nil }
            guard value.kind == .number,
                let number = Double(String(decoding: value.raw, as: UTF8.self)), number.isFinite
            else { throw .time }
            return number
        }
        guard let expires = try time("exp") else { throw .time }
        self.expires = expires
        begins = max(try time("nbf") ?? -.infinity, try time("iat") ?? -.infinity)
    }

    /// Throws where the moment is not in the token's time, give or take the leeway.
    public func check(at instant: Instant, leewaySeconds: Int) throws(TokenError) {
        let (now, leeway) = (Double(instant.seconds), Double(leewaySeconds))
        guard now < expires + leeway else { throw .expired }
        guard begins <= now + leeway else { throw .notYetValid }
    }
}

extension Caller {
    /// Whom a token shows, with nothing else known.
    public init(of identity: TokenIdentity, known: [Text]) {
        self.init()
        user = identity.user
        roles = identity.roles.filter(known.contains)
        claims = identity.claims
    }

    /// Takes in what a token shows.
    ///
    /// The operator's fields and the token may say the same, or one of them nothing: where they say
    /// different things of the user or of a claim, nobody knows who this is, and it is a 400.
    ///
    /// - Parameter known: the operator's roles; others in a token are for others.
    public mutating func take(_ identity: TokenIdentity, known: [Text]) throws(APIError) {
        if let shown = identity.user {
            guard user == nil || user == shown else {
                throw .invalid("the token is another user's", param: "charter-user")
            }
            user = shown
        }
        for role in identity.roles where known.contains(role) && !roles.contains(role) {
            roles.append(role)
        }
        for (name, claim) in identity.claims {
            guard claims[name].map({ $0.value == claim.value }) ?? true else {
                throw .invalid(
                    "the field says another value of a claim than the token",
                    param: "charter-claims"
                )
            }
            claims[name] = claim
        }
    }
}
