extension Policy {
    /// Decides a whole request (SEMANTICS §4–§8).
    ///
    /// - Parameters:
    ///   - user: the user's own layer.
    ///   - withTrail: whether the decision lists every step, or only the refused ones.
    /// - Throws: where the request names a channel that the operator does not have.
    public func decide(
        _ request: Request, user: UserLayer? = nil, withTrail: Bool = false
    ) throws(RequestError) -> Decision {
        let facts = try facts(of: request)
        let conversation = Conversation(request.instructions, self)
        let settings = UserSettings(user, self)
        var behaviors: [BehaviorDecision] = []
        var refused: [Step] = []
        var trail: [Step] = []
        for number in charter.behaviors.indices {
            let fold = fold(BehaviorIndex(number), facts, conversation, settings)
            behaviors.append(BehaviorDecision(fold, actors))
            refused += fold.trail.filter { $0.reason != nil }
            if withTrail { trail += fold.trail }
        }
        let arbitration = Arbitration(
            request.demands, behaviors, self, levelOf: conversation.level(of:))
        let unknown = settings.unknown + conversation.unknown + arbitration.unknown
        return Decision(
            behaviors: behaviors, refused: refused + unknown,
            ignoredRoles: Set(request.roles.filter { rolePlaces[$0] == nil }).sorted(),
            verdict: arbitration.verdict, trail: withTrail ? trail + unknown : [])
    }

    /// The reference fold of one behavior.
    func fold(
        _ index: BehaviorIndex, _ facts: Facts, _ conversation: Conversation, _ user: UserSettings
    ) -> Fold {
        Fold(charter[index], chain(index, facts, conversation, user))
    }

    /// What each actor says of one behavior, root first.
    func chain(
        _ index: BehaviorIndex, _ facts: Facts, _ conversation: Conversation, _ user: UserSettings
    ) -> [Actor] {
        let instructions = conversation.entries[index] ?? [:]
        var chain: [Actor] = []
        for actor in actors {
            let scopes = actor.scopes.map { scope in
                var entries = (scope.adjustments[index.number] ?? []).compactMap { $0.entry(facts) }
                if scope.scope == .platformInstruction { entries += instructions[.platform] ?? [] }
                if scope.scope == .operatorInstruction { entries += instructions[.operator] ?? [] }
                return ActorScope(scope: scope.scope, place: scope.place, entries: entries)
            }
            let isLent = actor.isInnermost && facts.roles.contains(where: administrators.contains)
            chain.append(
                Actor(
                    level: actor.level, scopes: scopes,
                    administrator: isLent ? Entry(origin: .init()) : nil))
        }
        chain.append(
            Actor(
                level: .user,
                scopes: [
                    ActorScope(
                        scope: .user, place: scopeCount - 2, entries: user.entries[index] ?? []),
                    ActorScope(
                        scope: .userInstruction, place: scopeCount - 1,
                        entries: instructions[.user] ?? []),
                ]))
        return chain
    }
}

extension BehaviorDecision {
    init(_ fold: Fold, _ actors: [CompiledActor]) {
        self.init(
            setting: fold.setting, decidedBy: fold.decidedBy,
            ceilings: Ceilings(
                platform: fold.ceilings[1], operator: fold.ceilings[actors.count - 1],
                user: fold.ceilings[actors.count]))
    }
}

extension CompiledAdjustment {
    /// What the fold sees of the adjustment for these facts; nil where it does not hold.
    func entry(_ facts: Facts) -> Entry? {
        if let role, !facts.roles.contains(role) { return nil }
        if let channel, facts.channelPlace != channel { return nil }
        if let member, facts.user != member { return nil }
        var entry = Entry(
            set: adjustment.set, allow: adjustment.allow, deny: adjustment.deny,
            forbid: adjustment.forbid,
            origin: Step.Origin(
                layer: layer, file: file, position: adjustment.source, notes: adjustment.notes))
        guard let program else { return entry }
        entry.truth = program.truth(facts)
        if entry.truth == .no { return nil }
        if entry.truth == .unknown, program.truth(facts, believing: true) != .unknown {
            entry.needsEvidence = program.claims.filter(facts.fallsShort).map(\.name)
        }
        return entry
    }
}

/// A user's layer held against a charter: what the charter lacks is refused.
struct UserSettings {
    private(set) var entries: [BehaviorIndex: [Entry]] = [:]
    private(set) var unknown: [Step] = []

    init(_ layer: UserLayer?, _ policy: Policy) {
        guard let layer else { return }
        for setting in layer.settings {
            let origin = Step.Origin(
                layer: layer.name, file: setting.file, position: setting.source)
            guard let index = policy.charter.index(of: setting.behavior) else {
                unknown.append(
                    policy.unknownStep(
                        setting.behavior, .user, .unknown(setting.value), .unknownBehavior,
                        origin: origin))
                continue
            }
            guard let rank = policy.charter[index].rank(of: setting.value) else {
                unknown.append(
                    policy.unknownStep(
                        setting.behavior, .user, .unknown(setting.value), .unknownValue,
                        origin: origin))
                continue
            }
            entries[index, default: []].append(Entry(set: rank, origin: origin))
        }
    }
}

extension Policy {
    /// The verdict of demands beside settings that were decided before (SEMANTICS §7); no tool holds
    /// a lent level.
    ///
    /// - Parameter behaviors: in charter order; one that is missing is at its most cautious value, and
    ///   nobody has a say in it.
    public func verdict(of demands: [Demand], given behaviors: [BehaviorDecision]) -> Verdict {
        let missing = BehaviorDecision(
            setting: .cautious, decidedBy: .root,
            ceilings: .init(platform: .none, operator: .none, user: .none))
        let count = max(0, charter.behaviors.count - behaviors.count)
        return Arbitration(
            demands, behaviors + Array(repeating: missing, count: count), self
        ) { speaker in
            if case .principal(let level) = speaker { level } else { nil }
        }.verdict
    }
}
