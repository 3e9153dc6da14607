@testable import CharterEngine

/// A charter, layers and a request that fit each other, drawn from a seed; never illegal.
///
/// Small on purpose: a law that breaks, breaks among few behaviors. Whoever decides in a second way
/// holds it against `decide(withTrail:)` on these.
struct RandomPolicy {
    var behaviors: [Behavior]
    var claims: [Text: ClaimType] = [:]
    var assume: [Text: ClaimValue] = [:]
    var platform: Layer?
    /// Outermost first.
    var operators: [Layer] = []
    var user: UserLayer?
    var request = Request()

    static let roles: [Text] = ["r0", "r1", "r2"]
    static let channels: [Text] = ["c0", "c1", "*"]
    static let users: [Text] = ["u0", "u1"]
    static let tools: [Text] = ["search", "mail"]
    static let moments = [0, 10, 20, 30].map { Instant(seconds: $0) }

    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        self.init(&generator)
    }

    init(_ generator: inout SeededGenerator) {
        behaviors = (0..<(1 + generator.below(4))).map {
            RandomPolicy.behavior("b\($0)", &generator)
        }
        for place in behaviors.indices {
            behaviors[place].conflicts = generator.some(of: behaviors.map(\.id), 30)
        }
        var draft = LayerDraft(behaviors: behaviors)
        claims = draft.declarations(55, &generator)
        assume = draft.assumptions(&generator)
        for place in behaviors.indices where generator.chance(35) {
            behaviors[place].adjust = (0..<(1 + generator.below(2))).map { _ in
                draft.adjustment(
                    of: behaviors[place], operations: [.set, .set, .set, .forbid], &generator)
            }
        }
        if generator.chance(75) { platform = draft.layer(.platform, false, &generator) }
        let length = generator.pick([0, 1, 1, 1, 2, 3, 4])
        operators = (0..<length).map {
            draft.layer(.operator, $0 == length - 1, &generator)
        }
        if generator.chance(60) { user = userLayer(&generator) }
        request = self.request(&generator)
    }

    private static func behavior(
        _ id: String, _ generator: inout SeededGenerator
    ) -> Behavior {
        let kind = generator.pick([Behavior.Kind.dial, .dial, .switch, .duty])
        let values: [Text] =
            switch kind {
            case .dial: (0..<(2 + generator.below(7))).map { Text("v\($0)") }
            case .switch: generator.chance(50) ? ["off", "on"] : ["on", "off"]
            case .duty: ["on", "off"]
            }
        func rank(_ generator: inout SeededGenerator) -> Rank {
            Rank(generator.below(values.count)) ?? .cautious
        }
        var behavior = Behavior(
            id: BehaviorID(Text(id)), title: id, kind: kind, values: values,
            authority: generator.pick(Authority.allCases), default: rank(&generator))
        behavior.tier = generator.pick(Tier.allCases)
        behavior.evidence = generator.pick(Evidence.allCases)
        behavior.believable = generator.pick(Evidence.allCases)
        behavior.otherwise = generator.pick([.refuse, .ask, .transform, .guide])
        guard !behavior.isHardcoded else { return behavior }
        let below = [Level.platform, .operator, .user]
        for level in below where behavior.authority.reaches(level) && generator.chance(35) {
            behavior.bounds[level] = rank(&generator)
        }
        if generator.chance(30) {
            behavior.delegable = [generator.pick(below): behavior.top]
        } else if generator.chance(30) {
            for level in generator.some(of: below, 50) {
                behavior.delegable[level] = rank(&generator)
            }
        }
        return behavior
    }
}

extension RandomPolicy {
    /// By its text, each condition as the tree that it was written from.
    static let trees: [String: RandomCondition] = {
        var generator = SeededGenerator(seed: 5)
        return Dictionary(
            (0..<600).map { number in
                let tree = RandomCondition(&generator, depth: 1 + number % 3)
                return (tree.text, tree)
            }, uniquingKeysWith: { first, _ in first })
    }()

    /// Conditions, read once: reading one costs more than deciding with it.
    static let conditions: [Condition] = trees.keys.sorted().compactMap { text in
        try? Condition(parsing: text, claims: RandomCondition.types)
    }

    /// Draws layers from the top down, so that conditions use claims from the same layer or above.
    private struct LayerDraft {
        enum Operation { case set, allow, deny, forbid }
        /// What is forbidden is out of play, so it is seldom.
        static let usual: [Operation] = [
            .set, .set, .set, .set, .allow, .allow, .allow, .deny, .deny, .forbid,
        ]

