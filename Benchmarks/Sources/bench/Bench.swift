import CMeasure
import CharterDocuments
import CharterEngine
import Foundation

/// Prints each figure beside its target and the limit or the peer, all of one run on one pinned core.
@main
struct Bench {
    static func main() async throws {
        measure_print_lines()
        let isPinned = measure_pin(0) == 0
        print(
            "CPU time, medians of 15 rounds, \(isPinned ? "one pinned core" : "NOT pinned"), release\n"
        )
        let job = try Job()
        let policy = try Policy.compile(job.charter, .init(operators: [job.layer]))
        let facts = try policy.facts(of: job.request)
        try countsAllocations()
        field()
        try decisions(job, policy, facts)
        try edge(job, policy)
        try compiling(job)
        try operators(job)
        try discord()
        try prompts()
        try await tokens()
        try documents()
    }

    // MARK: Measuring

    /// Median nanoseconds of CPU time for one of `count` operations.
    static func nanoseconds(_ count: Int, rounds: Int = 15, _ body: () throws -> Void) rethrows
        -> Double
    {
        try body()
        var times: [Double] = []
        for _ in 0..<rounds {
            let start = measure_cpu_nanoseconds()
            try body()
            times.append(Double(measure_cpu_nanoseconds() - start) / Double(count))
        }
        return times.sorted()[rounds / 2]
    }

    static func row(
        _ what: String, _ value: Double, _ unit: String, target: Double?, _ remark: String = ""
    ) {
        let shown = value < 100 ? String(format: "%.1f", value) : String(format: "%.0f", value)
        let verdict = target.map {
            value <= $0 ? "ok" : String(format: "MISSED by %.0f %%", (value / $0 - 1) * 100)
        }
        let limit = target.map { "target ≤ \($0 < 1 ? "\($0)" : String(Int($0))) \(unit)" } ?? ""
        print(
            "\(what.padding(toLength: 58, withPad: " ", startingAt: 0)) \(shown) \(unit)".padding(
                toLength: 74, withPad: " ", startingAt: 0), limit, verdict ?? "", remark)
    }

    @inline(never)
    static func keep<Value>(_ value: Value) {
        withExtendedLifetime(value) {}
    }

    static func allocations(_ body: () throws -> Void) rethrows -> Double {
        let start = measure_allocations()
        try body()
        return Double(measure_allocations() - start)
    }

    /// The counter counts: an array that grows allocates.
    static func countsAllocations() throws {
        let counted = allocations {
            var numbers: [Int] = []
            for number in 0..<1_000 { numbers.append(number) }
            keep(numbers)
        }
        row("allocations of an array that grows (the counter's control)", counted, "", target: nil)
    }

    // MARK: The peer

    static func field() {
        var policy = field_policy()
        policy.everyone = 0x00FF_00FF
        policy.role = (0xF00, 0xF000, 0xF_0000, 0xF0_0000)
        policy.everyone_deny = (0xFF, 0xFF00)
        var request = field_request()
        request.roles = 0b1010
        request.claims = (34, 1, 1, 7, 2, 0, 0, 0)
        policy.condition_bit = (
            1 << 32, 1 << 33, 1 << 34, 1 << 35, 1 << 36, 1 << 37, 1 << 38, 1 << 39
        )
        policy.condition_claim = (0, 1, 2, 3, 4, 5, 6, 7)
        policy.condition_least = (18, 1, 1, 5, 3, 1, 1, 1)
        var bits: UInt64 = 0
        let matrix = nanoseconds(1_000_000) {
            for number in 0..<1_000_000 {
                request.channel = Int32(number & 1)
                bits ^= field_matrix(&policy, &request)
            }
        }
        let one = nanoseconds(1_000_000) {
            for number in 0..<1_000_000 {
                request.channel = Int32(number & 1)
                bits ^= UInt64(field_decide(&policy, &request, Int32(number & 63)))
            }
        }
        keep(bits)
        row("C bit field, as Discord's: one decision", one, "ns", target: nil)
        row("C bit field, as Discord's: 64 decisions, yes or no", matrix, "ns", target: nil)
    }

