public import CharterEngine

/// A guild as an operator layer: its roles and channels, with what a mapping makes of their
/// permissions.
///
/// What a permission or an age-restricted channel opens is denied to everyone where @everyone does not
/// have it, allowed to the roles that do, and taken and given in channels as the overwrites say.
/// Roles, channels and members go by their ids: names change, and two may have the same.
public struct DiscordImport: Sendable {
    /// The layer as a document.
    public let layer: String
    /// What has no counterpart in the layer, one sentence each.
    public let notes: [String]

    /// Reads a guild with a mapping for a charter.
    public init(_ guild: DiscordGuild, _ mapping: DiscordMapping, _ charter: Charter) {
        var writer = Writer(guild: guild, mapping: mapping, charter: charter)
        writer.write()
        layer = writer.lines.joined(separator: "\n") + "\n"
        notes = writer.notes()
    }
}

/// Writes the layer, line by line.
private struct Writer {
    let guild: DiscordGuild
    let mapping: DiscordMapping
    let charter: Charter
    var lines: [String] = []

    mutating func write() {
        lines += [
            "# \(comment(guild.name)), from Discord. Roles, channels and members go by their ids.",
            "layer: operator", "name: discord_\(guild.id)",
        ]
        var everyone = Changes()
        for bit in mapping.permissions.keys.sorted() {
            let openings = mapping.permissions[bit] ?? []
            everyone.add(openings, guild.everyone.contains(bit: bit) ? .allow : .deny)
        }
        everyone.add(mapping.ageRestricted, .deny)
        write(everyone, "adjust", indent: "")
        let roles = guild.roles.filter { $0.id != guild.id }.sorted {
            ($0.position, $0.id) < ($1.position, $1.id)
        }
        let listed = Set(roles.map(\.id))
        let deleted = Set(
            guild.channels.flatMap(\.overwrites).filter { !$0.isMember && $0.id != guild.id }
                .map(\.id)
        ).subtracting(listed).sorted()
        if !roles.isEmpty || !deleted.isEmpty { lines.append("roles:") }
        for role in roles { write(role) }
        for id in deleted { lines.append("  \(quoted(id)): {}  # in an overwrite alone") }
        if !guild.channels.isEmpty { lines.append("channels:") }
        for channel in guild.channels.sorted(by: { $0.id < $1.id }) { write(channel) }
        if !guild.channels.isEmpty { lines.append("  \"*\": {}") }
    }

    private mutating func write(_ role: DiscordGuild.Role) {
        var changes = Changes()
        for bit in mapping.permissions.keys.sorted() where role.permissions.contains(bit: bit) {
            changes.add(mapping.permissions[bit] ?? [], .allow)
        }
        let isAdministrator =
            role.permissions.contains(.administrator)
            || guild.everyone.contains(.administrator)
        let name = "  \(quoted(role.id)):"
        guard isAdministrator || !changes.isEmpty else {
            lines.append("\(name) {}  # \(comment(role.name))")
            return
        }
        lines.append("\(name)  # \(comment(role.name))")
        if isAdministrator { lines.append("    administrator: true") }
        write(changes, "adjust", indent: "    ")
    }

    private mutating func write(_ channel: DiscordGuild.Channel) {
        var everyone = Changes()
        if channel.isAgeRestricted { everyone.add(mapping.ageRestricted, .allow) }
        var roles: [(id: Text, changes: Changes)] = []
        var members: [(id: Text, changes: Changes)] = []
        for overwrite in channel.overwrites.sorted(by: { $0.id < $1.id }) {
            var changes = Changes()
            for bit in mapping.permissions.keys.sorted() {
                let openings = mapping.permissions[bit] ?? []
                if overwrite.deny.contains(bit: bit) { changes.add(openings, .deny) }
                if overwrite.allow.contains(bit: bit) { changes.add(openings, .allow) }
            }
            if changes.isEmpty { continue }
            if overwrite.isMember {
                members.append((overwrite.id, changes))
            } else if overwrite.id == guild.id {
                everyone.add(changes)
            } else {
                roles.append((overwrite.id, changes))
            }
        }
        let name = "  \(quoted(channel.id)):"
        guard !everyone.isEmpty || !roles.isEmpty || !members.isEmpty else {
            lines.append("\(name) {}  # \(comment(channel.name))")
            return
        }
        lines.append("\(name)  # \(comment(channel.name))")
        write(everyone, "everyone", indent: "    ")
        for (key, parts) in [("roles", roles), ("members", members)] where !parts.isEmpty {
            lines.append("    \(key):")
            for (id, changes) in parts { write(changes, quoted(id), indent: "      ") }
        }
    }

