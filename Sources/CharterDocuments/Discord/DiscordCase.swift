internal import CharterEngine

/// A guild with the permissions that another implementation computed for it: one line of a file of
/// cases.
public struct DiscordCase: Sendable {
    /// The line's `case`.
    public let name: String
    private let json: JSONValue

    /// What came of a case.
    public struct Outcome: Sendable {
        /// How many values were compared.
        public var compared = 0
        /// Those that differ.
        public var differences: [Vector.Difference] = []
    }

    /// A case of one JSON line; nil where it has no `case`, `guild` and `expected`.
    public init?(_ line: JSONValue) {
        guard let name = line["case"]?.string, line["guild"] != nil, line["expected"] != nil else {
            return nil
        }
        self.name = name
        json = line
    }

    /// Computes all values that the case expects, and compares.
    public func outcome() throws -> Outcome {
        guard let guildValue = json["guild"], let expected = json["expected"],
            let now = json["now"]?.string.flatMap({ Instant(parsing: $0) })
        else {
            throw DiscordGuildError(path: "now", message: "a time is expected", offset: 0)
        }
        let guild = try DiscordGuild(guildValue)
        let policy = try DiscordPolicy(guild)
        let members = Dictionary(guild.members.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        let roles = Dictionary(guild.roles.map { ($0.id, $0) }, uniquingKeysWith: { $1 })
        var outcome = Outcome()
        for (id, value) in DiscordCase.entries(expected["guild"]) {
            let found = try members[id].map { try policy.permissions(of: $0, at: now) }
            outcome.compare("guild.\(id)", value, found)
        }
        for (placeID, values) in DiscordCase.entries(expected["channels"]) {
            for (id, value) in DiscordCase.entries(values) {
                var found: DiscordPermissions?
                if let member = members[id], let place = policy.place(placeID) {
                    found = try policy.permissions(of: member, in: place, at: now)
                }
                outcome.compare("channels.\(placeID).\(id)", value, found)
            }
        }
        for (placeID, values) in DiscordCase.entries(expected["roles"]) {
            for (id, value) in DiscordCase.entries(values) {
                var found: DiscordPermissions?
                if let role = roles[id], let place = policy.place(placeID) {
                    found = try policy.permissions(of: role, in: place)
                }
                outcome.compare("roles.\(placeID).\(id)", value, found)
            }
        }
        for (id, value) in DiscordCase.entries(expected["permissions_synced"]) {
            let found = policy.place(id).flatMap(policy.isSynced)
            outcome.compared += 1
            if found == nil || found != value.boolean {
                outcome.differences.append(
                    Vector.Difference(
                        path: "permissions_synced.\(id)",
                        expected: String(decoding: value.raw, as: UTF8.self),
                        actual: found.map { "\($0)" } ?? "nothing"))
            }
        }
        return outcome
    }

    private static func entries(_ json: JSONValue?) -> [(id: Text, value: JSONValue)] {
        json?.children.map { (Text(String(decoding: $0.key, as: UTF8.self)), $0) } ?? []
    }
}

extension DiscordCase.Outcome {
    /// Holds a permission set against the expected decimal number.
    fileprivate mutating func compare(
        _ path: String, _ expected: JSONValue, _ found: DiscordPermissions?
    ) {
        compared += 1
        let written = expected.string ?? String(decoding: expected.raw, as: UTF8.self)
        let actual = found.map { String($0.rawValue) } ?? "nothing"
        guard written != actual else { return }
        differences.append(
            Vector.Difference(path: path, expected: written, actual: actual))
    }
}