    // MARK: Decisions

    static func decisions(_ job: Job, _ policy: Policy, _ facts: Facts) throws {
        let indices = try (0..<64).map { try Job.some(policy.charter.index(of: Job.id($0))) }
        var sum = 0
        let rounds = 20_000
        let one = nanoseconds(rounds * 64) {
            for _ in 0..<rounds {
                for index in indices { sum &+= Int(policy.decide(index, facts).setting.place ?? 0) }
            }
        }
        row("one decision, warm", one, "ns", target: 20, "(limit: C 3.9, Swift 5.8)")
        var trail = CompactTrail()
        let noted = nanoseconds(rounds * 64) {
            for _ in 0..<rounds {
                for index in indices {
                    sum &+= Int(policy.decide(index, facts, noting: &trail).setting.place ?? 0)
                    sum &+= trail.count
                }
            }
        }
        row("  the trail, more", max(0, noted - one), "ns", target: 10)
        let three = try threeConditions(job)
        let conditional = nanoseconds(rounds * 64) {
            for _ in 0..<(rounds * 64) {
                sum &+= Int(three.policy.decide(three.index, three.facts).setting.place ?? 0)
            }
        }
        row("one decision with three conditions", conditional, "ns", target: 60)
        let rows = PolicyRows(policy)
        var decisions: [BehaviorDecision] = []
        let matrix = nanoseconds(rounds) {
            for _ in 0..<rounds {
                rows.decide(facts, into: &decisions)
                sum &+= decisions.count
            }
        }
        row(
            "the whole matrix of 64: settings and ceilings", matrix, "ns", target: 150, "(limit 50)"
        )
        let allocated = allocations {
            for index in indices {
                sum &+= Int(policy.decide(index, facts).setting.place ?? 0)
                sum &+= Int(policy.decide(index, facts, noting: &trail).setting.place ?? 0)
            }
            sum &+= Int(three.policy.decide(three.index, three.facts).setting.place ?? 0)
            rows.decide(facts, into: &decisions)
        }
        row("allocations of all of these", allocated, "", target: 0)
        keep(sum)
    }

    static func threeConditions(_ job: Job) throws -> (
        policy: Policy, index: BehaviorIndex, facts: Facts
    ) {
        var layer = Layer(name: "three")
        for text in ["claims.age >= 18", "claims.member", "claims.profession == 'nurse'"] {
            layer.adjust.append(
                Adjustment(
                    Job.id(3), set: Rank(1), when: try Condition(parsing: text, claims: Job.claims))
            )
        }
        let policy = try Policy.compile(job.charter, .init(operators: [layer]))
        return (
            policy, try Job.some(policy.charter.index(of: Job.id(3))),
            try policy.facts(of: job.request)
        )
    }

    // MARK: The edge

    static func edge(_ job: Job, _ policy: Policy) throws {
        var request = job.request
        request.roles = ["role0", "role1", "role2", "role3"]
        request.claims["region"] = Claim(.text("Bern"), .vouched)
        request.claims["years"] = Claim(.int(7), .vouched)
        request.claims["plan"] = Claim(.text("paid"), .vouched)
        request.claims["seats"] = Claim(.int(3), .vouched)
        var facts = Facts()
        let rounds = 100_000
        let time = try nanoseconds(rounds) {
            for _ in 0..<rounds { try policy.intern(request, into: &facts) }
        }
        row("request to slots: 10 claims, 4 roles, 1 channel", time, "ns", target: 400)
        let json = Array(
            """
            {"user":{"id":"somebody","roles":["role0","role1","role2","role3"]},"channel":"channel0","claims":{\
            "age":{"value":34,"evidence":"verified"},"member":{"value":true,"evidence":"vouched"},\
            "profession":{"value":"nurse","evidence":"vouched"},"score":{"value":0.7,"evidence":"vouched"},\
            "level":{"value":2},"verified":{"value":false},"region":{"value":"Bern"},"years":{"value":7},\
            "plan":{"value":"paid"},"seats":{"value":3}}}
            """.utf8)
        let parsed = try nanoseconds(10_000) {
            for _ in 0..<10_000 {
                try policy.intern(try Request(try JSONDocument(json).root), into: &facts)
            }
        }
        row("  the same from JSON text, parsing included", parsed, "ns", target: nil)
        keep(facts)
    }

