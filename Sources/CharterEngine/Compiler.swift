/// Puts a charter and its layers into the form that is decided with (SEMANTICS §3, §4).
struct Compiler {
    let charter: Charter
    private(set) var actors: [CompiledActor] = []
    private(set) var claims = ClaimTable()
    private(set) var roles: [Text] = []
    private(set) var rolePlaces: [Text: Int] = [:]
    private(set) var administrators: Set<Int> = []
    private(set) var channels: [Text: Int] = [:]
    private(set) var scopeCount = 0
    /// By actor: the number of claims that are declared there or above.
    private var visible: [Int] = []
    /// What is presumed so far: the nearest above wins.
    private var assumed: [Text: ClaimValue] = [:]
    /// What the layer at hand believes.
    private var believed: [Text: Evidence] = [:]

    init(_ charter: Charter, _ layers: Policy.Layers) throws(PolicyError) {
        self.charter = charter
        guard layers.operators.count <= Policy.mostOperators else { throw .tooManyOperators }
        try claims.declare(charter.claims)
        visible.append(claims.types.count)
        for layer in [layers.platform ?? Layer()] + layers.operators {
            for template in layer.templates { try claims.declare(template.claims) }
            try claims.declare(layer.claims)
            visible.append(claims.types.count)
        }
        if layers.operators.isEmpty { visible.append(claims.types.count) }
    }

    mutating func compile(_ layers: Policy.Layers) throws(PolicyError) {
        try checkVisible(charter.assume.keys)
        assumed = charter.assume
        var root = scope(.root)
        for behavior in charter.behaviors {
            for adjustment in behavior.adjust { try add(adjustment, to: &root, nil, charter.file) }
        }
        actors.append(CompiledActor(level: .root, scopes: [root]))
        try compile(layers.platform ?? Layer(), .platform, isInnermost: false)
        let operators = layers.operators.isEmpty ? [Layer()] : layers.operators
        for (place, layer) in operators.enumerated() {
            try compile(layer, .operator, isInnermost: place == operators.count - 1)
        }
        scopeCount += 2
    }

    private mutating func compile(
        _ layer: Layer, _ level: Level, isInnermost: Bool
    ) throws(PolicyError) {
        let templates = firstOfEach(layer.templates)
        guard isInnermost || (layer.roles.isEmpty && layer.channels.isEmpty),
            level == .operator
                || (layer.believe.isEmpty && templates.allSatisfy(\.believe.isEmpty))
        else { throw .wrongLevel }
        believed = [:]
        for template in templates { try presume(template.assume, template.believe) }
        try presume(layer.assume, layer.believe)

        var scopes: [CompiledScope] = []
        for template in templates {
            var scope = scope(level == .platform ? .platform : .operator)
            for adjustment in template.adjust {
                try add(adjustment, to: &scope, template.name, template.file)
            }
            scopes.append(scope)
        }
        var own = scope(level == .platform ? .platform : .operator)
        for adjustment in layer.adjust { try add(adjustment, to: &own, layer.name, layer.file) }
        scopes.append(own)
        if isInnermost { scopes += try scopesOfRolesAndChannels(layer) }
        if level == .platform { scopes.append(scope(.platformInstruction)) }
        if isInnermost { scopes.append(scope(.operatorInstruction)) }
        actors.append(CompiledActor(level: level, scopes: scopes, isInnermost: isInnermost))
    }

    /// Each template where it is first met: naming one again changes nothing.
    private func firstOfEach(_ templates: [Layer.Template]) -> [Layer.Template] {
        var names: Set<Text> = []
        return templates.filter { names.insert($0.name).inserted }
    }

    /// What a layer or a template of it presumes and believes; the later wins.
    private mutating func presume(
        _ assume: [Text: ClaimValue], _ believe: [Text: Evidence]
    ) throws(PolicyError) {
        try checkVisible(assume.keys)
        try checkVisible(believe.keys)
        assumed.merge(assume) { _, later in later }
        believed.merge(believe) { _, later in later }
    }