        let behaviors: [Behavior]
        var visible: Set<Text> = []
        /// Every adjustment stands on a line of its own, by which a trail's step is found again.
        var line = 0

        mutating func declarations(
            _ percent: Int, _ generator: inout SeededGenerator
        ) -> [Text: ClaimType] {
            let names = generator.some(of: RandomCondition.names, percent)
            visible.formUnion(names)
            return RandomCondition.types.filter { names.contains($0.key) }
        }

        func assumptions(_ generator: inout SeededGenerator) -> [Text: ClaimValue] {
            var assume: [Text: ClaimValue] = [:]
            for name in generator.some(of: visible.sorted(), 20) {
                assume[name] = RandomPolicy.value(of: name, &generator)
            }
            return assume
        }

        func beliefs(_ generator: inout SeededGenerator) -> [Text: Evidence] {
            var believe: [Text: Evidence] = [:]
            for name in generator.some(of: visible.sorted(), 25) {
                believe[name] = generator.pick(Evidence.allCases)
            }
            return believe
        }

        mutating func adjustment(
            of behavior: Behavior, operations: [Operation] = LayerDraft.usual,
            _ generator: inout SeededGenerator
        ) -> Adjustment {
            line += 1
            var adjustment = Adjustment(
                behavior.id, source: SourcePosition(line: line, column: 1))
            var chosen = [generator.pick(operations)]
            if generator.chance(25) { chosen.append(generator.pick(operations)) }
            for operation in chosen {
                let any = Rank(generator.below(behavior.values.count))
                let restricted = Rank(1 + generator.below(behavior.values.count - 1))
                switch operation {
                case .set: adjustment.set = any
                case .allow: adjustment.allow = any
                case .deny: adjustment.deny = restricted
                case .forbid: adjustment.forbid = restricted
                }
            }
            if generator.chance(40) {
                let condition = generator.pick(RandomPolicy.conditions)
                if condition.uses.allSatisfy({ visible.contains($0.name) }) {
                    adjustment.condition = condition
                }
            }
            if generator.chance(12) { adjustment.from = generator.pick(RandomPolicy.moments) }
            if generator.chance(12) { adjustment.until = generator.pick(RandomPolicy.moments) }
            return adjustment
        }

        mutating func adjustments(
            _ most: Int, _ generator: inout SeededGenerator
        ) -> [Adjustment] {
            (0..<generator.below(most + 1)).map { _ in
                adjustment(of: generator.pick(behaviors), &generator)
            }
        }

        mutating func layer(
            _ level: Level, _ isInnermost: Bool, _ generator: inout SeededGenerator
        ) -> Layer {
            var layer = Layer(name: Text(level.name), file: "\(level.name).yaml")
            layer.claims = declarations(30, &generator)
            let templates = generator.pick([0, 0, 1, 2])
            var drafts = (0..<templates).map {
                Layer.Template(name: Text("t\($0)"), file: "t\($0).yaml")
            }
            for place in drafts.indices { drafts[place].claims = declarations(10, &generator) }
            for place in drafts.indices {
                drafts[place].assume = assumptions(&generator)
                if level == .operator { drafts[place].believe = beliefs(&generator) }
                drafts[place].adjust = adjustments(3, &generator)
            }
            layer.templates = drafts
            layer.assume = assumptions(&generator)
            if level == .operator { layer.believe = beliefs(&generator) }
            layer.adjust = adjustments(4, &generator)
            guard isInnermost else { return layer }
            layer.roles = generator.some(of: RandomPolicy.roles, 50).map { name in
                Layer.Role(
                    name: name, isAdministrator: generator.chance(25),
                    adjust: adjustments(2, &generator))
            }
            layer.channels = generator.some(of: RandomPolicy.channels, 40).map { name in
                var channel = Layer.Channel(name: name)
                channel.everyone = adjustments(2, &generator)
                for role in generator.some(of: layer.roles, 50) {
                    channel.roles[role.name] = adjustments(2, &generator)
                }
                for user in generator.some(of: RandomPolicy.users, 50) {
                    channel.members[user] = adjustments(2, &generator)
                }
                return channel
            }
            return layer
        }
    }