    // MARK: Compiling and memory

    static func compiling(_ job: Job) throws {
        let base = try Policy.compile(job.charter)
        let time = try nanoseconds(1_000) {
            for _ in 0..<1_000 { keep(try base.with(operators: [job.layer])) }
        }
        row("compile a typed layer of 40 adjustments", time / 1_000, "µs", target: 20)
        let text = SourceText(file: "operator.yaml", text: yaml)
        let context = LayerDocument.Context(charter: job.charter, level: .operator)
        let reading = LayerDocument.read(text, in: context)
        guard reading.value != nil else {
            print(DiagnosticText.render(reading.diagnostics))
            throw Job.Missing()
        }
        let fromText = try nanoseconds(200) {
            for _ in 0..<200 {
                let layer = try Job.some(LayerDocument.read(text, in: context).value?.layer)
                keep(try base.with(operators: [layer]))
            }
        }
        row("  the same from YAML text", fromText / 1_000, "µs", target: 300)
    }

    /// 40 adjustments as text, 8 of them with conditions.
    static let yaml: String = {
        var lines = ["layer: operator", "name: somebody", "adjust:"]
        for number in 0..<40 {
            let id = number * 5 % 64
            let value = id >= 48 ? "low" : "on"
            let condition = number % 5 == 4 ? ", when: 'claims.age >= 18 && claims.member'" : ""
            lines.append("  behavior_\(id): {set: \(value)\(condition)}")
        }
        return lines.joined(separator: "\n") + "\n"
    }()

    static func operators(_ job: Job) throws {
        let base = try Policy.compile(job.charter)
        let layers = try (0..<64).map { try Job.layer($0) }
        var table = PolicyTable()
        let keys = (0..<1_000_000).map { Text("sk-operator-\($0)") }
        let before = measure_resident()
        for number in 0..<100_000 {
            table.set(try base.with(operators: [layers[number % 64]]), for: keys[number])
        }
        let bytes = Double(measure_resident() - before) / 100_000
        row("resident for each further operator, of 100,000", bytes, "B", target: 1_024)
        for number in 100_000..<1_000_000 {
            table.set(try base.with(operators: [layers[number % 64]]), for: keys[number])
        }
        let facts = try base.with(operators: [job.layer]).facts(of: job.request)
        let index = try Job.some(job.charter.index(of: Job.id(3)))
        var sum = 0
        var place = 1
        let cold = nanoseconds(200_000, rounds: 5) {
            for _ in 0..<200_000 {
                place = (place &* 6_364_136 &+ 1_442_695) % 1_000_000
                if let policy = table[keys[place]] {
                    sum &+= policy.decide(index, facts).setting.place ?? 0
                }
            }
        }
        row(
            "the policy of one operator among 1,000,000, cold", cold, "ns", target: 400,
            "(and one decision)")
        let hot = nanoseconds(200_000) {
            for number in 0..<200_000 {
                if table[keys[number & 7]] != nil { sum &+= 1 }
            }
        }
        row("  hot", hot, "ns", target: 20)
        keep(sum)
    }

    // MARK: A guild

