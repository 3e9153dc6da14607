import CMeasure
import CharterEngine
import CharterGateway
import CharterServer
import Foundation
import JWTKit

extension Bench {
    // MARK: Tokens

    /// What a user's token says, for jwt-kit.
    private struct Payload: JWTPayload {
        var iss: IssuerClaim
        var aud: AudienceClaim
        var exp: ExpirationClaim
        var sub: SubjectClaim
        var age: Int
        var profession: String

        func verify(using algorithm: some JWTAlgorithm) throws {
            try exp.verifyNotExpired()
            try aud.verifyIntendedAudience(includes: "charter")
            guard iss.value == "https://id.example" else {
                throw JWTError.claimVerificationFailure(failedClaim: iss, reason: "another issuer")
            }
        }
    }

    /// Tokens that are new, beside jwt-kit alone, and tokens that were seen before.
    static func tokens() async throws {
        let now = Instant(seconds: Int64(Date().timeIntervalSince1970))
        var rules = TokenRules(
            issuer: "https://id.example", audience: "charter", algorithms: [.es256, .edDSA])
        rules.claims = ["age": TokenMember("age"), "profession": TokenMember("profession")]
        for name in ["ES256", "EdDSA"] {
            let (signing, jwk) = try await keys(name)
            let alone = JWTKeyCollection()
            try await alone.add(jwksJSON: "{\"keys\": [\(jwk)]}")
            let verifier = TokenVerifier(rules, keySet: Array("{\"keys\": [\(jwk)]}".utf8))
            var tokens: [String] = []
            for number in 0..<400 {
                let payload = Payload(
                    iss: "https://id.example", aud: "charter",
                    exp: .init(value: Date(timeIntervalSinceNow: 3_600)),
                    sub: .init(value: "u\(number)"), age: 34, profession: "physician")
                tokens.append(try await signing.sign(payload, kid: "k"))
            }
            _ = try await verifier.identity(of: tokens[0], at: now)
            let peer = try await nanoseconds(tokens) {
                keep(try await alone.verify($0, as: Payload.self))
            }
            var rounds: [Double] = []
            for _ in 0..<5 {
                let fresh = TokenVerifier(rules, keySet: Array("{\"keys\": [\(jwk)]}".utf8))
                _ = try? await fresh.identity(of: tokens[0] + "x", at: now)
                rounds.append(
                    try await nanoseconds(tokens) {
                        keep(try await fresh.identity(of: $0, at: now))
                    })
            }
            for token in tokens { _ = try await verifier.identity(of: token, at: now) }
            let seen = try await nanoseconds(Array(repeating: tokens, count: 20).flatMap { $0 }) {
                keep(try await verifier.identity(of: $0, at: now))
            }
            row("verify a token, \(name), jwt-kit alone", peer / 1_000, "µs", target: nil)
            row(
                "  with issuer, audience, times and claims, by ours", rounds.sorted()[2] / 1_000,
                "µs", target: peer * 1.2 / 1_000)
            row("  one that was seen before", seen / 1_000, "µs", target: 2)
        }
    }

    private static func nanoseconds(
        _ tokens: [String], _ body: (String) async throws -> Void
    ) async rethrows -> Double {
        let start = measure_cpu_nanoseconds()
        for token in tokens { try await body(token) }
        return Double(measure_cpu_nanoseconds() - start) / Double(tokens.count)
    }

    /// A collection that signs, and the public key as a JWK.
    private static func keys(_ name: String) async throws -> (JWTKeyCollection, String) {
        let collection = JWTKeyCollection()
        func text(_ data: Data) -> String {
            data.base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
                .replacing("=", with: "")
        }
        if name == "ES256" {
            let key = ES256PrivateKey()
            await collection.add(ecdsa: key, kid: "k")
            guard let point = key.publicKey.parameters else { throw Job.Missing() }
            let (x, y) = (Data(base64Encoded: point.x), Data(base64Encoded: point.y))
            return (
                collection,
                #"{"kty":"EC","crv":"P-256","alg":"ES256","kid":"k","x":"\#(text(x ?? Data()))","y":"\#(text(y ?? Data()))"}"#
            )
        }
        let key = try EdDSA.PrivateKey(curve: .ed25519)
        await collection.add(eddsa: key, kid: "k")
        return (
            collection,
            #"{"kty":"OKP","crv":"Ed25519","alg":"EdDSA","kid":"k","x":"\#(text(key.publicKey.rawRepresentation))"}"#
        )
    }
}
