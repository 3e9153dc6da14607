import CharterDocuments
import CharterEngine
import Foundation
import Testing

/// Discord's permissions come out of the engine to the bit, and a payload that is none is told.
@Suite("Discord")
struct DiscordTests {
    static let cases: [DiscordCase] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors/discord/sample.jsonl")
        let lines = (try? Data(contentsOf: file))?.split(separator: UInt8(ascii: "\n")) ?? []
        return lines.compactMap { line in
            (try? JSONDocument(Array(line)).root).flatMap(DiscordCase.init)
        }
    }()

    @Test("Every value that discord.py computed is the engine's, too")
    func sample() throws {
        var compared = 0
        for each in Self.cases {
            let outcome = try each.outcome()
            compared += outcome.compared
            #expect(outcome.differences.isEmpty, "\(each.name)")
        }
        #expect(Self.cases.count == 150)
        #expect(compared == 7_057)
    }

    @Test("Many members in many channels come out as one by one")
    func visiting() throws {
        let now = Instant(seconds: 1_790_000_000)
        for guild in Self.guilds.prefix(40) {
            let policy = try DiscordPolicy(guild)
            var count = 0
            let places = guild.channels + guild.threads
            try policy.visit(guild.members, in: places, at: now) { member, place, bits in
                count += 1
                let one = try? policy.permissions(of: member, in: place, at: now)
                #expect(bits == one)
            }
            #expect(count == guild.members.count * places.count)
        }
    }

    private static func guild(_ text: String) throws -> DiscordGuild {
        try DiscordGuild(try JSONDocument(Array(text.utf8)).root)
    }

    /// A payload that is wrong at one place.
    struct Slip: CustomTestStringConvertible {
        let payload: String
        let path: String

        init(_ path: String, _ payload: String) {
            self.payload = payload
            self.path = path
        }

        var testDescription: String { path }
    }

    @Test(
        "What is not of Discord's form is told with its place",
        arguments: [
            Slip("id", #"{"owner_id":"1"}"#),
            Slip("id", #"{"id":1,"owner_id":"1"}"#),
            Slip("id", #"{"id":"-1","owner_id":"1"}"#),
            Slip("id", #"{"id":"123456789012345678901","owner_id":"1"}"#),
            Slip("owner_id", #"{"id":"1","owner_id":null}"#),
            Slip("roles", #"{"id":"1","owner_id":"2","roles":{}}"#),
            Slip(
                "roles[1]", #"{"id":"1","owner_id":"2","roles":[{"id":"1","permissions":"0"},7]}"#),
            Slip(
                "roles[0].permissions",
                #"{"id":"1","owner_id":"2","roles":[{"id":"1","permissions":8}]}"#),
            Slip(
                "roles[0].permissions",
                #"{"id":"1","owner_id":"2","roles":[{"id":"1","permissions":"+8"}]}"#),
            Slip(
                "roles[0].permissions",
                #"{"id":"1","owner_id":"2","roles":[{"id":"1","permissions":"18446744073709551616"}]}"#
            ),
            Slip(
                "channels[0].type", #"{"id":"1","owner_id":"2","channels":[{"id":"3","type":"0"}]}"#
            ),
            Slip(
                "channels[0].permission_overwrites[0].type",
                #"{"id":"1","owner_id":"2","channels":[{"id":"3","type":0,"permission_overwrites":[{"id":"1","type":2,"allow":"0","deny":"0"}]}]}"#
            ),
            Slip("members[0].user", #"{"id":"1","owner_id":"2","members":[{"roles":[]}]}"#),
            Slip(
                "members[0].roles",
                #"{"id":"1","owner_id":"2","members":[{"user":{"id":"9"},"roles":[9]}]}"#),
            Slip(
                "members[0].communication_disabled_until",
                #"{"id":"1","owner_id":"2","members":[{"user":{"id":"9"},"roles":[],"communication_disabled_until":"soon"}]}"#
            ),
        ])
    func slips(slip: Slip) throws {
        let error = #expect(throws: DiscordGuildError.self) { try Self.guild(slip.payload) }
        #expect(error?.path == slip.path)
    }

    /// A switch for each bit, as the mapping below opens them.
    private static let switches: Charter? = Charter(
        behaviors: (0..<8).map { number in
            var behavior = Behavior(
                id: BehaviorID(Text("bit_\(number)")), title: "", kind: .switch,
                values: ["off", "on"], authority: .operator, default: .cautious)
            behavior.delegable = [.user: behavior.top]
            return behavior
        })

    @Test("An imported layer opens to each member, in each channel, what Discord permits there")
    func importing() throws {
        let charter = try #require(Self.switches)
        let on = try #require(Rank(1))
        let bits = [0, 6, 11, 14, 20, 31, 38, 49]
        var mapping = DiscordMapping()
        for (number, bit) in bits.enumerated() {
            mapping.permissions[bit] = [.init(BehaviorID(Text("bit_\(number)")), on)]
        }
        let context = LayerDocument.Context(charter: charter, level: .operator)
        var compared = 0
        for guild in Self.guilds.prefix(60)
        where !guild.everyone.contains(.administrator) {
            let made = DiscordImport(guild, mapping, charter)
            let reading = LayerDocument.read(
                SourceText(file: "guild.yaml", text: made.layer), in: context)
            let layer = try #require(reading.value?.layer, "\(reading.diagnostics)\n\(made.layer)")
            let policy = try Policy.compile(charter, .init(operators: [layer]))
            let theirs = try DiscordPolicy(guild).policy
            for member in guild.members {
                for channel in guild.channels {
                    let request = Request(user: member.id, roles: member.roles, channel: channel.id)
                    let decided = try policy.decide(request).behaviors.map(\.ceilings.user.place)
                    let expected = try theirs.decide(request).behaviors.map(\.ceilings.user.place)
                    #expect(decided == bits.map { expected[$0] })
                    compared += 1
                }
            }
        }
        #expect(compared > 500)
    }

    private static let guilds: [DiscordGuild] = {
        let file = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .appending(path: "Vectors/discord/sample.jsonl")
        let lines = (try? Data(contentsOf: file))?.split(separator: UInt8(ascii: "\n")) ?? []
        return lines.compactMap { line in
            (try? JSONDocument(Array(line)).root["guild"]).flatMap { try? DiscordGuild($0) }
        }
    }()

    @Test(
        "A mapping that is wrong is told with its place",
        arguments: [
            ("permissions: {manage_mesages: {bit_0: on}}", "discord.unknown-permission", 15),
            ("permissions: {speak: {bit_9: on}}", "discord.unknown-behavior", 23),
            ("permissions: {speak: {bit_1: most}}", "discord.unknown-value", 30),
            ("permissions: {speak: {bit_1: off}}", "discord.opens-nothing", 30),
            ("permissions: [speak]", "discord.bad-value", 14),
            ("permision: {}", "discord.unknown-key", 1),
            ("age_restricted: {bit_1: on, bit_1: on}", "discord.duplicate-key", 29),
            ("age_restricted: {bit_1: on", "discord.syntax", 27),
        ])
    func mappings(text: String, id: String, column: Int) throws {
        let charter = try #require(Self.switches)
        let reading = DiscordMapping.read(SourceText(file: "m.discord.yaml", text: text), charter)
        #expect(reading.value == nil)
        let first = try #require(reading.diagnostics.first)
        #expect(first.id == id)
        #expect(first.position == SourcePosition(line: 1, column: column))
    }

    @Test("Ids beyond 2⁵³ are told apart, and 10,000 roles are not too many")
    func many() throws {
        let near = ["9007199254740993", "9007199254740992"]
        let roles = (0..<9_997).map { #"{"id":"\#(100_000 + $0)","permissions":"\#($0 % 2048)"}"# }
        let guild = try Self.guild(
            """
            {"id":"1","owner_id":"2","roles":[{"id":"1","permissions":"1024"},
             {"id":"\(near[0])","permissions":"2048"},{"id":"\(near[1])","permissions":"8"},
             \(roles.joined(separator: ","))],
             "members":[{"user":{"id":"7"},"roles":["\(near[0])","424242"]},
             {"user":{"id":"8"},"roles":["\(near[1])"]}]}
            """)
        let policy = try DiscordPolicy(guild)
        let now = Instant(seconds: 0)
        #expect(try policy.permissions(of: guild.members[0], at: now).rawValue == 1024 | 2048)
        #expect(try policy.permissions(of: guild.members[1], at: now) == .all)
        let lost = DiscordGuild.Member(id: "9", roles: ["5"], timedOutUntil: nil)
        #expect(try policy.permissions(of: lost, at: now).rawValue == 1024)
    }
}
