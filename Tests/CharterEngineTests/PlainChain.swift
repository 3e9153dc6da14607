@testable import CharterEngine

/// What each actor says of each behavior, read straight off a random policy's layers and request
/// (SEMANTICS §3, §5, §6): no compiled policy is looked at, and conditions are walked as trees.
///
/// Folded by `Fold`, it is what every way of deciding is held against.
struct PlainChain {
    private let policy: RandomPolicy
    private(set) var scopes: [PlainScope] = []

    /// A scope with the adjustments that are for this user, in document order.
    struct PlainScope {
        var scope: Scope
        var actor: Int
        var layer: Text?
        var file: String
        var adjustments: [Adjustment] = []
        var view = View()
    }

    /// How a scope sees the claims.
    struct View {
        var assumed: [Text: ClaimValue] = [:]
        var believed: [Text: Evidence] = [:]
    }

    init(_ policy: RandomPolicy) {
        self.policy = policy
        var view = View(assumed: policy.assume)
        scopes.append(
            PlainScope(
                scope: .root, actor: 0, file: "", adjustments: policy.behaviors.flatMap(\.adjust),
                view: view))
        add(policy.platform ?? Layer(), .platform, actor: 1, &view)
        scopes.append(PlainScope(scope: .platformInstruction, actor: 1, file: ""))
        let operators = policy.operators.isEmpty ? [Layer()] : policy.operators
        for (place, layer) in operators.enumerated() {
            add(layer, .operator, actor: 2 + place, &view)
        }
        let innermost = operators[operators.count - 1]
        addRolesAndChannel(innermost, actor: 1 + operators.count, view)
        scopes += [
            PlainScope(scope: .operatorInstruction, actor: 1 + operators.count, file: ""),
            PlainScope(scope: .user, actor: 2 + operators.count, file: ""),
            PlainScope(scope: .userInstruction, actor: 2 + operators.count, file: ""),
        ]
    }

    private mutating func add(
        _ layer: Layer, _ scope: Scope, actor: Int, _ view: inout View
    ) {
        var names: [Text] = []
        var templates: [Layer.Template] = []
        for template in layer.templates where !names.contains(template.name) {
            names.append(template.name)
            templates.append(template)
        }
        view.believed = [:]
        for template in templates {
            for (name, value) in template.assume { view.assumed[name] = value }
            for (name, evidence) in template.believe { view.believed[name] = evidence }
        }
        for (name, value) in layer.assume { view.assumed[name] = value }
        for (name, evidence) in layer.believe { view.believed[name] = evidence }
        for template in templates {
            scopes.append(
                PlainScope(
                    scope: scope, actor: actor, layer: template.name, file: template.file,
                    adjustments: template.adjust, view: view))
        }
        scopes.append(
            PlainScope(
                scope: scope, actor: actor, layer: layer.name, file: layer.file,
                adjustments: layer.adjust, view: view))
    }

    private mutating func addRolesAndChannel(_ layer: Layer, actor: Int, _ view: View) {
        let request = policy.request
        let roles = layer.roles.filter { request.roles.contains($0.name) }
        let channel = request.channel.flatMap { name in
            layer.channels.first { $0.name == name } ?? layer.channels.first { $0.name == "*" }
        }
        let parts: [(Scope, [Adjustment])] = [
            (.role, roles.flatMap(\.adjust)),
            (.channelEveryone, channel?.everyone ?? []),
            (.channelRole, roles.flatMap { channel?.roles[$0.name] ?? [] }),
            (.channelMember, request.user.flatMap { channel?.members[$0] } ?? []),
        ]
        for (scope, adjustments) in parts {
            scopes.append(
                PlainScope(
                    scope: scope, actor: actor, layer: layer.name, file: layer.file,
                    adjustments: adjustments, view: view))
        }
    }

    /// What every actor says of a behavior, root first.
    func actors(of behavior: Behavior) -> [Actor] {
        let last = 2 + max(policy.operators.count, 1)
        var actors = (0...last).map { place in
            let level: Level =
                place == 0 ? .root : place == 1 ? .platform : place == last ? .user : .operator
            return Actor(level: level, scopes: [])
        }
        for (place, scope) in scopes.enumerated() {
            let adjustments = scope.adjustments.filter { $0.behavior == behavior.id }
            let entries = adjustments.compactMap { entry($0, of: behavior, in: scope) }
            actors[scope.actor].scopes.append(
                ActorScope(
                    scope: scope.scope, place: place,
                    entries: entries + settings(of: behavior, in: scope.scope)
                        + instructions(of: behavior, in: scope.scope)))
        }
        let isAdministrator = (policy.operators.last?.roles ?? []).contains {
            $0.isAdministrator && policy.request.roles.contains($0.name)
        }
        if isAdministrator { actors[last - 1].administrator = Entry(origin: .init()) }
        return actors
    }

