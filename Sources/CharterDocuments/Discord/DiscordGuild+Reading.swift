internal import CharterEngine

/// A payload that is not of Discord's form: where, and what was expected.
public struct DiscordGuildError: Error, Equatable, Sendable {
    /// Keys and places from the guild on, as `roles[3].permissions`.
    public var path: String
    /// What was expected, in lower case without a full stop.
    public var message: String
    /// The first byte of what is wrong, or of the object that lacks it.
    public var offset: Int
}

extension DiscordGuild {
    /// The most roles, channels or threads of a guild that are read, and the most members.
    public static let most = (parts: 10_000, members: 1_000_000)

    /// Reads a guild object of the API, with its `roles`, `channels`, `threads` and `members` in it.
    ///
    /// - Throws: where an id is no snowflake, a permission set no decimal string of 64 bits, or
    ///   something needed is not there.
    public init(_ json: JSONValue) throws(DiscordGuildError) {
        let guild = DiscordObject(json, path: "")
        id = try guild.snowflake("id")
        name = guild.json["name"]?.string ?? ""
        ownerID = try guild.snowflake("owner_id")
        roles = try guild.list("roles", most: DiscordGuild.most.parts).mapping {
            role throws(DiscordGuildError) in
            Role(
                id: try role.snowflake("id"), name: role.json["name"]?.string ?? "",
                position: role.json["position"]?.integer ?? 0,
                permissions: try role.permissions("permissions"))
        }
        channels = try guild.list("channels", most: DiscordGuild.most.parts).mapping(
            DiscordGuild.channel)
        threads = try guild.list("threads", most: DiscordGuild.most.parts).mapping(
            DiscordGuild.channel)
        members = try guild.list("members", most: DiscordGuild.most.members).mapping {
            member throws(DiscordGuildError) in
            Member(
                id: try member.object("user").snowflake("id"),
                roles: try member.snowflakes("roles"),
                timedOutUntil: try member.instant("communication_disabled_until"))
        }
    }

    private static func channel(_ channel: DiscordObject) throws(DiscordGuildError) -> Channel {
        guard let type = channel.json["type"]?.integer else {
            throw channel.error("type", "a channel's type is a whole number")
        }
        return Channel(
            id: try channel.snowflake("id"), name: channel.json["name"]?.string ?? "",
            kind: Kind(type), parentID: try channel.optionalSnowflake("parent_id"),
            isAgeRestricted: channel.json["nsfw"]?.boolean ?? false,
            overwrites: try channel.list("permission_overwrites", most: most.parts).mapping {
                overwrite throws(DiscordGuildError) in
                guard let type = overwrite.json["type"]?.integer, type == 0 || type == 1 else {
                    throw overwrite.error("type", "an overwrite is of a role, 0, or a member, 1")
                }
                return Overwrite(
                    id: try overwrite.snowflake("id"), isMember: type == 1,
                    allow: try overwrite.permissions("allow"),
                    deny: try overwrite.permissions("deny"))
            })
    }
}

/// An object of a payload, with where it stands.
private struct DiscordObject {
    let json: JSONValue
    let path: String

    init(_ json: JSONValue, path: String) {
        self.json = json
        self.path = path
    }

    func error(_ key: String, _ message: String) -> DiscordGuildError {
        let place = json.children.first { $0.key.elementsEqual(key.utf8) } ?? json
        return DiscordGuildError(
            path: path.isEmpty ? key : "\(path).\(key)", message: message,
            offset: place.range.lowerBound)
    }

    private func member(_ key: String) -> JSONValue? {
        json.children.first { $0.key.elementsEqual(key.utf8) && !$0.isNull }
    }

    func object(_ key: String) throws(DiscordGuildError) -> DiscordObject {
        guard let value = member(key), value.kind == .object else {
            throw error(key, "an object is expected")
        }
        return DiscordObject(value, path: path.isEmpty ? key : "\(path).\(key)")
    }

    /// The objects of a list; none where there is no list.
    func list(_ key: String, most: Int) throws(DiscordGuildError) -> [DiscordObject] {
        guard let value = member(key) else { return [] }
        guard value.kind == .list else { throw error(key, "a list is expected") }
        var objects: [DiscordObject] = []
        for child in value.children {
            let place = "\(path.isEmpty ? key : "\(path).\(key)")[\(objects.count)]"
            guard objects.count < most else { throw error(key, "the list has more than \(most)") }
            guard child.kind == .object else {
                throw DiscordGuildError(
                    path: place, message: "an object is expected", offset: child.range.lowerBound)
            }
            objects.append(DiscordObject(child, path: place))
        }
        return objects
    }

    func snowflake(_ key: String) throws(DiscordGuildError) -> Text {
        guard let id = member(key).flatMap(DiscordObject.snowflake) else {
            throw error(key, "an id is a text of 1 to 20 digits")
        }
        return id
    }

    func optionalSnowflake(_ key: String) throws(DiscordGuildError) -> Text? {
        member(key) == nil ? nil : try snowflake(key)
    }

    func snowflakes(_ key: String) throws(DiscordGuildError) -> [Text] {
        guard let value = member(key), value.kind == .list else {
            throw error(key, "a list of ids is expected")
        }
        var ids: [Text] = []
        for child in value.children {
            guard let id = DiscordObject.snowflake(child) else {
                throw error(key, "an id is a text of 1 to 20 digits")
            }
            ids.append(id)
        }
        return ids
    }

    private static func snowflake(_ json: JSONValue) -> Text? {
        guard let text = json.text, (1...20).contains(text.count),
            text.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { return nil }
        return Text(String(decoding: text, as: UTF8.self))
    }

    func permissions(_ key: String) throws(DiscordGuildError) -> DiscordPermissions {
        guard let text = member(key)?.string, let bits = UInt64(text),
            text.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) })
        else { throw error(key, "permissions are a decimal number of 64 bits, as a text") }
        return DiscordPermissions(rawValue: bits)
    }

    func instant(_ key: String) throws(DiscordGuildError) -> Instant? {
        guard let value = member(key) else { return nil }
        guard let instant = value.string.flatMap({ Instant(parsing: $0) }) else {
            throw error(key, "a time in ISO 8601 is expected")
        }
        return instant
    }
}

extension Array {
    /// `map` with a typed error.
    fileprivate func mapping<Other>(
        _ transform: (Element) throws(DiscordGuildError) -> Other
    ) throws(DiscordGuildError) -> [Other] {
        var others: [Other] = []
        others.reserveCapacity(count)
        for element in self { others.append(try transform(element)) }
        return others
    }
}
