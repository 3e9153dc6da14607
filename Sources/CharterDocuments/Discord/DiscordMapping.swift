public import CharterEngine

/// What Discord's permissions and channel flags open in a charter: `NAME.discord.yaml`.
public struct DiscordMapping: Sendable {
    /// By bit: the values that whoever has the permission may have.
    public var permissions: [Int: [Opening]] = [:]
    /// The values that an age-restricted channel opens.
    public var ageRestricted: [Opening] = []

    /// A value of a behavior that is opened.
    public struct Opening: Hashable, Sendable {
        /// Which behavior.
        public var behavior: BehaviorID
        /// Up to which value.
        public var value: Rank

        /// Opens a behavior up to a value.
        public init(_ behavior: BehaviorID, _ value: Rank) {
            self.behavior = behavior
            self.value = value
        }
    }

    /// A mapping in which nothing opens anything.
    public init() {}

    /// Reads a mapping for a charter; all that is wrong at once; O(size).
    public static func read(_ source: SourceText, _ charter: Charter) -> Reading<DiscordMapping> {
        if let bound = source.bounds(area: "discord") {
            return Reading(value: nil, diagnostics: [bound])
        }
        var findings = Findings(source)
        let root = YAMLReader.read(source.bytes, area: "discord", &findings)
        guard let root, root.scalar != "" else {
            return Reading(value: DiscordMapping(), diagnostics: findings.diagnostics)
        }
        var mapping = DiscordMapping()
        for (key, value) in pairs(root, &findings) {
            switch key.scalar {
            case "permissions":
                for (name, openings) in pairs(value, &findings) {
                    guard let bit = DiscordPermissions.bit(named: name.scalar ?? "") else {
                        findings.add(
                            "discord.unknown-permission", at: name.range,
                            "Discord has no permission `\(name.scalar ?? "")`",
                            help: NearestName.help(
                                for: name.scalar ?? "", among: DiscordPermissions.names.values)
                                ?? "names are those of Discord's API in lower case")
                        continue
                    }
                    mapping.permissions[bit] = read(openings, charter, &findings)
                }
            case "age_restricted": mapping.ageRestricted = read(value, charter, &findings)
            default:
                findings.add(
                    "discord.unknown-key", at: key.range, "there is no `\(key.scalar ?? "")` here",
                    help: NearestName.help(
                        for: key.scalar ?? "", among: ["permissions", "age_restricted"])
                        ?? "write `permissions` or `age_restricted`")
            }
        }
        return Reading(value: mapping, diagnostics: findings.diagnostics)
    }

    private static func read(
        _ node: YAMLNode, _ charter: Charter, _ findings: inout Findings
    ) -> [Opening] {
        pairs(node, &findings).compactMap { key, value in
            let id = BehaviorID(Text(key.scalar ?? ""))
            guard let behavior = charter[id] else {
                findings.add(
                    "discord.unknown-behavior", at: key.range,
                    "the charter has no behavior `\(id)`",
                    help: NearestName.help(
                        for: id.text.string, among: charter.behaviors.map(\.id.text.string)))
                return nil
            }
            guard let rank = value.scalar.flatMap({ behavior.rank(of: Text($0)) }) else {
                findings.add(
                    "discord.unknown-value", at: value.range,
                    "`\(id)` has no value `\(value.scalar ?? value.kind)`",
                    help: "write one of \(behavior.spelledValues)")
                return nil
            }
            guard rank > .cautious else {
                findings.add(
                    "discord.opens-nothing", at: value.range,
                    "everybody may have `\(behavior.spelled(rank))`",
                    reason: "it is the most careful value, which nobody can be denied",
                    help: "write a value that a permission can be needed for")
                return nil
            }
            guard !behavior.most(.operator).isNone, behavior.most(.user) >= rank else {
                findings.add(
                    "discord.out-of-bounds", at: value.range,
                    "users may never have `\(behavior.spelled(rank))` of `\(id)`",
                    reason: "the charter leaves them less, whatever an operator says",
                    help: "take it out, or write a lower value")
                return nil
            }
            return Opening(id, rank)
        }
    }

    private static func pairs(
        _ node: YAMLNode, _ findings: inout Findings
    ) -> [(key: YAMLNode, value: YAMLNode)] {
        findings.pairs(
            of: node, "discord.bad-value", "a map is expected, not \(node.kind)",
            help: "write `name: {behavior: value}` lines", mayBeUnsaid: false)
    }
}

extension DiscordPermissions {
    /// The names of the API in lower case, by bit.
    public static let names: [Int: String] = [
        0: "create_instant_invite", 1: "kick_members", 2: "ban_members", 3: "administrator",
        4: "manage_channels", 5: "manage_guild", 6: "add_reactions", 7: "view_audit_log",
        8: "priority_speaker", 9: "stream", 10: "view_channel", 11: "send_messages",
        12: "send_tts_messages", 13: "manage_messages", 14: "embed_links", 15: "attach_files",
        16: "read_message_history", 17: "mention_everyone", 18: "use_external_emojis",
        19: "view_guild_insights", 20: "connect", 21: "speak", 22: "mute_members",
        23: "deafen_members", 24: "move_members", 25: "use_vad", 26: "change_nickname",
        27: "manage_nicknames", 28: "manage_roles", 29: "manage_webhooks",
        30: "manage_guild_expressions", 31: "use_application_commands", 32: "request_to_speak",
        33: "manage_events", 34: "manage_threads", 35: "create_public_threads",
        36: "create_private_threads", 37: "use_external_stickers",
        38: "send_messages_in_threads", 39: "use_embedded_activities", 40: "moderate_members",
        41: "view_creator_monetization_analytics", 42: "use_soundboard",
        43: "create_guild_expressions", 44: "create_events", 45: "use_external_sounds",
        46: "send_voice_messages", 48: "set_voice_channel_status", 49: "send_polls",
        50: "use_external_apps", 51: "pin_messages", 52: "bypass_slowmode",
    ]

    /// The bit with a name of the API, in lower case.
    public static func bit(named name: String) -> Int? {
        names.first { $0.value == name }?.key
    }

    /// Whether a bit is set.
    public func contains(bit: Int) -> Bool { rawValue & 1 << UInt64(bit) != 0 }
}
