public import CharterEngine

/// A request that is not of the shape of SEMANTICS §8: `request.syntax`.
public struct RequestSyntaxError: Error, Hashable, Sendable {
    /// Where in the request, such as `claims.age.evidence`; keys that §8 knows and claims' places only.
    public let path: String
    /// What is wrong there, one sentence without a full stop; never holds a value of the request.
    public let message: String

    /// The id of SEMANTICS §9.
    public static let id = "request.syntax"
}

/// The members that each object of a request of SEMANTICS §8 may have.
package enum RequestMembers {
    package static let request: [StaticString] = [
        "user", "channel", "surface", "model", "language", "at", "claims", "instructions",
        "demands",
    ]
    package static let user: [StaticString] = ["id", "roles"]
    package static let claim: [StaticString] = ["value", "evidence"]
    package static let instruction: [StaticString] = ["from", "behavior", "set", "explicit"]
    package static let delegation: [StaticString] = ["from", "delegate", "explicit"]
    package static let demand: [StaticString] = [
        "behavior", "value", "explicit", "triggered", "from",
    ]
}

extension Request {
    /// Reads a request of SEMANTICS §8; O(size).
    ///
    /// - Throws: where a value is of the wrong type, or a key is not of §8, at any depth.
    public init(_ json: JSONValue) throws(RequestSyntaxError) {
        self.init()
        let object = try RequestObject(json, at: "")
        try object.allow(RequestMembers.request)
        if let user = try object.object("user") {
            try user.allow(RequestMembers.user)
            self.user = try user.text("id")
            roles = try user.texts("roles")
        }
        channel = try object.text("channel")
        surface = try object.text("surface")
        model = try object.text("model")
        language = try object.text("language")
        if let text = try object.text("at") {
            guard let instant = Instant(parsing: text.string) else {
                throw RequestSyntaxError(path: "at", message: "not a date of RFC 3339")
            }
            at = instant
        }
        if let claims = try object.object("claims") { self.claims = try Request.claims(claims) }
        instructions = try object.list("instructions").map { element throws(RequestSyntaxError) in
            try Instruction(element)
        }
        demands = try object.list("demands").map { element throws(RequestSyntaxError) in
            try Demand(element)
        }
    }

    private static func claims(_ object: RequestObject) throws(RequestSyntaxError) -> [Text: Claim]
    {
        var claims: [Text: Claim] = [:]
        for member in object.value.children {
            let claim = try RequestObject(member, at: "claims[]")
            try claim.allow(RequestMembers.claim)
            guard let value = claim.value["value"] else {
                throw RequestSyntaxError(path: "claims[]", message: "a claim has a `value`")
            }
            var evidence = Evidence.asserted
            if let text = try claim.text("evidence") {
                guard let named = Evidence(named: text.string) else {
                    throw RequestSyntaxError(
                        path: "claims[].evidence",
                        message: "evidence is `asserted`, `vouched` or `verified`")
                }
                evidence = named
            }
            claims[Text(String(decoding: member.key, as: UTF8.self))] = Claim(
                ClaimValue(value), evidence)
        }
        return claims
    }
}

extension ClaimValue {
    /// What a JSON value says as the value of a claim; a number is an int where it is whole.
    public init(_ json: JSONValue) {
        switch json.kind {
        case .string: self = .text(Text(json.string ?? ""))
        case .boolean: self = .bool(json.boolean ?? false)
        case .number:
            let text = String(decoding: json.raw, as: UTF8.self)
            if let int = Int64(text) {
                self = .int(int)
            } else if let double = Double(text), double.isFinite {
                self = Int64(exactly: double).map { .int($0) } ?? .double(double)
            } else {
                self = .garbled
            }
        case .object, .list, .null: self = .garbled
        }
    }
}

