/// Why a token shows nothing; none of the token is in it.
public enum TokenError: String, Error, Sendable, CaseIterable {
    /// Larger than a token may be.
    case tooLarge = "too_large"
    /// Not three parts of base64url.
    case malformed
    /// Five parts: a JWE.
    case encrypted
    /// A head that is no JSON object, or without `alg`.
    case badHead = "bad_head"
    /// `alg` is `none`.
    case unsigned
    /// An algorithm that the settings do not list.
    case algorithm
    /// `crit`, or `b64`: what has to be understood, and is not (RFC 7515 §4.1.11).
    case critical
    /// `typ` is that of another kind of token (RFC 8725 §3.11).
    case type
    /// No `kid`, and more than one key that it could be.
    case noKeyID = "no_key_id"
    /// No key of the issuer has this `kid` and algorithm.
    case unknownKey = "unknown_key"
    /// The issuer's keys are not to be had.
    case keysUnavailable = "keys_unavailable"
    /// The signature is not by the key.
    case signature
    /// Signed, and no JSON object.
    case badPayload = "bad_payload"
    /// `iss` is another.
    case issuer
    /// `aud` does not name this gateway.
    case audience
    /// No `exp`, or a time that is no number.
    case time
    /// `exp` has passed.
    case expired
    /// `nbf` or `iat` is still to come.
    case notYetValid = "not_yet_valid"
    /// A member that the settings name has not the form that it must have.
    case member

    /// One sentence without a full stop, fit to be shown to the caller.
    public var message: String {
        switch self {
        case .tooLarge: "the token has more than \(SignedToken.largest) bytes"
        case .malformed: "the token is not the three parts of a signed JWT, in base64url"
        case .encrypted: "the token is encrypted; a signed one is expected"
        case .badHead: "the token's head is no JSON object with a text `alg`"
        case .unsigned: "the token is not signed: its `alg` is `none`"
        case .algorithm: "the token's `alg` is not one that the settings list"
        case .critical: "the token's head asks for an extension (`crit`) that is not known here"
        case .type: "the token's `typ` is that of another kind of token"
        case .noKeyID: "the token names no key (`kid`), and its issuer has more than one"
        case .unknownKey: "the token's key (`kid`) is not among its issuer's for this algorithm"
        case .keysUnavailable: "the issuer's keys are not to be had at the moment"
        case .signature: "the token's signature is not by its issuer's key"
        case .badPayload: "what the token signs is no JSON object"
        case .issuer: "the token's `iss` is not the issuer of the settings"
        case .audience: "the token's `aud` does not name this gateway"
        case .time: "the token has no `exp`, or one of its times is no number"
        case .expired: "the token has expired"
        case .notYetValid: "the token is not valid yet (`nbf`, `iat`)"
        case .member: "a member of the token that the settings name has another form"
        }
    }
}

extension APIError {
    /// A token that shows nothing: 401, or 503 where that is not its fault.
    public init(_ error: TokenError) {
        let isTheirs = error != .keysUnavailable
        self.init(
            status: isTheirs ? 401 : 503, message: error.message,
            type: isTheirs ? Self.invalidRequest : Self.server, param: "charter-token",
            code: isTheirs ? "invalid_token" : error.rawValue, isFinal: isTheirs,
            retryAfterSeconds: isTheirs ? nil : 1)
    }
}
