public import CharterDocuments

/// A JWT in its compact form (RFC 7515 §7.1), taken apart, with nothing of it believed yet.
public struct SignedToken: Sendable {
    /// What its head says, which is only a claim.
    public let algorithm: TokenAlgorithm
    /// The key that its head names.
    public let keyID: String?
    /// What is signed: head and payload as they came.
    public let signed: ArraySlice<UInt8>
    /// By the key, or not.
    public let signature: [UInt8]
    /// Not read before the signature is checked.
    private let payload: ArraySlice<UInt8>

    /// The most bytes of a token.
    public static let largest = 16 << 10

    /// Takes a token apart; linear.
    ///
    /// Whatever keys the head carries or points at (`jwk`, `jku`, `x5c`, `x5u`) is passed over: who
    /// signs does not say by whose key.
    public init(_ compact: [UInt8]) throws(TokenError) {
        guard compact.count <= SignedToken.largest else { throw .tooLarge }
        let parts = compact.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard parts.count == 3 else { throw parts.count == 5 ? .encrypted : .malformed }
        guard let head = Base64URL.decode(parts[0]), let signature = Base64URL.decode(parts[2])
        else { throw .malformed }
        guard let root = SignedToken.object(head), let name = root["alg"]?.string else {
            throw .badHead
        }
        guard name.lowercased() != "none" else { throw .unsigned }
        guard let algorithm = TokenAlgorithm(named: name) else { throw .algorithm }
        guard root["crit"] == nil, root["b64"] == nil else { throw .critical }
        if let type = root["typ"] {
            guard let name = type.string?.lowercased(),
                ["jwt", "at+jwt", "application/jwt", "application/at+jwt"].contains(name)
            else { throw .type }
        }
        if let keyID = root["kid"], keyID.kind != .string { throw .badHead }
        self.algorithm = algorithm
        keyID = root["kid"]?.string
        signed = compact[..<parts[1].endIndex]
        payload = parts[1]
        self.signature = signature
    }

    /// What the token says; to be asked for when the signature has been checked.
    public func content() throws(TokenError) -> JSONValue {
        guard let bytes = Base64URL.decode(payload), let root = SignedToken.object(bytes) else {
            throw .badPayload
        }
        return root
    }

    private static func object(_ bytes: [UInt8]) -> JSONValue? {
        let limits = JSONLimits(bytes: largest, depth: 16, values: 4_096)
        let root = (try? JSONDocument(bytes, limits: limits))?.root
        return root?.kind == .object ? root : nil
    }
}