    private func checkVisible(_ names: some Collection<Text>) throws(PolicyError) {
        let unknown = names.filter { name in
            claims.slots[name].map { $0.number >= visible[actors.count] } ?? true
        }
        if let name = unknown.min() { throw .unknownClaim(name) }
    }

    private mutating func scopesOfRolesAndChannels(
        _ layer: Layer
    ) throws(PolicyError) -> [CompiledScope] {
        var role = scope(.role)
        for (place, part) in layer.roles.enumerated() {
            roles.append(part.name)
            rolePlaces[part.name] = place
            if part.isAdministrator { administrators.insert(place) }
            for adjustment in part.adjust {
                try add(adjustment, to: &role, layer.name, layer.file, role: place)
            }
        }
        var everyone = scope(.channelEveryone)
        var channelRole = scope(.channelRole)
        var member = scope(.channelMember)
        for (place, channel) in layer.channels.enumerated() {
            channels[channel.name] = place
            for adjustment in channel.everyone {
                try add(adjustment, to: &everyone, layer.name, layer.file, channel: place)
            }
            let unknown = channel.roles.keys.filter { rolePlaces[$0] == nil }
            if let name = unknown.min() { throw .unknownRole(name) }
            let inOrder = channel.roles.sorted { rolePlaces[$0.key] ?? 0 < rolePlaces[$1.key] ?? 0 }
            for (name, adjustments) in inOrder {
                for adjustment in adjustments {
                    try add(
                        adjustment, to: &channelRole, layer.name, layer.file,
                        role: rolePlaces[name], channel: place)
                }
            }
            for (user, adjustments) in channel.members.sorted(by: { $0.key < $1.key }) {
                for adjustment in adjustments {
                    try add(
                        adjustment, to: &member, layer.name, layer.file, channel: place,
                        member: user)
                }
            }
        }
        return [role, everyone, channelRole, member]
    }

    private mutating func scope(_ scope: Scope) -> CompiledScope {
        defer { scopeCount += 1 }
        return CompiledScope(scope: scope, place: scopeCount)
    }

    private func add(
        _ adjustment: Adjustment, to scope: inout CompiledScope, _ layer: Text?, _ file: String,
        role: Int? = nil, channel: Int? = nil, member: Text? = nil
    ) throws(PolicyError) {
        guard let index = charter.index(of: adjustment.behavior) else {
            throw .unknownBehavior(adjustment.behavior)
        }
        let behavior = charter[index]
        for value in [adjustment.set, adjustment.allow, adjustment.deny, adjustment.forbid] {
            guard value.map({ !$0.isNone && $0 <= behavior.top }) ?? true else {
                throw .badValue(behavior.id)
            }
        }
        guard adjustment.deny != .cautious, adjustment.forbid != .cautious else {
            throw .badValue(behavior.id)
        }
        if let condition = adjustment.condition {
            try checkVisible(condition.claims)
            for use in condition.uses {
                guard let slot = claims.slots[use.name], claims.types[slot.number] == use.type
                else {
                    throw .claimConflict(use.name)
                }
            }
        }
        let (slots, types, assumed, believed) = (claims.slots, claims.types, assumed, believed)
        let program = ConditionProgram(
            adjustment.condition, from: adjustment.from, until: adjustment.until,
            claim: { name in
                guard let slot = slots[name] else { return nil }
                let need = believed[name].map { max(behavior.believable, $0) } ?? behavior.evidence
                return ConditionProgram.ClaimOperand(
                    slot: slot, name: name, need: need,
                    assumed: assumed[name].flatMap { TypedValue($0, types[slot.number]) })
            },
            type: { types[$0.number] })
        scope.adjustments[index.number, default: []].append(
            CompiledAdjustment(
                adjustment: adjustment, program: program, layer: layer, file: file, role: role,
                channel: channel, member: member))
    }
}
