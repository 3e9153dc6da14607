/// How a token may be signed (RFC 7518 §3.1, RFC 8037 and RFC 9864).
public enum TokenAlgorithm: String, Sendable, CaseIterable {
    case rs256 = "RS256"
    case es256 = "ES256"
    case edDSA = "EdDSA"
    /// A shared secret: whoever can check such a token can make one.
    case hs256 = "HS256"

    /// The algorithm that a head or a key names; `Ed25519` is the newer name of EdDSA on that curve.
    public init?(named name: String) {
        self.init(rawValue: name == "Ed25519" ? "EdDSA" : name)
    }
}
