extension Policy {
    /// Decides a whole request (SEMANTICS §4–§8).
    ///
    /// - Parameters:
    ///   - user: the user's own layer.
    ///   - withRefused: whether the decision lists the refused steps; without them it is quicker.
    ///   - withTrail: whether the decision lists every step, and so the refused ones, too.
    /// - Throws: where the request names a channel that the operator does not have.
    public func decide(
        _ request: Request, user: UserLayer? = nil, withRefused: Bool = true,
        withTrail: Bool = false
    ) throws(RequestError) -> Decision {
        let facts = try facts(of: request)
        let conversation = Conversation(request.instructions, self)
        let settings = UserSettings(user, self)
        let said = Policy.said(conversation, settings)
        var behaviors: [BehaviorDecision] = []
        var refused: [Step] = []
        var trail: [Step] = []
        for number in charter.behaviors.indices {
            let index = BehaviorIndex(number)
            if !said.contains(number), !withTrail {
                let (decision, hasRefusals) = runFold(number, facts)
                behaviors.append(decision)
                guard hasRefusals, withRefused else { continue }
            }
            let fold = fold(index, facts, conversation, settings)
            if said.contains(number) || withTrail { behaviors.append(BehaviorDecision(fold)) }
            refused += fold.trail.filter { $0.reason != nil }
            if withTrail { trail += fold.trail }
        }
        return decision(
            request, conversation, settings, behaviors, refused: refused,
            trail: withTrail ? trail : nil)
    }

    /// The same without refused steps, but for those of behaviors that somebody speaks of, by rows of this
    /// policy.
    func decide(
        _ request: Request, user: UserLayer?, by rows: PolicyRows
    ) throws(RequestError) -> Decision {
        let facts = try facts(of: request)
        let conversation = Conversation(request.instructions, self)
        let settings = UserSettings(user, self)
        var behaviors: [BehaviorDecision] = []
        var refused: [Step] = []
        rows.decide(facts, into: &behaviors)
        for number in Policy.said(conversation, settings) {
            let fold = fold(BehaviorIndex(number), facts, conversation, settings)
            behaviors[number] = BehaviorDecision(fold)
            refused += fold.trail.filter { $0.reason != nil }
        }
        return decision(request, conversation, settings, behaviors, refused: refused, trail: nil)
    }

    /// The behaviors that messages or the user's layer speak of, in charter order.
    private static func said(_ conversation: Conversation, _ settings: UserSettings) -> [Int] {
        if conversation.entries.isEmpty, settings.entries.isEmpty { return [] }
        return Set(conversation.entries.keys).union(settings.entries.keys).map(\.number).sorted()
    }

    private func decision(
        _ request: Request, _ conversation: Conversation, _ settings: UserSettings,
        _ behaviors: [BehaviorDecision], refused: [Step], trail: [Step]?
    ) -> Decision {
        let arbitration = Arbitration(
            request.demands, behaviors, self, levelOf: conversation.level(of:))
        let unknown = settings.unknown + conversation.unknown + arbitration.unknown
        return Decision(
            behaviors: behaviors, refused: refused + unknown,
            ignoredRoles: Set(request.roles.filter { names.role($0) == nil }).sorted(),
            verdict: arbitration.verdict, trail: trail.map { $0 + unknown } ?? [])
    }

    /// Decides one behavior; a few nanoseconds, nothing is allocated.
    public func decide(_ index: BehaviorIndex, _ facts: borrowing Facts) -> BehaviorDecision {
        runFold(index.number, facts).decision
    }

    /// Decides one behavior and notes what became of each adjustment.
    public func decide(
        _ index: BehaviorIndex, _ facts: borrowing Facts, noting trail: inout CompactTrail
    ) -> BehaviorDecision {
        trail.removeAll()
        let number = index.number
        let platform = base.table.range(number)
        guard platform.isEmpty else {
            var fold = base.beginnings[number]
            return finish(&fold, platform, own.range(number), facts) { trail.append($0, $1) }
                .decision
        }
        return runFold(number, facts) { trail.append($0, $1) }.decision
    }

    /// Decides all behaviors into storage of the caller's, in charter order.
    ///
    /// `PolicyRows` does it faster, for a policy that is asked often.
    public func decideAll(_ facts: borrowing Facts, into decisions: inout [BehaviorDecision]) {
        decisions.removeAll(keepingCapacity: true)
        for number in base.folds.indices { decisions.append(runFold(number, facts).decision) }
    }

    private func runFold(_ number: Int, _ facts: borrowing Facts) -> SettledDecision {
        guard base.rest[number].isEmpty else {
            var fold = base.folds[number]
            return finish(&fold, base.rest[number], own.range(number), facts) { _, _ in }
        }
        return runFold(number, facts) { _, _ in }
    }

