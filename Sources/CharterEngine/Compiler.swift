/// What a charter and its platform say: the part that the policies of all operators share.
final class PolicyBase: Sendable {
    let charter: Charter
    /// By behavior: its fold before anybody has said anything.
    let beginnings: [RunFold]
    /// By behavior: its fold when root and the platform have said what they say to every request.
    let folds: [RunFold]
    /// By behavior: what is left of `table` to say after `folds`.
    let rest: [Range<Int>]
    /// By behavior: its decision where the only operator says nothing.
    let settled: [SettledDecision]
    /// What the charter's own `adjust` and the platform say.
    let table: StepTable
    let sources: [PolicyScope.Source]
    let claims: ClaimTable
    /// What is presumed for those below.
    let assumed: [Text: ClaimValue]

    /// What root and the platform leave unforbidden of a behavior, where they say the same to everybody.
    func cap(of number: Int) -> Rank { Rank(run: folds[number].cap) }

    init(_ charter: Charter, _ platform: Layer?) throws(PolicyError) {
        self.charter = charter
        var claims = ClaimTable()
        try claims.declare(charter.claims)
        var compiler = Compiler(charter, claims, assumed: charter.assume)
        try compiler.checkDeclared(charter.assume.keys)
        let root = compiler.begin(.root, actor: 0, nil, charter.file)
        for behavior in charter.behaviors {
            for adjustment in behavior.adjust { try compiler.add(adjustment, to: root) }
        }
        let layer = platform ?? Layer()
        guard layer.believe.isEmpty, layer.templates.allSatisfy(\.believe.isEmpty),
            layer.roles.isEmpty, layer.channels.isEmpty
        else { throw .wrongLevel }
        try claims.declare(of: layer)
        try compiler.add(layer, .platform, actor: 1, claims)
        _ = compiler.begin(.platformInstruction, actor: 1, nil, "")
        let table = try compiler.finish()
        sources = compiler.sources
        assumed = compiler.assumed
        self.claims = claims
        let beginnings = charter.behaviors.map(RunFold.init)
        var folds = beginnings
        rest = folds.indices.map { number in
            let rest = folds[number].applyPrefix(of: table.range(number), table)
            if rest.isEmpty { folds[number].advance(to: 2) }
            return rest
        }
        settled = folds.map { fold in
            var fold = fold
            return (fold.decision(), fold.hasRefusals)
        }
        self.folds = folds
        self.beginnings = beginnings
        self.table = table
    }
}

/// Puts the layers of a chain of operators into the form that is decided with (SEMANTICS §3, §4).
struct OperatorCompiler {
    let base: PolicyBase
    private(set) var table = StepTable()
    private(set) var sources: [PolicyScope.Source] = []
    private(set) var claims: ClaimTable
    private(set) var names = OperatorNames()
    private(set) var administrators: Set<UInt16> = []
    let lastOperator: UInt8

    init(_ base: PolicyBase, _ operators: [Layer]) throws(PolicyError) {
        guard operators.count <= Policy.mostOperators else { throw .tooManyOperators }
        self.base = base
        claims = base.claims
        lastOperator = UInt8(1 + max(operators.count, 1))
        var compiler = Compiler(
            base.charter, claims, assumed: base.assumed, firstScope: base.table.scopes.count)
        let chain = operators.isEmpty ? [Layer()] : operators
        for (place, layer) in chain.enumerated() {
            let isInnermost = place == chain.count - 1
            guard isInnermost || (layer.roles.isEmpty && layer.channels.isEmpty) else {
                throw .wrongLevel
            }
            try claims.declare(of: layer)
            try compiler.add(layer, .operator, actor: 2 + place, claims)
            if isInnermost { try addRolesAndChannels(layer, actor: 2 + place, &compiler) }
        }
        _ = compiler.begin(.operatorInstruction, actor: Int(lastOperator), nil, "")
        table = try compiler.finish()
        sources = compiler.sources.trimmed
    }

