import CharterDocuments
import CharterEngine
@testable import CharterGateway
import Foundation
import Fuzzing

/// Any bytes may be a token. It is refused for a reason, or says what its rules ask for, and nothing of it
/// is more than that.
///
/// The first byte says whether what follows is a token, or its head, a NUL and its payload.
@main
struct TokenFuzz: Fuzzer {
    private let rules: TokenRules = {
        var rules = TokenRules(issuer: "i", audience: "a", algorithms: [.rs256])
        rules.roles = TokenMember("/r/r")
        rules.claims = ["age": TokenMember("age"), "deep": TokenMember("/a~1b/c")]
        return rules
    }()

    func test(_ input: [UInt8]) {
        guard let first = input.first else { return }
        let rest = Array(input.dropFirst())
        if first % 2 == 0 { return token(rest) }
        let parts = rest.parts(2)
        guard parts.count == 2 else { return }
        token(Array("\(encoded(parts[0])).\(encoded(parts[1])).AAAA".utf8))
    }

    private func encoded(_ bytes: [UInt8]) -> String {
        Data(bytes).base64EncodedString().replacing("+", with: "-").replacing("/", with: "_")
            .replacing("=", with: "")
    }

    private func token(_ bytes: [UInt8]) {
        do throws(TokenError) {
            let token = try SignedToken(bytes)
            let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
            check(parts.count == 3, "a token has three parts")
            check(
                Array(token.signed) == Array(bytes[..<parts[1].endIndex]), "what is signed is all")
            check(
                encoded(token.signature).utf8.elementsEqual(parts[2]),
                "there is one way to write it")
            let content = try token.content()
            let identity = try rules.identity(of: content)
            check(content["iss"]?.string == "i", "who is believed is the issuer")
            check(
                identity.claims.allSatisfy {
                    rules.claims[$0.key] != nil && $0.value.evidence == .verified
                },
                "what is taken was asked for")
            try identity.times.check(at: Instant(seconds: 1_800_000_000), leewaySeconds: 60)
            var caller = Caller()
            let known: [Text] = ["r"]
            do throws(APIError) { try caller.take(identity, known: known) } catch {
                check(false, "nothing contradicts the token: \(error)")
            }
            check(caller.roles.allSatisfy(known.contains), "roles are the operator's")
        } catch {
            check(APIError(error).status == 401, "\(error) is the token's fault")
        }
    }
}