    /// A value that has the type of the claim.
    static func value(of claim: Text, _ generator: inout SeededGenerator) -> ClaimValue {
        switch RandomCondition.types[claim] {
        case .int: .int(generator.pick([-1, 0, 5, 17, 18, 34]))
        case .double:
            generator.chance(50)
                ? .double(generator.pick([-0.5, 2.5, 17.5])) : .int(generator.pick([0, 1, 18]))
        case .bool: .bool(generator.chance(50))
        case .enumerated: .text(Text(generator.pick(RandomCondition.professions)))
        case .string, nil: .text(Text(generator.pick(RandomCondition.texts)))
        }
    }

    /// A value that does not have the type of any claim, or of few.
    static func wrongValue(_ generator: inout SeededGenerator) -> ClaimValue {
        generator.pick([.garbled, .text("lawyer"), .double(.nan), .double(0.5), .bool(true)])
    }

    private func userLayer(_ generator: inout SeededGenerator) -> UserLayer {
        UserLayer(
            name: "mine", file: "user.yaml",
            settings: (0..<generator.below(4)).map { line in
                let (id, value) = idAndValue(&generator)
                return UserLayer.Setting(
                    id, value, file: "user.yaml", source: SourcePosition(line: line + 1, column: 1))
            })
    }

    /// Seldom such as the charter lacks.
    private func idAndValue(_ generator: inout SeededGenerator) -> (BehaviorID, Text) {
        let behavior = generator.pick(behaviors)
        return (
            generator.chance(5) ? "nobody_knows" : behavior.id,
            generator.chance(5) ? "unheard" : generator.pick(behavior.values)
        )
    }

    private func speaker(_ generator: inout SeededGenerator) -> Speaker {
        switch generator.below(8) {
        case 0: .principal(.platform)
        case 1, 2: .principal(.operator)
        case 3, 4: .principal(.user)
        case 5: .assistant
        default: .tool(generator.pick(RandomPolicy.tools))
        }
    }

    private func request(_ generator: inout SeededGenerator) -> Request {
        var request = Request()
        if generator.chance(70) { request.user = generator.pick(RandomPolicy.users) }
        request.roles = generator.some(of: RandomPolicy.roles + ["r1", "nobody"], 40)
        let listed = operators.last?.channels.map(\.name) ?? []
        if generator.chance(60) {
            request.channel =
                listed.isEmpty || listed.contains("*") && generator.chance(50)
                ? "elsewhere" : generator.pick(listed)
        }
        if generator.chance(50) { request.surface = Text(generator.pick(RandomCondition.texts)) }
        if generator.chance(50) { request.model = Text(generator.pick(RandomCondition.texts)) }
        if generator.chance(50) { request.language = Text(generator.pick(RandomCondition.texts)) }
        if generator.chance(60) { request.at = generator.pick(RandomPolicy.moments) }
        for name in generator.some(of: RandomCondition.names, 60) {
            let value =
                generator.chance(10)
                ? RandomPolicy.wrongValue(&generator) : RandomPolicy.value(of: name, &generator)
            request.claims[name] = Claim(value, generator.pick(Evidence.allCases))
        }
        request.instructions = (0..<generator.pick([0, 0, 1, 2, 4, 6])).map { _ in
            let (id, value) = idAndValue(&generator)
            return Instruction(
                from: speaker(&generator),
                generator.chance(30)
                    ? .delegate(tool: generator.pick(RandomPolicy.tools)) : .set(id, value),
                isExplicit: generator.chance(75))
        }
        request.demands = (0..<generator.pick([0, 1, 2, 4])).map { _ in
            let (id, value) = idAndValue(&generator)
            return Demand(
                id, value: generator.chance(60) ? value : nil, isExplicit: generator.chance(50),
                isTriggered: generator.chance(60), from: speaker(&generator))
        }
        return request
    }
}

extension RandomPolicy {
    struct TwoOfOneID: Error {}

    func policy() throws -> Policy {
        guard let charter = Charter(behaviors: behaviors, claims: claims, assume: assume) else {
            throw TwoOfOneID()
        }
        return try Policy.compile(
            charter, Policy.Layers(platform: platform, operators: operators))
    }

    /// What the reference says.
    func decide(withTrail: Bool = false) throws -> Decision {
        try policy().decide(request, user: user, withTrail: withTrail)
    }

    /// The fold of each behavior, in charter order: it has the ceilings of every actor.
    func folds() throws -> [Fold] { try policy().folds(request, user) }
}