    private mutating func addRolesAndChannels(
        _ layer: Layer, actor: Int, _ compiler: inout Compiler
    ) throws(PolicyError) {
        names = OperatorNames(
            roles: layer.roles.lazy.map(\.name), channels: layer.channels.lazy.map(\.name),
            members: Set(layer.channels.lazy.flatMap(\.members.keys)).sorted())
        guard names.fits else { throw .tooLarge }
        let role = compiler.begin(.role, actor: actor, layer.name, layer.file)
        for part in layer.roles {
            let place = names.role(part.name) ?? Facts.nowhere
            if part.isAdministrator { administrators.insert(place) }
            for adjustment in part.adjust { try compiler.add(adjustment, to: role, role: place) }
        }
        let everyone = compiler.begin(.channelEveryone, actor: actor, layer.name, layer.file)
        let channelRole = compiler.begin(.channelRole, actor: actor, layer.name, layer.file)
        let member = compiler.begin(.channelMember, actor: actor, layer.name, layer.file)
        for channel in layer.channels {
            let place = names.channel(channel.name) ?? Facts.nowhere
            for adjustment in channel.everyone {
                try compiler.add(adjustment, to: everyone, channel: place)
            }
            var roles: [(place: UInt16, adjustments: [Adjustment])] = []
            for (name, adjustments) in channel.roles.sorted(by: { $0.key < $1.key }) {
                guard let role = names.role(name) else { throw .unknownRole(name) }
                roles.append((role, adjustments))
            }
            for (role, adjustments) in roles.sorted(by: { $0.place < $1.place }) {
                for adjustment in adjustments {
                    try compiler.add(adjustment, to: channelRole, role: role, channel: place)
                }
            }
            for (user, adjustments) in channel.members.sorted(by: { $0.key < $1.key }) {
                for adjustment in adjustments {
                    try compiler.add(
                        adjustment, to: member, channel: place,
                        member: names.member(user) ?? Facts.nowhere)
                }
            }
        }
    }
}

/// Gathers adjustments, scope by scope, with their conditions bound to the claims of a policy.
struct Compiler {
    private let charter: Charter
    /// Those declared here or above.
    private var claims: ClaimTable
    private let firstScope: Int
    private(set) var scopes: [PolicyScope] = []
    private(set) var sources: [PolicyScope.Source] = []
    private var targets: [AdjustmentTarget] = []
    /// What is presumed so far: the nearest above wins.
    private(set) var assumed: [Text: ClaimValue]
    private var believed: [Text: Evidence] = [:]
    private var drafts: [StepTable.Draft] = []
    private var programs = ConditionPrograms()

    init(_ charter: Charter, _ claims: ClaimTable, assumed: [Text: ClaimValue], firstScope: Int = 0)
    {
        self.charter = charter
        self.claims = claims
        self.assumed = assumed
        self.firstScope = firstScope
    }

    /// Begins a scope; its number among these.
    mutating func begin(_ scope: Scope, actor: Int, _ layer: Text?, _ file: String) -> Int {
        let isSaidInMessages = scope == .platformInstruction || scope == .operatorInstruction
        if !isSaidInMessages, sources.last.map({ $0.layer != layer || $0.file != file }) ?? true {
            sources.append(PolicyScope.Source(layer: layer, file: file))
        }
        scopes.append(
            PolicyScope(
                scope, actor: UInt8(clamping: actor),
                source: UInt16(clamping: max(0, sources.count - 1))))
        return scopes.count - 1
    }

    /// The templates of a layer, each a scope where it is first met, then its own adjustments.
    ///
    /// - Parameter claims: those declared here or above.
    mutating func add(
        _ layer: Layer, _ scope: Scope, actor: Int, _ claims: ClaimTable
    ) throws(PolicyError) {
        self.claims = claims
        var names: Set<Text> = []
        let templates = layer.templates.filter { names.insert($0.name).inserted }
        believed = [:]
        for template in templates { try presume(template.assume, template.believe) }
        try presume(layer.assume, layer.believe)
        for template in templates {
            let place = begin(scope, actor: actor, template.name, template.file)
            for adjustment in template.adjust { try add(adjustment, to: place) }
        }
        let place = begin(scope, actor: actor, layer.name, layer.file)
        for adjustment in layer.adjust { try add(adjustment, to: place) }
    }