    /// 60 roles, 50 channels with overwrites of three roles and a member each, 100,000 members with up to
    /// 20 roles.
    static func discord() throws {
        var state: UInt64 = 7
        func random(_ bound: UInt64) -> UInt64 {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return (state >> 33) % bound
        }
        func bits() -> DiscordPermissions {
            DiscordPermissions(rawValue: random(1 << 30) & 0x3FFF_FFF7 | random(1 << 20) << 30)
        }
        var roles = [
            DiscordGuild.Role(id: "1", name: "@everyone", position: 0, permissions: bits())
        ]
        for number in 0..<60 {
            let id = Text("10000000000000\(100 + number)")
            roles.append(.init(id: id, name: "", position: number + 1, permissions: bits()))
        }
        let ids = roles.dropFirst().map(\.id)
        var members: [DiscordGuild.Member] = []
        for number in 0..<100_000 {
            let count = Int(random(21))
            let own = (0..<count).map { _ in ids[Int(random(60))] }
            members.append(.init(id: Text("2000000000000\(100_000 + number)"), roles: own))
        }
        let channels = (0..<50).map { number in
            var overwrites = (0..<3).map { _ in
                DiscordGuild.Overwrite(
                    id: ids[Int(random(60))], isMember: false, allow: bits(), deny: bits())
            }
            overwrites.append(
                .init(
                    id: members[Int(random(1_000))].id, isMember: true, allow: bits(), deny: bits())
            )
            return DiscordGuild.Channel(
                id: Text("3000000000000\(100 + number)"), name: "", kind: .text, parentID: nil,
                isAgeRestricted: false, overwrites: overwrites)
        }
        let guild = DiscordGuild(
            id: "1", name: "", ownerID: "2", roles: roles, channels: channels, threads: [],
            members: [])
        let policy = try DiscordPolicy(guild)
        let now = Instant(seconds: 0)
        var sum: UInt64 = 0
        let all = try nanoseconds(1, rounds: 3) {
            try policy.visit(members, in: channels, at: now) { sum &+= $2.rawValue }
        }
        row(
            "100,000 members of a guild in 50 channels", all / 1_000_000_000, "s", target: 1)
        let many = DiscordGuild.Member(id: "4", roles: Array(ids.prefix(20)))
        let plain = try nanoseconds(20_000) {
            for _ in 0..<20_000 { sum &+= try policy.permissions(of: many, at: now).rawValue }
        }
        let inChannel = try nanoseconds(20_000) {
            for _ in 0..<20_000 {
                sum &+= try policy.permissions(of: many, in: channels[0], at: now).rawValue
            }
        }
        row("a member with 20 roles, without overwrites", plain, "ns", target: nil)
        row("  in a channel with overwrites", inChannel, "ns", target: plain * 2)
        keep(sum)
    }

    // MARK: Documents

    static func documents() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let command = root.appending(path: ".build-release/release/charter").path
        guard FileManager.default.isExecutableFile(atPath: command) else {
            print("no release command: `make build` makes it")
            return
        }
        // Somebody else's documents are no part of the project: where they are not, this says so.
        let shared =
            ProcessInfo.processInfo.environment["CHARTER_SHARED"]
            ?? root.appending(path: "../shared").path
        let specification = shared + "/data/model_spec/model_spec.md"
        if FileManager.default.fileExists(atPath: specification) {
            row(
                "read and check OpenAI's Model Spec, start-up included",
                try wall(command, ["check", specification]), "ms", target: 40, "(wall)")
        } else {
            print("the Model Spec is not here: CHARTER_SHARED says where it is")
        }
        row(
            "read and check the standard charter, start-up included",
            try wall(command, ["check", root.appending(path: "Charters/standard.md").path]), "ms",
            target: nil, "(wall)")
        row("charter --version", try wall(command, ["--version"]), "ms", target: 15, "(wall)")
    }

    /// Median wall time of a whole program in milliseconds.
    static func wall(_ command: String, _ arguments: [String]) throws -> Double {
        var texts = ([command] + arguments).map { strdup($0) } + [nil]
        defer { for text in texts { free(text) } }
        let times = (0..<15).map { _ in measure_program(&texts) }
        guard times.allSatisfy({ $0 > 0 }) else { throw Job.Missing() }
        return Double(times.sorted()[7]) / 1_000_000
    }
}
