internal import CharterDocuments
public import CharterEngine

/// Who is asking, and with which facts: what the `Charter-*` fields of a request's head say.
///
/// They are the operator's word, so that they count with an operator's key only; a claim in them is
/// vouched at best.
public struct Caller: Sendable {
    /// The user's id, which channel members go by.
    public var user: Text?
    /// Names of the roles that the operator says the user has.
    public var roles: [Text] = []
    /// Where the user speaks.
    public var channel: Text?
    /// The product or page that the request comes from.
    public var surface: Text?
    /// The language of replies, as a BCP 47 tag.
    public var language: Text?
    /// Facts, vouched at best.
    public var claims: [Text: Claim] = [:]

    /// Nobody in particular, with no facts.
    public init() {}

    /// The longest name of a user, role, channel, surface or language, in bytes.
    public static let longestName = 256
    /// The most roles, and the most claims.
    public static let mostEntries = 64

    /// The fields of a head that say who is asking, in lower case.
    public static let fieldNames: Set<String> = [
        "charter-user", "charter-roles", "charter-channel", "charter-surface", "charter-language",
        "charter-claims", "charter-token",
    ]

    /// Whether a field looks like one of these, and is none: somebody has misspelled it.
    public static func isMisspelled(_ field: String) -> Bool {
        let name = field.lowercased()
        // The answer's own come back where a client passes fields on.
        return name.hasPrefix("charter-") && !fieldNames.contains(name)
            && name != "charter-decision" && name != "charter-policy"
    }

    /// Reads the fields.
    ///
    /// Only roles are a list. Of any other field a second value, be it in a field of its own or behind
    /// a comma, is refused: whoever stands between may have added theirs, and which one counts would
    /// be a guess about who somebody is.
    ///
    /// - Parameter fields: the values of a field by its name in lower case, in order.
    /// - Throws: a 400 that names the field.
    public init(fields: (String) -> [String]) throws(APIError) {
        func single(_ key: String) throws(APIError) -> String? {
            let values = fields(key)
            guard values.count <= 1 else {
                throw .invalid("the field has more than one value", param: key)
            }
            return values.first
        }
        func name(_ key: String) throws(APIError) -> Text? {
            guard let value = try single(key), !value.isEmpty else { return nil }
            guard !value.utf8.contains(UInt8(ascii: ",")) else {
                throw .invalid("the field has more than one value: there is a comma", param: key)
            }
            guard value.utf8.count <= Caller.longestName else {
                throw .invalid("the field is longer than \(Caller.longestName) bytes", param: key)
            }
            return Text(value)
        }
        user = try name("charter-user")
        channel = try name("charter-channel")
        surface = try name("charter-surface")
        language = try name("charter-language")
        let lists = fields("charter-roles")
        if !lists.isEmpty {
            let names = lists.joined(separator: ",").split(separator: ",").map {
                String($0).trimmed
            }.filter { !$0.isEmpty }
            guard names.count <= Caller.mostEntries,
                names.allSatisfy({ $0.utf8.count <= Caller.longestName })
            else {
                throw .invalid("too many roles, or one that is too long", param: "charter-roles")
            }
            roles = names.map { Text($0) }
        }
        if let json = try single("charter-claims") { claims = try Caller.claims(json) }
    }

    /// A request of this caller that asks for nothing.
    public func request(at instant: Instant) -> Request {
        Request(
            user: user, roles: roles, channel: channel, surface: surface, language: language,
            at: instant, claims: claims)
    }

    private static func claims(_ json: String) throws(APIError) -> [Text: Claim] {
        func wrong(_ message: String) -> APIError { .invalid(message, param: "charter-claims") }
        let limits = JSONLimits(bytes: 16 << 10, depth: 4, values: 512)
        guard let root = (try? JSONDocument(Array(json.utf8), limits: limits))?.root,
            root.kind == .object
        else { throw wrong("the field must be a JSON object of claims") }
        var claims: [Text: Claim] = [:]
        for member in root.children {
            let name = Text(String(decoding: member.key, as: UTF8.self))
            claims[name] = try claim(member, wrong)
        }
        guard claims.count <= mostEntries else { throw wrong("too many claims") }
        return claims
    }

    /// A bare value is vouched; an object may weaken it, and never verify it.
    private static func claim(
        _ json: JSONValue, _ wrong: (String) -> APIError
    ) throws(APIError) -> Claim {
        guard json.kind == .object else { return Claim(ClaimValue(json), .vouched) }
        guard let value = json["value"],
            json.children.allSatisfy({ $0.isNamed("value") || $0.isNamed("evidence") })
        else { throw wrong("a claim is a value, or an object of `value` and `evidence`") }
        guard let evidence = json["evidence"] else { return Claim(ClaimValue(value), .vouched) }
        switch evidence.string {
        case "asserted": return Claim(ClaimValue(value), .asserted)
        case "vouched": return Claim(ClaimValue(value), .vouched)
        case "verified": throw wrong("a field of the head can vouch for a claim, and not verify it")
        default: throw wrong("evidence is `asserted` or `vouched`")
        }
    }
}

extension String {
    /// Without spaces and tabs on either side.
    fileprivate var trimmed: String {
        func isSpace(_ character: Character) -> Bool { character == " " || character == "\t" }
        return String(drop(while: isSpace).reversed().drop(while: isSpace).reversed())
    }
}
