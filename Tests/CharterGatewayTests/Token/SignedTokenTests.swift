import CharterDocuments
import CharterEngine
@testable import CharterGateway
import Testing

/// A token is taken apart before anything of it is believed; acceptance tests check whole ones.
@Suite("Signed tokens")
struct SignedTokenTests {
    private func content(_ json: String) throws -> JSONValue {
        try JSONDocument(Array(json.utf8)).root
    }

    private var rules: TokenRules {
        var rules = TokenRules(issuer: "i", audience: "a", algorithms: [.es256])
        rules.roles = TokenMember("/realm/roles")
        rules.claims = ["age": TokenMember("https://i/age")]
        return rules
    }

    @Test("Base64url is written in one way", arguments: 0...200)
    func base64(seed: Int) throws {
        var random = Random(seed: seed)
        let bytes = (0..<random.below(40)).map { _ in UInt8(random.below(256)) }
        let alphabet = Array(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
        var bits: [UInt8] = bytes.flatMap { byte in (0..<8).map { byte >> (7 - $0) & 1 } }
        while bits.count % 6 != 0 { bits.append(0) }
        let text = stride(from: 0, to: bits.count, by: 6).map { start in
            alphabet[Int(bits[start..<(start + 6)].reduce(0) { $0 << 1 | $1 })]
        }
        #expect(Base64URL.decode(text) == bytes, "seed \(seed)")
        #expect(Base64URL.decode(text + Array("=".utf8)) == nil, "seed \(seed)")
        if bytes.count % 3 != 0, let last = text.last, let place = alphabet.firstIndex(of: last) {
            let other = text.dropLast() + [alphabet[place | 1]]
            #expect(Base64URL.decode(other) == nil, "bits left over, seed \(seed)")
        }
    }

    @Test("What is no signed token says what it is instead")
    func parts() {
        let cases: [(String, TokenError)] = [
            ("", .malformed), ("a.b", .malformed), ("a.b.c.d.e", .encrypted),
            ("e30.e30.AA", .badHead), ("!.e30.AA", .malformed),
            (String(repeating: "x", count: SignedToken.largest + 1), .tooLarge),
        ]
        for (text, error) in cases {
            #expect(throws: error) { try SignedToken(Array(text.utf8)) }
        }
    }

    @Test("Only what the settings name is taken")
    func members() throws {
        let identity = try rules.identity(
            of: content(
                """
                {"iss": "i", "aud": ["b", "a"], "exp": 2000000000, "sub": "u", "age": 7,
                 "https://i/age": 34, "admin": true, "realm": {"roles": ["x", "y"]}}
                """))
        #expect(identity.user == "u" && identity.roles == ["x", "y"])
        #expect(identity.claims == ["age": Claim(.int(34), .verified)])
        var caller = Caller()
        try caller.take(identity, known: ["y"])
        #expect(caller.roles == ["y"])
        caller.user = "another"
        #expect(throws: APIError.self) { try caller.take(identity, known: []) }
    }

    @Test("Issuer and audience are compared to the byte, and not as Unicode calls them alike")
    func bytes() throws {
        var rules = TokenRules(issuer: "caf\u{E9}", audience: "\u{E9}", algorithms: [.es256])
        rules.user = nil
        func json(_ issuer: String, _ audience: String) throws -> JSONValue {
            try content(#"{"iss": "\#(issuer)", "aud": ["\#(audience)"], "exp": 1}"#)
        }
        _ = try rules.identity(of: json("caf\u{E9}", "\u{E9}"))
        #expect(throws: TokenError.issuer) {
            try rules.identity(of: json("cafe\u{301}", "\u{E9}"))
        }
        #expect(throws: TokenError.audience) {
            try rules.identity(of: json("caf\u{E9}", "e\u{301}"))
        }
    }

    @Test("A token holds from its beginning to its end, give or take the leeway")
    func times() throws {
        let times = try TokenTimes(content(#"{"exp": 1000, "nbf": 500, "iat": 400.5}"#))
        for (now, isValid) in [(439, false), (440, true), (1_059, true), (1_060, false)] {
            let instant = Instant(seconds: Int64(now))
            let holds = (try? times.check(at: instant, leewaySeconds: 60)) != nil
            #expect(holds == isValid, "\(now)")
        }
        for json in [#"{}"#, #"{"exp": "1"}"#, #"{"exp": null}"#, #"{"exp": 1, "nbf": []}"#] {
            #expect(throws: TokenError.time) { try TokenTimes(content(json)) }
        }
    }
}
