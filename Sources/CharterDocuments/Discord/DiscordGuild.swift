public import CharterEngine

/// A guild as Discord's HTTP API sends it, as far as permissions go.
///
/// Ids are snowflakes, which reach beyond 2⁵³: they are kept as the texts that they come as.
public struct DiscordGuild: Sendable {
    /// The guild's id, which is also that of its role @everyone.
    public var id: Text
    /// Its name.
    public var name: String
    /// The member who may do everything.
    public var ownerID: Text
    /// In the order of the payload; @everyone among them.
    public var roles: [Role]
    /// Channels and categories.
    public var channels: [Channel]
    /// Threads, which have no overwrites of their own.
    public var threads: [Channel]
    /// Members, where the payload lists them.
    public var members: [Member]

    /// A guild of these parts.
    public init(
        id: Text, name: String, ownerID: Text, roles: [Role], channels: [Channel],
        threads: [Channel], members: [Member]
    ) {
        self.id = id
        self.name = name
        self.ownerID = ownerID
        self.roles = roles
        self.channels = channels
        self.threads = threads
        self.members = members
    }

    /// A role of the guild.
    public struct Role: Sendable {
        /// Its id.
        public var id: Text
        /// Its name, which need not be unique.
        public var name: String
        /// Its place in the list of roles, which has no part in permissions.
        public var position: Int
        /// What it permits everywhere.
        public var permissions: DiscordPermissions

        /// A role of these parts.
        public init(id: Text, name: String, position: Int, permissions: DiscordPermissions) {
            self.id = id
            self.name = name
            self.position = position
            self.permissions = permissions
        }
    }

    /// A channel, a category or a thread.
    public struct Channel: Sendable {
        /// Its id.
        public var id: Text
        /// Its name.
        public var name: String
        /// What kind of place it is.
        public var kind: Kind
        /// The category of a channel, the channel of a thread.
        public var parentID: Text?
        /// Whether it is only for adults.
        public var isAgeRestricted: Bool
        /// In the order of the payload.
        public var overwrites: [Overwrite]

        /// A place of these parts.
        public init(
            id: Text, name: String, kind: Kind, parentID: Text?, isAgeRestricted: Bool,
            overwrites: [Overwrite]
        ) {
            self.id = id
            self.name = name
            self.kind = kind
            self.parentID = parentID
            self.isAgeRestricted = isAgeRestricted
            self.overwrites = overwrites
        }
    }

    /// The type of a channel (Discord's `ChannelType`).
    public enum Kind: Sendable, Hashable {
        /// 0, 5, 15, 16: text, announcement, forum, media.
        case text
        /// 2 and 13: voice and stage.
        case voice
        /// 4: what groups channels.
        case category
        /// 10, 11, 12.
        case thread
        /// A type that this version does not know.
        case other(Int)

        init(_ type: Int) {
            switch type {
            case 0, 5, 15, 16: self = .text
            case 2, 13: self = .voice
            case 4: self = .category
            case 10, 11, 12: self = .thread
            default: self = .other(type)
            }
        }
    }

    /// What a channel denies and allows a role or a member.
    public struct Overwrite: Hashable, Sendable {
        /// The role's or the member's id.
        public var id: Text
        /// Whether `id` is a member's, and not a role's.
        public var isMember: Bool
        /// What is given.
        public var allow: DiscordPermissions
        /// What is taken; what is given as well stays given.
        public var deny: DiscordPermissions

        /// An overwrite of a role or a member.
        public init(
            id: Text, isMember: Bool, allow: DiscordPermissions, deny: DiscordPermissions
        ) {
            self.id = id
            self.isMember = isMember
            self.allow = allow
            self.deny = deny
        }
    }

    /// A member of the guild.
    public struct Member: Sendable {
        /// The user's id.
        public var id: Text
        /// Ids of the member's roles, never @everyone's; some may have been deleted.
        public var roles: [Text]
        /// Until when the member is timed out.
        public var timedOutUntil: Instant?

        /// A member with these roles; unsaid: not timed out.
        public init(id: Text, roles: [Text], timedOutUntil: Instant? = nil) {
            self.id = id
            self.roles = roles
            self.timedOutUntil = timedOutUntil
        }
    }

    /// What every member has.
    public var everyone: DiscordPermissions {
        roles.first { $0.id == id }?.permissions ?? []
    }
}

/// Discord's permissions as the bits of one number.
public struct DiscordPermissions: OptionSet, Hashable, Sendable {
    /// Bit B: the permission of that number.
    public let rawValue: UInt64

    /// The permissions of these bits, known or not.
    public init(rawValue: UInt64) {
        self.rawValue = rawValue
    }

    /// Every permission that has a name: bits 0 to 46 and 48 to 52.
    public static let all = DiscordPermissions(rawValue: (1 << 53) - 1 - (1 << 47))
    /// May do everything everywhere; counts in a guild's roles alone.
    public static let administrator = DiscordPermissions(rawValue: 1 << 3)
    /// Sees a channel; without it, nothing that belongs to the channel is left.
    public static let viewChannel = DiscordPermissions(rawValue: 1 << 10)
    /// Writes messages.
    public static let sendMessages = DiscordPermissions(rawValue: 1 << 11)
    /// Writes messages in threads.
    public static let sendMessagesInThreads = DiscordPermissions(rawValue: 1 << 38)
    /// Enters a voice channel.
    public static let connect = DiscordPermissions(rawValue: 1 << 20)
    /// Reads what was written before.
    public static let readMessageHistory = DiscordPermissions(rawValue: 1 << 16)
    /// Changes a channel, and the overwrites of roles in it.
    public static let manageChannelsAndRoles = DiscordPermissions(rawValue: 1 << 4 | 1 << 28)
    /// Needs `sendMessages`: text to speech, links, files, mentions of everyone.
    public static let sending = DiscordPermissions(
        rawValue: 1 << 12 | 1 << 14 | 1 << 15 | 1 << 17)
    /// Means something in voice channels alone, as discord.py 2.7.1 has it.
    public static let voice = DiscordPermissions(rawValue: 321_607_217_185_536)
    /// Belongs to a channel, as discord.py 2.7.1 has it.
    public static let channel = DiscordPermissions(rawValue: 8_555_290_110_197_585)
    /// What a member who is timed out keeps.
    public static let timedOut: DiscordPermissions = [.viewChannel, .readMessageHistory]
}
