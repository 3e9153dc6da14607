internal import CharterDocuments
internal import CharterGateway
internal import JWTKit

/// The keys of an issuer (RFC 7517), each for one algorithm.
struct KeySet: Sendable {
    private struct Key {
        var id: String?
        var algorithm: TokenAlgorithm
        var signer: any JWTAlgorithm
    }

    private let keys: [Key]
    /// Keys of the set that no token is checked with, each with the reason.
    let unused: [Unused]

    /// The most bytes of a set.
    static let largest = 256 << 10
    /// The most keys of a set.
    static let mostKeys = 100

    /// A key of a set with why it is not used.
    struct Unused: Error, Equatable {
        /// `keys[2]`.
        var place = ""
        /// What it is or has, as the end of a sentence; nothing of the key is in it.
        let reason: String
    }

    /// A set that is none.
    struct Malformed: Error {
        /// One sentence in lower case without a full stop; nothing of the set is in it.
        let message: String
    }

    /// Reads a set of keys: those that sign tokens by one of the algorithms. Others are passed over, as
    /// RFC 7517 §5 has it.
    init(_ bytes: [UInt8], _ algorithms: Set<TokenAlgorithm>) async throws(Malformed) {
        let (candidates, unusable) = try KeySet.candidates(bytes, algorithms)
        var (keys, unused): ([Key], [Unused]) = ([], unusable)
        for candidate in candidates {
            do throws(Unused) { keys.append(try await KeySet.key(candidate)) } catch {
                unused.append(Unused(place: candidate.place, reason: error.reason))
            }
        }
        guard !keys.isEmpty else { throw KeySet.noKey(unused) }
        self.keys = keys
        self.unused = unused
    }

    /// Throws where a set has no key that could sign, as far as its form tells.
    static func check(_ bytes: [UInt8], _ algorithms: Set<TokenAlgorithm>) throws(Malformed) {
        let (candidates, unused) = try candidates(bytes, algorithms)
        guard !candidates.isEmpty else { throw noKey(unused) }
    }

    private static func noKey(_ unused: [Unused]) -> Malformed {
        Malformed(
            message: "the set has no key that signs by an algorithm of the settings"
                + (unused.first.map { ": \($0.place) \($0.reason)" } ?? ""))
    }

    /// A key that is of the right form.
    private struct Candidate {
        var place: String
        var value: JSONValue
        var algorithm: TokenAlgorithm
    }

    private static func candidates(
        _ bytes: [UInt8], _ algorithms: Set<TokenAlgorithm>
    ) throws(Malformed) -> (candidates: [Candidate], unused: [Unused]) {
        let limits = JSONLimits(bytes: largest, depth: 8, values: 10_000)
        let root: JSONValue
        do { root = try JSONDocument(bytes, limits: limits).root } catch {
            throw Malformed(message: "\(error)")
        }
        guard let list = root["keys"], list.kind == .list else {
            throw Malformed(message: "a JWK set is an object with a list `keys`")
        }
        var candidates: [Candidate] = []
        var unused: [Unused] = []
        for (value, number) in zip(list.children, 0...) {
            guard number < mostKeys else {
                throw Malformed(message: "the set has more than \(mostKeys) keys")
            }
            let place = "keys[\(number)]"
            do throws(Unused) {
                let algorithm = try usableAlgorithm(of: value, algorithms)
                candidates.append(Candidate(place: place, value: value, algorithm: algorithm))
            } catch {
                unused.append(Unused(place: place, reason: error.reason))
            }
        }
        return (candidates, unused)
    }

    /// A shared secret, for HS256.
    init(secret: String) async throws(Malformed) {
        let collection = JWTKeyCollection()
        await collection.add(hmac: HMACKey(from: secret), digestAlgorithm: .sha256)
        do {
            keys = [Key(id: nil, algorithm: .hs256, signer: try await collection.getKey())]
        } catch {
            throw Malformed(message: "the secret cannot be used")
        }
        unused = []
    }

