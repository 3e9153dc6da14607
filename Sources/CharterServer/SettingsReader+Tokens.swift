internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway
internal import Foundation

extension SettingsReader {
    /// Reads `tokens` of an operator (docs/gateway.md).
    mutating func tokens(_ node: YAMLNode) -> Settings.Tokens? {
        let members = pairs(
            node,
            [
                "issuer", "audience", "jwks", "secret", "algorithms", "user", "roles", "claims",
                "leeway", "refresh", "max_age",
            ])
        guard let issuer = members["issuer"]?.scalar, !issuer.isEmpty,
            let audience = members["audience"]?.scalar, !audience.isEmpty
        else {
            findings.add(
                "settings.bad-value", at: node.range, "tokens have an `issuer` and an `audience`",
                reason: "a token that was made for somebody else would be believed",
                help: "write `issuer: https://id.example` and `audience: charter`")
            return nil
        }
        guard let keys = keys(members["jwks"], members["secret"], node),
            let algorithms = algorithms(members["algorithms"], keys, node)
        else { return nil }
        var rules = TokenRules(issuer: issuer, audience: audience, algorithms: algorithms)
        if let user = members["user"] { rules.user = member(user) }
        rules.roles = members["roles"].flatMap { member($0) }
        if let leeway = members["leeway"], let seconds = number(leeway, 0...300) {
            rules.leewaySeconds = seconds
        }
        var tokens = Settings.Tokens(rules: rules, keys: keys)
        tokens.keysPlace = (members["jwks"] ?? node).range
        for (key, value) in pairs(members["claims"]) {
            let claim = Text(key.scalar ?? "")
            tokens.claimPlaces.append((claim, key.range))
            tokens.rules.claims[claim] = member(value)
        }
        if let node = members["refresh"], let seconds = number(node, 1...86_400) {
            tokens.refreshSeconds = seconds
        }
        if let node = members["max_age"], let seconds = number(node, 1...604_800) {
            tokens.maxAgeSeconds = seconds
        }
        guard tokens.maxAgeSeconds >= tokens.refreshSeconds else {
            findings.add(
                "settings.bad-value", at: (members["max_age"] ?? members["refresh"] ?? node).range,
                "`max_age` is below `refresh`",
                reason: "keys would be no keys before they are fetched again",
                help: "write at least `max_age: \(tokens.refreshSeconds)`")
            return nil
        }
        return tokens
    }

    private mutating func pairs(_ claims: YAMLNode?) -> [(key: YAMLNode, value: YAMLNode)] {
        guard let claims else { return [] }
        if case .mapping(let pairs) = claims.content { return pairs }
        findings.add(
            "settings.bad-value", at: claims.range,
            "`claims` says which member of a token shows which claim",
            help: "write `claims: {age: age}`")
        return []
    }

    private mutating func member(_ node: YAMLNode) -> TokenMember? {
        if let text = node.scalar, !text.isEmpty, text != "/" { return TokenMember(text) }
        findings.add(
            "settings.bad-value", at: node.range, "a member of a token is named",
            help: "write a name, such as `sub`, or a JSON Pointer, such as `/realm_access/roles`")
        return nil
    }

    private mutating func keys(
        _ jwks: YAMLNode?, _ secret: YAMLNode?, _ node: YAMLNode
    ) -> Settings.Tokens.Keys? {
        switch (jwks, secret) {
        case (let jwks?, nil): return keySet(jwks)
        case (nil, let node?):
            guard let secret = self.secret(node, isNeeded: true) else { return nil }
            guard secret.utf8.count >= 32 else {
                findings.add(
                    "settings.bad-value", at: node.range,
                    "a secret that signs tokens has at least 32 bytes",
                    reason: "a shorter one can be guessed (RFC 7518 §3.2)",
                    help: "make one by `openssl rand -base64 32`")
                return nil
            }
            return .secret(secret)
        case (nil, nil), (_?, _?):
            findings.add(
                "settings.bad-value", at: node.range,
                "tokens are checked with a `jwks` or a `secret`: one of them",
                help: "write `jwks: https://id.example/jwks.json`")
            return nil
        }
    }

    private mutating func keySet(_ node: YAMLNode) -> Settings.Tokens.Keys? {
        guard let text = node.scalar, text.contains("://") else {
            return path(node).map { .file($0) }
        }
        guard let url = URL(string: text), let host = url.host(), !host.isEmpty else {
            findings.add("settings.bad-value", at: node.range, "this is no address")
            return nil
        }
        let isLoopback = ["127.0.0.1", "::1", "localhost"].contains(host)
        guard url.scheme == "https" || url.scheme == "http" && isLoopback else {
            findings.add(
                "settings.bad-value", at: node.range, "keys are fetched by `https`",
                reason: "whoever stands between could put in their own")
            return nil
        }
        return .url(text)
    }

    private mutating func algorithms(
        _ node: YAMLNode?, _ keys: Settings.Tokens.Keys, _ tokens: YAMLNode
    ) -> Set<TokenAlgorithm>? {
        var isSecret = false
        if case .secret = keys { isSecret = true }
        guard let node else {
            if !isSecret { return [.rs256, .es256, .edDSA] }
            findings.add(
                "settings.bad-value", at: tokens.range, "a `secret` needs `algorithms: [HS256]`",
                reason: "whoever can check such a token can make one")
            return nil
        }
        let names = TokenAlgorithm.allCases.map(\.rawValue)
        guard case .sequence(let entries) = node.content, !entries.isEmpty else {
            findings.add(
                "settings.bad-value", at: node.range, "`algorithms` is a list",
                help: "write `[ES256]`")
            return nil
        }
        var algorithms: Set<TokenAlgorithm> = []
        for entry in entries {
            guard let algorithm = TokenAlgorithm(rawValue: entry.scalar ?? "") else {
                findings.add(
                    "settings.bad-value", at: entry.range, "there is no such algorithm here",
                    help: NearestName.help(for: entry.scalar ?? "", among: names)
                        ?? "there are " + names.map { "`\($0)`" }.joined(separator: ", "))
                return nil
            }
            algorithms.insert(algorithm)
        }
        guard isSecret ? algorithms == [.hs256] : !algorithms.contains(.hs256) else {
            findings.add(
                "settings.bad-value", at: node.range,
                isSecret ? "a `secret` signs by `HS256` alone" : "`HS256` needs a `secret`",
                reason: "a public key that counted as a secret would be known to everybody")
            return nil
        }
        return algorithms
    }
}