    /// The fold where only operators have something left to say; where it is nothing to this
    /// request, the decision was made when the charter was compiled.
    @inline(__always)
    private func runFold(
        _ number: Int, _ facts: borrowing Facts, note: (UInt32, RunFold.Outcome) -> Void
    ) -> SettledDecision {
        var operators = own.range(number)
        while !operators.isEmpty {
            let first = own.adjustment(operators.lowerBound)
            if own.target(of: first).isFor(facts) { break }
            operators = Range(uncheckedBounds: (operators.lowerBound &+ 1, operators.upperBound))
        }
        if operators.isEmpty, !facts.isAdministrator, lastOperator == 2 {
            return base.settled[number]
        }
        var fold = base.folds[number]
        return finish(&fold, 0..<0, operators, facts, note: note)
    }

    /// Applies what is left of the platform's and the operators' tables to a fold.
    @inline(__always)
    func finish(
        _ fold: inout RunFold, _ platform: Range<Int>, _ operators: Range<Int>,
        _ facts: borrowing Facts, note: (UInt32, RunFold.Outcome) -> Void
    ) -> SettledDecision {
        fold.lastOperator = lastOperator
        for place in platform {
            let adjustment = base.table.adjustment(place)
            guard let truth = base.table.truth(adjustment, facts) else { continue }
            let outcome = fold.apply(adjustment, of: base.table.target(of: adjustment), truth)
            note(UInt32(truncatingIfNeeded: place), outcome)
        }
        for place in operators {
            let adjustment = own.adjustment(place)
            guard let truth = own.truth(adjustment, facts) else { continue }
            let outcome = fold.apply(adjustment, of: own.target(of: adjustment), truth)
            note(UInt32(truncatingIfNeeded: place) | CompactTrail.operators, outcome)
        }
        if facts.isAdministrator { fold.administer() }
        return (fold.decision(), fold.hasRefusals)
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
        let lastOperator = Int(lastOperator)
        let scopes = scopes
        var chain = (0...(lastOperator + 1)).map { place in
            Actor(level: place <= 1 ? (place == 0 ? .root : .platform) : .operator, scopes: [])
        }
        for (place, scope) in scopes.enumerated() {
            var entries: [Entry] = []
            if scope.scope == .platformInstruction { entries = instructions[.platform] ?? [] }
            if scope.scope == .operatorInstruction { entries = instructions[.operator] ?? [] }
            chain[Int(scope.actor)].scopes.append(
                ActorScope(scope: scope.scope, place: place, entries: entries))
        }
        for (table, sources) in [(base.table, base.sources), (own, sources)] {
            for place in table.range(index.number) {
                let target = table.target(of: table.adjustment(place))
                let source = sources[Int(scopes[target.place].source)]
                guard let entry = table.entry(place, source, facts, claims) else { continue }
                let actor = Int(target.actor)
                guard
                    let number = chain[actor].scopes.firstIndex(where: { $0.place == target.place })
                else { continue }
                chain[actor].scopes[number].entries.append(entry)
            }
        }
        if facts.isAdministrator { chain[lastOperator].administrator = Entry(origin: .init()) }
        chain[lastOperator + 1] = Actor(
            level: .user,
            scopes: [
                ActorScope(scope: .user, place: scopeCount - 2, entries: user.entries[index] ?? []),
                ActorScope(
                    scope: .userInstruction, place: scopeCount - 1,
                    entries: instructions[.user] ?? []),
            ])
        return chain
    }
}

extension BehaviorDecision {
    init(_ fold: Fold) {
        let last = fold.ceilings.count - 1
        self.init(
            setting: fold.setting, decidedBy: fold.decidedBy,
            ceilings: Ceilings(
                platform: fold.ceilings[1], operator: fold.ceilings[last - 1],
                user: fold.ceilings[last]))
    }
}

/// A decision, and whether the fold refused a step or met a condition that is unknown.
typealias SettledDecision = (decision: BehaviorDecision, hasRefusals: Bool)

extension StepTable {
    /// Whether an adjustment holds; nil where it does not, or is for somebody else.
    @inline(__always)
    func truth(
        _ adjustment: PackedAdjustment, _ facts: borrowing Facts
    ) -> Truth? {
        guard target(of: adjustment).isFor(facts) else { return nil }
        guard !adjustment.isUnconditional else { return .yes }
        let truth = truth(adjustment.program, facts)
        return truth == .no ? nil : truth
    }

    /// What the reference fold sees of an adjustment; nil where it does not hold.
    fileprivate func entry(
        _ place: Int, _ source: PolicyScope.Source, _ facts: Facts, _ claims: ClaimTable
    ) -> Entry? {
        let adjustment = adjustment(place)
        guard let truth = truth(adjustment, facts) else { return nil }
        func rank(_ run: Run) -> Rank? { run == 0 ? nil : Rank(run: run) }
        var entry = Entry(
            set: rank(adjustment.set), allow: rank(adjustment.allow),
            deny: rank(adjustment.belowDeny).map { Rank(unchecked: $0.number + 1) },
            forbid: rank(adjustment.belowForbid).map { Rank(unchecked: $0.number + 1) },
            truth: truth,
            origin: Step.Origin(
                layer: source.layer, file: source.file, position: position(place),
                notes: notes(place)
            ))
        let program = adjustment.program
        if truth == .unknown, self.truth(program, facts, believing: true) != .unknown {
            entry.needsEvidence = shortfalls(program, facts).map {
                claims.names.names[$0.number]
            }
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
