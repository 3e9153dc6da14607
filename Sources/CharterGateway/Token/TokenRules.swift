public import CharterDocuments
public import CharterEngine

/// What an operator's tokens must say, and what is taken from them.
public struct TokenRules: Sendable {
    /// What `iss` must be, to the byte.
    public var issuer: String
    /// What `aud` must be, or have among others.
    public var audience: String
    /// How tokens may be signed.
    public var algorithms: Set<TokenAlgorithm>
    /// How far clocks may be apart, in seconds.
    public var leewaySeconds = 60
    /// The member that is the user's id; nil: tokens do not say who the user is.
    public var user: TokenMember? = TokenMember("sub")
    /// The member that lists the user's roles.
    public var roles: TokenMember?
    /// By claim: the member that shows it.
    public var claims: [Text: TokenMember] = [:]

    /// Rules without roles and claims; the user is `sub`, clocks are a minute apart at most.
    public init(issuer: String, audience: String, algorithms: Set<TokenAlgorithm>) {
        self.issuer = issuer
        self.audience = audience
        self.algorithms = algorithms
    }

    /// What a token whose signature was checked shows; its times are not looked at here.
    ///
    /// What the settings do not name is not taken: a token says many things for others.
    public func identity(of content: JSONValue) throws(TokenError) -> TokenIdentity {
        guard content["iss"]?.string == issuer else { throw .issuer }
        guard hasAudience(content["aud"]) else { throw .audience }
        var identity = TokenIdentity(times: try TokenTimes(content))
        if let user, let value = user.value(in: content) {
            guard let text = value.string, !text.isEmpty, text.utf8.count <= Caller.longestName
            else { throw .member }
            identity.user = Text(text)
        }
        if let roles, let value = roles.value(in: content) {
            let names = value.kind == .list ? value.children.map(\.string) : [value.string]
            let texts = names.compactMap { $0 }
            guard texts.count == names.count else { throw .member }
            identity.roles = texts.map { Text($0) }
        }
        for (claim, member) in claims {
            guard let value = member.value(in: content), !value.isNull else { continue }
            identity.claims[claim] = Claim(ClaimValue(value), .verified)
        }
        return identity
    }

    private func hasAudience(_ value: JSONValue?) -> Bool {
        guard let value else { return false }
        if value.kind == .list { return value.children.contains { $0.string == audience } }
        return value.string == audience
    }
}

/// A member of what a token says: by its name, or by a JSON Pointer (RFC 6901) that begins with `/`.
public struct TokenMember: Sendable, Hashable {
    private let path: [String]

    /// A name such as `sub` or `https://id.example/age`, or a pointer such as `/realm_access/roles`.
    public init(_ text: String) {
        guard text.hasPrefix("/") else {
            path = [text]
            return
        }
        path = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map {
            String($0).replacing("~1", with: "/").replacing("~0", with: "~")
        }
    }

    /// The value at the place; nil where there is none.
    func value(in content: JSONValue) -> JSONValue? {
        var value = content
        for name in path {
            guard value.kind == .object,
                let next = value.children.first(where: { $0.key.elementsEqual(name.utf8) })
            else { return nil }
            value = next
        }
        return value
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

extension Caller {
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