extension Instruction {
    fileprivate init(_ object: RequestObject) throws(RequestSyntaxError) {
        try object.allow(RequestMembers.instruction + ["delegate"])
        guard let from = try object.speaker("from") else { throw object.missing("from") }
        let isExplicit = try object.flag("explicit") ?? true
        if let delegate = try object.text("delegate") {
            try object.allow(RequestMembers.delegation)
            guard case .tool(let name)? = Speaker(named: delegate.string) else {
                throw RequestSyntaxError(
                    path: object.path + ".delegate", message: "a level is lent to `tool:NAME`")
            }
            self.init(from: from, .delegate(tool: name), isExplicit: isExplicit)
            return
        }
        guard let behavior = try object.text("behavior") else { throw object.missing("behavior") }
        guard let value = try object.text("set") else { throw object.missing("set") }
        self.init(from: from, .set(BehaviorID(behavior), value), isExplicit: isExplicit)
    }
}

extension Demand {
    fileprivate init(_ object: RequestObject) throws(RequestSyntaxError) {
        try object.allow(RequestMembers.demand)
        guard let behavior = try object.text("behavior") else { throw object.missing("behavior") }
        self.init(
            BehaviorID(behavior), value: try object.text("value"),
            isExplicit: try object.flag("explicit") ?? false,
            isTriggered: try object.flag("triggered") ?? false,
            from: try object.speaker("from") ?? .assistant)
    }
}

/// A JSON object whose members have to be of certain types.
private struct RequestObject {
    let value: JSONValue
    let path: String

    init(_ value: JSONValue, at path: String) throws(RequestSyntaxError) {
        guard value.kind == .object else {
            throw RequestSyntaxError(
                path: path.isEmpty ? "." : path, message: "an object is expected")
        }
        self.value = value
        self.path = path
    }

    func allow(_ keys: [StaticString]) throws(RequestSyntaxError) {
        for member in value.children where !keys.contains(where: { member.isNamed($0) }) {
            throw RequestSyntaxError(
                path: path.isEmpty ? "." : path,
                message: "there is a key that a request does not have here; it may have "
                    + keys.map { "`\($0)`" }.joined(separator: ", "))
        }
    }

    func missing(_ key: String) -> RequestSyntaxError {
        RequestSyntaxError(path: path, message: "`\(key)` is missing")
    }

    private func wrong(_ key: StaticString, _ expected: String) -> RequestSyntaxError {
        RequestSyntaxError(path: inside(key), message: "\(expected) is expected")
    }

    private func inside(_ key: StaticString) -> String {
        path.isEmpty ? "\(key)" : "\(path).\(key)"
    }

    func text(_ key: StaticString) throws(RequestSyntaxError) -> Text? {
        guard let member = value[key] else { return nil }
        guard let string = member.string else { throw wrong(key, "a string") }
        return Text(string)
    }

    func flag(_ key: StaticString) throws(RequestSyntaxError) -> Bool? {
        guard let member = value[key] else { return nil }
        guard let flag = member.boolean else { throw wrong(key, "true or false") }
        return flag
    }

    func speaker(_ key: StaticString) throws(RequestSyntaxError) -> Speaker? {
        guard let name = try text(key) else { return nil }
        guard let speaker = Speaker(named: name.string) else {
            throw wrong(key, "`platform`, `operator`, `user`, `assistant` or `tool:NAME`")
        }
        return speaker
    }

    func texts(_ key: StaticString) throws(RequestSyntaxError) -> [Text] {
        guard let member = value[key] else { return [] }
        let strings = member.children.map(\.string)
        guard member.kind == .list, !strings.contains(nil) else {
            throw wrong(key, "a list of strings")
        }
        return strings.compactMap { $0.map { Text($0) } }
    }

    func object(_ key: StaticString) throws(RequestSyntaxError) -> RequestObject? {
        guard let member = value[key] else { return nil }
        return try RequestObject(member, at: inside(key))
    }

    func list(_ key: StaticString) throws(RequestSyntaxError) -> [RequestObject] {
        guard let member = value[key] else { return [] }
        guard member.kind == .list else { throw wrong(key, "a list") }
        var objects: [RequestObject] = []
        for (place, element) in member.children.enumerated() {
            objects.append(try RequestObject(element, at: "\(inside(key))[\(place)]"))
        }
        return objects
    }
}