    /// Whether a token names a key that the set has.
    func mayHaveSigned(_ token: SignedToken) -> Bool { keys.contains { fits($0, token) } }

    /// Checks the signature.
    func check(_ token: SignedToken) throws(TokenError) {
        let candidates = keys.filter { fits($0, token) }
        guard !candidates.isEmpty else { throw .unknownKey }
        guard token.keyID != nil || candidates.count == 1 else { throw .noKeyID }
        // Two keys of one name are a slip of the issuer's; each gets its try.
        for key in candidates.prefix(4)
        where (try? key.signer.verify(token.signature, signs: Array(token.signed))) == true {
            return
        }
        throw .signature
    }

    /// A token without `kid` may be by any key, and a shared secret has no name.
    private func fits(_ key: Key, _ token: SignedToken) -> Bool {
        guard key.algorithm == token.algorithm else { return false }
        guard key.algorithm != .hs256, let id = token.keyID else { return true }
        return key.id?.utf8.elementsEqual(id.utf8) ?? false
    }

    private static func usableAlgorithm(
        of value: JSONValue, _ algorithms: Set<TokenAlgorithm>
    ) throws(Unused) -> TokenAlgorithm {
        guard value.kind == .object else { throw Unused(reason: "is no object") }
        guard value["d"] == nil, value["k"] == nil else {
            throw Unused(reason: "holds a secret, which whoever has the set knows by now")
        }
        guard value["use"].map({ $0.string == "sig" }) ?? true,
            value["key_ops"].map({ $0.children.contains { $0.string == "verify" } }) ?? true
        else { throw Unused(reason: "is not for signatures") }
        guard let algorithm = algorithm(of: value) else {
            throw Unused(reason: "is of a kind that is not known here")
        }
        if let name = value["alg"] {
            guard name.string.flatMap(TokenAlgorithm.init(named:)) == algorithm else {
                throw Unused(reason: "is for another algorithm")
            }
        }
        guard algorithms.contains(algorithm) else {
            throw Unused(reason: "is for \(algorithm.rawValue), which the settings do not list")
        }
        if algorithm == .rs256 {
            // 256 bytes are 342 digits of base64url, 1,024 bytes are 1,366.
            guard let digits = value["n"]?.string?.utf8.count, (342...1_366).contains(digits) else {
                throw Unused(reason: "has fewer than 2048 bits, or more than 8192")
            }
        }
        return algorithm
    }

    private static func key(_ candidate: Candidate) async throws(Unused) -> Key {
        do {
            let collection = JWTKeyCollection()
            try await collection.add(jwk: jwk(candidate.value, candidate.algorithm))
            let name = candidate.algorithm.rawValue
            let signer = try await collection.getKey(for: "key", alg: name)
            return Key(
                id: candidate.value["kid"]?.string, algorithm: candidate.algorithm, signer: signer)
        } catch {
            throw Unused(reason: "is no point or number that a key can be")
        }
    }

    private static func jwk(_ value: JSONValue, _ algorithm: TokenAlgorithm) -> JWK {
        let (x, y) = (value["x"]?.string, value["y"]?.string)
        return switch algorithm {
        case .es256: .ecdsa(.es256, identifier: "key", x: x, y: y, curve: .p256)
        case .edDSA: .octetKeyPair(.eddsa, identifier: "key", x: x, y: nil, curve: .ed25519)
        case .rs256, .hs256:
            .rsa(
                .rs256, identifier: "key", modulus: value["n"]?.string,
                exponent: value["e"]?.string)
        }
    }

    private static func algorithm(of key: JSONValue) -> TokenAlgorithm? {
        switch (key["kty"]?.string, key["crv"]?.string) {
        case ("RSA", _): .rs256
        case ("EC", "P-256"): .es256
        case ("OKP", "Ed25519"): .edDSA
        default: nil
        }
    }
}