    private func settings(of behavior: Behavior, in scope: Scope) -> [Entry] {
        guard scope == .user, let user = policy.user else { return [] }
        return user.settings.filter { $0.behavior == behavior.id }.compactMap { setting in
            guard let rank = behavior.values.firstIndex(of: setting.value) else { return nil }
            return Entry(
                set: Rank(rank),
                origin: .init(layer: user.name, file: setting.file, position: setting.source))
        }
    }

    /// §6, instruction by instruction.
    private func instructions(of behavior: Behavior, in scope: Scope) -> [Entry] {
        var first: [Entry] = []
        var entries: [Entry] = []
        var lent: [Text: Level] = [:]
        for instruction in policy.request.instructions {
            switch instruction.content {
            case .delegate(let tool):
                guard instruction.isExplicit, case .principal(let level) = instruction.from else {
                    continue
                }
                lent[tool] = min(lent[tool] ?? .user, level)
            case .set(let id, let value):
                guard id == behavior.id else { continue }
                let rank = behavior.values.firstIndex(of: value).flatMap { Rank($0) }
                let spelled: Step.Value = rank.map { .rank($0) } ?? .unknown(value)
                var entry = Entry(isInstruction: true, origin: .init())
                let level: Level?
                switch instruction.from {
                case .principal(let own): level = own
                case .tool(let name): level = lent[name]
                case .assistant: level = nil
                }
                if level == nil {
                    entry.refused = (.noAuthority, spelled)
                    if scope == .userInstruction { first.append(entry) }
                    continue
                }
                let scopes: [Level: Scope] = [
                    .platform: .platformInstruction, .operator: .operatorInstruction,
                    .user: .userInstruction,
                ]
                guard level.flatMap({ scopes[$0] }) == scope else { continue }
                if !instruction.isExplicit, behavior.authority != .guideline {
                    entry.refused = (.needsExplicit, spelled)
                } else if rank == nil {
                    continue
                }
                if entry.refused == nil { entry.set = rank }
                entries.append(entry)
            }
        }
        return first + entries
    }

    private func entry(
        _ adjustment: Adjustment, of behavior: Behavior, in scope: PlainScope
    ) -> Entry? {
        let truth = truth(adjustment, behavior, scope.view, believing: false)
        if truth == false { return nil }
        var entry = Entry(
            set: adjustment.set, allow: adjustment.allow, deny: adjustment.deny,
            forbid: adjustment.forbid, truth: truth == nil ? .unknown : .yes,
            origin: .init(
                layer: scope.layer, file: scope.file, position: adjustment.source,
                notes: adjustment.notes))
        if truth == nil, self.truth(adjustment, behavior, scope.view, believing: true) != nil {
            entry.needsEvidence = (adjustment.condition?.claims ?? []).filter { name in
                value(of: name, behavior, scope.view, believing: false) == nil
                    && value(of: name, behavior, scope.view, believing: true) != nil
            }
        }
        return entry
    }

    /// nil: unknown.
    private func truth(
        _ adjustment: Adjustment, _ behavior: Behavior, _ view: View, believing: Bool
    ) -> Bool? {
        var truths: [Bool?] = []
        if let condition = adjustment.condition {
            truths.append(
                RandomPolicy.trees[condition.source]?.truth { term in
                    switch term {
                    case .claim(let name):
                        value(of: Text(name), behavior, view, believing: believing)
                    case .attribute(let attribute): text(of: attribute)
                    case .int, .double, .text, .size: nil
                    }
                })
        }
        let at = policy.request.at
        if let from = adjustment.from { truths.append(at.map { $0 >= from }) }
        if let until = adjustment.until { truths.append(at.map { $0 < until }) }
        return truths.contains(false) ? false : truths.contains(nil) ? nil : true
    }

    private func text(of attribute: Attribute) -> RandomCondition.Value? {
        let request = policy.request
        let text: Text?
        switch attribute {
        case .channel: text = request.channel
        case .surface: text = request.surface
        case .model: text = request.model
        case .language: text = request.language
        }
        return text.map { .text(Array($0.string.unicodeScalars)) }
    }

    private func value(
        of name: Text, _ behavior: Behavior, _ view: View, believing: Bool
    ) -> RandomCondition.Value? {
        let presumed = view.assumed[name].map { Claim($0, .vouched) }
        guard let claim = policy.request.claims[name] ?? presumed else { return nil }
        let need = view.believed[name].map { max($0, behavior.believable) } ?? behavior.evidence
        guard believing || claim.evidence >= need else { return nil }
        switch (RandomCondition.types[name], claim.value) {
        case (.int, .int(let number)), (.double, .int(let number)): return .number(Double(number))
        case (.double, .double(let number)): return number.isFinite ? .number(number) : nil
        case (.bool, .bool(let truth)): return .truth(truth)
        case (.string, .text(let text)): return .text(Array(text.string.unicodeScalars))
        case (.enumerated(let names), .text(let text)):
            return names.contains(text) ? .text(Array(text.string.unicodeScalars)) : nil
        default: return nil
        }
    }
}