    private mutating func write(_ changes: Changes, _ key: String, indent: String) {
        guard !changes.isEmpty else { return }
        lines.append("\(indent)\(key):")
        for id in charter.behaviors.map(\.id) {
            guard let change = changes.byBehavior[id], let behavior = charter[id] else { continue }
            let parts = [("allow", change.allow), ("deny", change.deny)].compactMap { name, rank in
                rank.map { "\(name): \(behavior.spelled($0))" }
            }
            lines.append("\(indent)  \(id): {\(parts.joined(separator: ", "))}")
        }
    }

    private func quoted(_ id: Text) -> String { "\"\(id)\"" }

    /// A name as it may stand in a comment: on one line.
    private func comment(_ name: String) -> String { TextWidth.visible(name) }

    // MARK: What has no counterpart

    func notes() -> [String] {
        var notes: [String] = []
        let used = guild.roles.map(\.permissions).reduce(into: DiscordPermissions()) {
            $0.formUnion($1)
        }
        let unmapped = (0..<64).filter { bit in
            used.contains(bit: bit) && bit != 3 && mapping.permissions[bit] == nil
        }
        if !unmapped.isEmpty {
            let names = unmapped.map { DiscordPermissions.names[$0] ?? "bit \($0)" }
            notes.append(
                "the mapping has nothing for \(unmapped.count) permissions: "
                    + names.joined(separator: ", "))
        }
        if guild.everyone.contains(.administrator) {
            notes.append(
                "@everyone is an administrator: every role is one here, and somebody without a role is not"
            )
        }
        if guild.channels.contains(where: { $0.kind == .category }) {
            notes.append("categories are channels like others here, and give nothing on")
        }
        if !guild.threads.isEmpty {
            notes.append(
                "threads are left out (\(guild.threads.count)): ask with the id of their channel")
        }
        let timedOut = guild.members.filter { $0.timedOutUntil != nil }.count
        if timedOut > 0 {
            notes.append("time-outs are left out (\(timedOut)): they end by themselves")
        }
        notes.append("the guild's owner, \(guild.ownerID), has no role of their own here")
        return notes
    }
}

/// What is opened and taken, by behavior.
private struct Changes {
    enum Operation { case allow, deny }

    struct Change {
        var allow: Rank?
        var deny: Rank?
    }

    private(set) var byBehavior: [BehaviorID: Change] = [:]

    var isEmpty: Bool { byBehavior.isEmpty }

    /// Of several openings of one behavior the highest is allowed, and the lowest denied.
    mutating func add(_ openings: [DiscordMapping.Opening], _ operation: Operation) {
        for opening in openings {
            var change = byBehavior[opening.behavior] ?? Change()
            switch operation {
            case .allow: change.allow = max(change.allow ?? .none, opening.value)
            case .deny: change.deny = min(change.deny ?? .highest, opening.value)
            }
            byBehavior[opening.behavior] = change
        }
    }

    mutating func add(_ other: Changes) {
        for (behavior, change) in other.byBehavior {
            if let allow = change.allow { add([.init(behavior, allow)], .allow) }
            if let deny = change.deny { add([.init(behavior, deny)], .deny) }
        }
    }
}
