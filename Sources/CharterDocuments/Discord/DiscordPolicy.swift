public import CharterEngine

/// A guild's permissions, decided by Charter's engine.
///
/// Each bit is a switch that an operator may open to users (`authority=operator delegable=user
/// default=off`). What @everyone may is the operator's `allow`, what a role may the role's, and
/// overwrites are the `deny` and `allow` of a channel; a member has a bit where the user's ceiling is
/// `on`. What is Discord's alone stands around it: the owner, the time-out, and what falls with another
/// permission.
public struct DiscordPolicy: Sendable {
    /// The guild as it was read.
    public let guild: DiscordGuild
    /// What the engine decides by.
    public let policy: Policy
    private let rows: SwitchRows
    private let administrators: Set<Text>
    private let places: [Text: DiscordGuild.Channel]

    /// Compiles a guild; O(its size).
    ///
    /// - Throws: where the guild has more roles, channels or overwrites than a policy can number.
    public init(_ guild: DiscordGuild) throws(PolicyError) {
        self.guild = guild
        guard let charter = DiscordPolicy.charter else { throw .tooLarge }
        policy = try Policy.compile(charter, .init(operators: [DiscordPolicy.layer(of: guild)]))
        guard let rows = SwitchRows(policy) else { throw .tooLarge }
        self.rows = rows
        administrators = Set(
            guild.roles.filter { $0.permissions.contains(.administrator) }.map(\.id))
        places = Dictionary(
            (guild.channels + guild.threads).map { ($0.id, $0) }, uniquingKeysWith: { $1 })
    }

    // MARK: The charter and the layer

    /// One switch for each of 64 bits.
    private static let charter: Charter? = {
        let behaviors = (0..<64).map { bit in
            var behavior = Behavior(
                id: DiscordPolicy.behavior(bit), title: "Bit \(bit)", kind: .switch,
                values: ["off", "on"], authority: .operator, default: .cautious)
            behavior.delegable = [.user: behavior.top]
            return behavior
        }
        return Charter(behaviors: behaviors)
    }()

    private static func behavior(_ bit: Int) -> BehaviorID { BehaviorID(Text("bit_\(bit)")) }

    private static func layer(of guild: DiscordGuild) -> Layer {
        var layer = Layer(name: Text(guild.name), file: "guild.json")
        layer.adjust = adjustments(allow: guild.everyone, deny: [])
        // Everybody has @everyone, whose bit 3 makes everybody an administrator.
        layer.roles.append(
            Layer.Role(name: guild.id, isAdministrator: guild.everyone.contains(.administrator)))
        var known: Set<Text> = [guild.id]
        for role in guild.roles where known.insert(role.id).inserted {
            layer.roles.append(
                Layer.Role(
                    name: role.id, isAdministrator: role.permissions.contains(.administrator),
                    adjust: adjustments(allow: role.permissions, deny: [])))
        }
        for channel in guild.channels {
            var part = Layer.Channel(name: channel.id)
            // The API has one overwrite for each role and member; of two the last counts.
            let overwrites = Dictionary(
                channel.overwrites.map { (Key(id: $0.id, isMember: $0.isMember), $0) },
                uniquingKeysWith: { $1 })
            for overwrite in overwrites.values.sorted(by: { $0.id < $1.id }) {
                let adjustments = adjustments(allow: overwrite.allow, deny: overwrite.deny)
                if overwrite.isMember {
                    part.members[overwrite.id, default: []] += adjustments
                } else if overwrite.id == guild.id {
                    part.everyone += adjustments
                } else {
                    // A role that was deleted counts for whoever still lists it.
                    if known.insert(overwrite.id).inserted {
                        layer.roles.append(Layer.Role(name: overwrite.id))
                    }
                    part.roles[overwrite.id, default: []] += adjustments
                }
            }
            layer.channels.append(part)
        }
        return layer
    }

    private struct Key: Hashable {
        var id: Text
        var isMember: Bool
    }

    private static func adjustments(
        allow: DiscordPermissions, deny: DiscordPermissions
    ) -> [Adjustment] {
        let on = Rank(1)
        return (0..<64).compactMap { bit in
            let mask = DiscordPermissions(rawValue: 1 << UInt64(bit))
            let (isAllowed, isDenied) = (allow.contains(mask), deny.contains(mask))
            guard isAllowed || isDenied else { return nil }
            return Adjustment(
                behavior(bit), allow: isAllowed ? on : nil, deny: isDenied ? on : nil)
        }
    }

    // MARK: Deciding

