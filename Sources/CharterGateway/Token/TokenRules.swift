public import CharterDocuments
public import CharterEngine

/// What an operator's tokens must say, and what is taken from them.
public struct TokenRules: Sendable, Hashable {
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

    /// The most roles that a token may list; a directory names many groups.
    public static let mostRoles = 1_000

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
        guard isText(content["iss"], issuer) else { throw .issuer }
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
            guard texts.count == names.count, texts.count <= TokenRules.mostRoles,
                texts.allSatisfy({ $0.utf8.count <= Caller.longestName })
            else { throw .member }
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
        return value.kind == .list
            ? value.children.contains { isText($0, audience) } : isText(value, audience)
    }

    /// To the byte: strings of Swift are alike where Unicode calls them so.
    private func isText(_ value: JSONValue?, _ text: String) -> Bool {
        value?.text?.elementsEqual(text.utf8) ?? false
    }
}