    /// What a layer or a template of it presumes and believes; the later wins.
    private mutating func presume(
        _ assume: [Text: ClaimValue], _ believe: [Text: Evidence]
    ) throws(PolicyError) {
        try checkDeclared(assume.keys)
        try checkDeclared(believe.keys)
        if !assume.isEmpty { assumed.merge(assume) { _, later in later } }
        if !believe.isEmpty { believed.merge(believe) { _, later in later } }
    }

    func checkDeclared(_ names: some Collection<Text>) throws(PolicyError) {
        if let name = names.filter({ claims.names.place(of: $0) == nil }).min() {
            throw .unknownClaim(name)
        }
    }

    mutating func add(
        _ adjustment: Adjustment, to scope: Int, role: UInt16 = Facts.nowhere,
        channel: UInt16 = Facts.nowhere, member: UInt16 = Facts.nowhere
    ) throws(PolicyError) {
        guard let index = charter.index(of: adjustment.behavior) else {
            throw .unknownBehavior(adjustment.behavior)
        }
        try check(adjustment, charter.behaviors[index.number].top)
        guard firstScope + scopes.count <= AdjustmentTarget.mostScopes else { throw .tooLarge }
        let target = target(
            AdjustmentTarget(
                actor: scopes[scope].actor, place: firstScope + scope, role: role,
                channel: channel, member: member))
        let program = program(adjustment, index.number) ?? PackedAdjustment.unconditional
        let packed = PackedAdjustment(adjustment, target: target, program: program)
        drafts.append(
            StepTable.Draft(
                behavior: index.number, adjustment: packed, position: adjustment.source,
                notes: adjustment.notes))
    }

    /// The place of a target; those with one come one behind the other.
    private mutating func target(_ target: AdjustmentTarget) -> Int {
        if targets.last != target { targets.append(target) }
        return targets.count - 1
    }

    private func check(_ adjustment: Adjustment, _ top: Rank) throws(PolicyError) {
        func isFine(_ value: Rank?) -> Bool { value.map { !$0.isNone && $0 <= top } ?? true }
        guard isFine(adjustment.set), isFine(adjustment.allow), isFine(adjustment.deny),
            isFine(adjustment.forbid), adjustment.deny != .cautious, adjustment.forbid != .cautious
        else { throw .badValue(adjustment.behavior) }
        for use in adjustment.condition?.uses ?? [] {
            guard let slot = claims.names.place(of: use.name) else { throw .unknownClaim(use.name) }
            guard claims.types[slot] == use.type else { throw .claimConflict(use.name) }
        }
    }

    private mutating func program(_ adjustment: Adjustment, _ behavior: Int) -> Int? {
        guard adjustment.condition != nil || adjustment.from != nil || adjustment.until != nil
        else { return nil }
        let (claims, assumed, believed) = (claims, assumed, believed)
        let evidence = charter.behaviors[behavior].evidence
        let believable = charter.behaviors[behavior].believable
        let view = ConditionPrograms.View(
            claim: { name in
                claims.names.place(of: name).map { (ClaimSlot(number: $0), claims.types[$0]) }
            },
            need: { name in
                believed[name].map { max(believable, $0) } ?? evidence
            },
            assumed: { assumed[$0] })
        return programs.add(
            adjustment.condition, from: adjustment.from, until: adjustment.until, view)
    }

    /// The table of everything that was added.
    func finish() throws(PolicyError) -> StepTable {
        guard drafts.count <= StepTable.mostAdjustments, targets.count < 60_000,
            programs.instructions.count < 60_000, programs.constants.count < 60_000,
            programs.instants.count < 60_000, claims.types.count < 60_000
        else { throw .tooLarge }
        return StepTable(
            drafts, targets, scopes, programs, behaviors: charter.behaviors.count)
    }
}

extension ClaimTable {
    /// Declares the claims of a layer and of its templates.
    mutating func declare(of layer: Layer?) throws(PolicyError) {
        guard let layer else { return }
        for template in layer.templates where !template.claims.isEmpty {
            try declare(template.claims)
        }
        if !layer.claims.isEmpty { try declare(layer.claims) }
    }
}