    /// What a member may do in the guild at large.
    public func permissions(
        of member: DiscordGuild.Member, at now: Instant
    ) throws(RequestError) -> DiscordPermissions {
        if member.id == guild.ownerID { return .all }
        let (bits, isAdministrator) = try decided(member.id, member.roles, in: nil)
        return isAdministrator ? .all : DiscordPolicy.timeOut(member, bits, at: now)
    }

    /// What a member may do in a channel or a thread.
    public func permissions(
        of member: DiscordGuild.Member, in place: DiscordGuild.Channel, at now: Instant
    ) throws(RequestError) -> DiscordPermissions {
        if member.id == guild.ownerID { return DiscordPolicy.implied(.all, in: place) }
        let (bits, isAdministrator) = try decided(member.id, member.roles, in: place)
        let base = isAdministrator ? .all : DiscordPolicy.timeOut(member, bits, at: now)
        return DiscordPolicy.implied(base, in: place)
    }

    /// What somebody with one role may do in a channel or a thread.
    public func permissions(
        of role: DiscordGuild.Role, in place: DiscordGuild.Channel
    ) throws(RequestError) -> DiscordPermissions {
        let (bits, isAdministrator) = try decided(nil, [role.id], in: place)
        return DiscordPolicy.implied(isAdministrator ? .all : bits, in: place)
    }

    /// The channel or the thread with an id.
    public func place(_ id: Text) -> DiscordGuild.Channel? { places[id] }

    /// Whether a channel has the overwrites of its category; nil where it is in none.
    public func isSynced(_ channel: DiscordGuild.Channel) -> Bool? {
        guard let category = channel.parentID.flatMap({ places[$0] }) else { return nil }
        return Set(channel.overwrites) == Set(category.overwrites)
    }

    private func decided(
        _ user: Text?, _ roles: [Text], in place: DiscordGuild.Channel?
    ) throws(RequestError) -> (bits: DiscordPermissions, isAdministrator: Bool) {
        var channel: Text?
        if let place {
            // A thread has the overwrites of its channel.
            channel = place.kind == .thread ? place.parentID ?? place.id : place.id
        }
        let roles = [guild.id] + roles
        let facts = try policy.facts(of: Request(user: user, roles: roles, channel: channel))
        let bits = DiscordPermissions(rawValue: rows.decide(facts).userCeilings)
        return (bits, roles.contains(where: administrators.contains))
    }

    /// What each of many members may do in each of many channels or threads, told one by one.
    ///
    /// A member's roles are looked up once, so that a place costs a few hundred nanoseconds.
    public func visit(
        _ members: some Sequence<DiscordGuild.Member>, in places: [DiscordGuild.Channel],
        at now: Instant,
        _ body: (DiscordGuild.Member, DiscordGuild.Channel, DiscordPermissions) -> Void
    ) throws(RequestError) {
        let channels = places.map { $0.kind == .thread ? $0.parentID ?? $0.id : $0.id }
        for member in members {
            let roles = [guild.id] + member.roles
            let isOwner = member.id == guild.ownerID
            let isAdministrator = roles.contains(where: administrators.contains)
            var facts = try policy.facts(of: Request(user: member.id, roles: roles))
            let beginning = rows.begin(facts)
            for (place, channel) in zip(places, channels) {
                var bits = DiscordPermissions.all
                if !isOwner, !isAdministrator {
                    try policy.move(&facts, to: channel)
                    let decided = rows.finish(beginning, facts)
                    bits = DiscordPermissions(rawValue: decided.userCeilings)
                    bits = DiscordPolicy.timeOut(member, bits, at: now)
                }
                body(member, place, DiscordPolicy.implied(bits, in: place))
            }
        }
    }

    // MARK: What is Discord's alone

    private static func timeOut(
        _ member: DiscordGuild.Member, _ bits: DiscordPermissions, at now: Instant
    ) -> DiscordPermissions {
        guard let until = member.timedOutUntil, now < until else { return bits }
        return bits.subtracting(.all.subtracting(.timedOut))
    }

    /// What falls with another permission, by the type of place, as discord.py 2.7.1 has it.
    private static func implied(
        _ permissions: DiscordPermissions, in place: DiscordGuild.Channel
    ) -> DiscordPermissions {
        var bits = permissions
        if place.kind == .category { return bits }
        let gate: DiscordPermissions =
            place.kind == .thread ? .sendMessagesInThreads : .sendMessages
        if !bits.contains(gate) { bits.subtract(.sending) }
        if !bits.contains(.viewChannel) { bits.subtract(.channel) }
        switch place.kind {
        case .text: bits.subtract(.voice)
        case .voice where !bits.contains(.connect):
            bits.subtract(.voice.union(.manageChannelsAndRoles))
        case .voice, .category, .thread, .other: break
        }
        return bits
    }
}
