internal import CharterEngine

/// Gathers what is doubtful about layers, by document.
struct LayerDoubts {
    let charter: Charter
    private let adjustments: AdjustmentDoubts
    private var findings: [String: Findings] = [:]

    init(charter: Charter) {
        self.charter = charter
        adjustments = AdjustmentDoubts(area: "layer", charter: charter)
    }

    var diagnostics: [Diagnostic] {
        Reading(value: 0, diagnostics: findings.values.flatMap(\.diagnostics)).diagnostics
    }

    private mutating func tell(
        in document: PlacedDocument, _ body: (AdjustmentDoubts, inout Findings) -> Void
    ) {
        body(adjustments, &findings[document.source.file, default: Findings(document.source)])
    }

    // MARK: Refusals

    mutating func tellRefusals(platform: LayerDocument?, operators: [LayerDocument]) {
        let charterFile = charter.file
        var documents: [String: PlacedDocument] = [:]
        var uses: [String: Int] = [:]
        var layers:
            [(level: Level, scopes: [LayerScope], files: [String], hasAdministrator: Bool)] = []
        for document in [platform].compactMap({ $0 }) + operators {
            guard let layer = document.layer else { continue }
            for placed in document.placed {
                documents[placed.source.file] = placed
                uses[placed.source.file, default: 0] += 1
            }
            layers.append(
                (
                    layers.isEmpty && platform != nil ? .platform : .operator,
                    LayerScope.all(of: layer),
                    document.placed.map(\.source.file),
                    layer.roles.contains { $0.isAdministrator }
                ))
        }
        let grouped = layers.map { entries($0.scopes, $0.files) }
        for behavior in charter.behaviors {
            var actors = [PermissiveFold.Actor(level: .root)]
            actors[0].scopes = [
                behavior.adjust.map {
                    .init(adjustment: $0, file: charterFile, isCertain: !$0.isConditional)
                }
            ]
            if platform == nil {
                actors.append(PermissiveFold.Actor(level: .platform, isUnknown: true))
            }
            for (place, layer) in layers.enumerated() {
                let isInnermost = layer.level == .operator && place == layers.count - 1
                actors.append(
                    PermissiveFold.Actor(
                        level: layer.level, scopes: grouped[place].map { $0[behavior.id] ?? [] },
                        hasAdministrator: isInnermost && layer.hasAdministrator,
                        hasInstructions: layer.level == .platform || isInnermost))
            }
            // What the last layer opens is for whoever is next.
            if layers.last?.level == .platform { actors.append(.init(level: .operator)) }
            actors.append(.init(level: .user))
            // A template that two layers of the chain extend has each step twice.
            let steps = Dictionary(grouping: PermissiveFold(behavior, actors).refusals) { refusal in
                RefusedStep(
                    file: refusal.file, position: refusal.adjustment.source,
                    operation: refusal.operation)
            }
            for (step, refusals) in steps where refusals.count == uses[step.file] {
                guard let document = documents[step.file], let refusal = refusals.first else {
                    continue
                }
                tell(in: document) { $0.tell(refusal, in: document, &$1) }
            }
        }
    }

    private struct RefusedStep: Hashable {
        var file: String
        var position: SourcePosition
        var operation: Step.Operation
    }

    /// The entries of each scope, by behavior.
    private func entries(
        _ scopes: [LayerScope], _ files: [String]
    ) -> [[BehaviorID: [PermissiveFold.Entry]]] {
        scopes.map { scope in
            Dictionary(
                grouping: scope.adjustments.map { adjustment in
                    PermissiveFold.Entry(
                        adjustment: adjustment, file: files[scope.document],
                        isCertain: scope.kind == .always && !adjustment.isConditional)
                }, by: \.adjustment.behavior)
        }
    }

    mutating func tellRefusals(of user: UserLayer, _ placed: [PlacedDocument]) {
        let documents = Dictionary(
            placed.map { ($0.source.file, $0) }, uniquingKeysWith: { a, _ in a })
        var entries: [BehaviorID: [PermissiveFold.Entry]] = [:]
        for setting in user.settings {
            guard let document = documents[setting.file] else { continue }
            let behavior = charter[setting.behavior]
            let adjustment = Adjustment(
                setting.behavior, set: behavior?.rank(of: setting.value), source: setting.source)
            guard let behavior, adjustment.set != nil else {
                tellUnknown(setting, behavior, adjustment, document)
                continue
            }
            entries[behavior.id, default: []].append(
                .init(adjustment: adjustment, file: setting.file, isCertain: true))
        }
        for behavior in charter.behaviors {
            guard let settings = entries[behavior.id] else { continue }
            let root = behavior.adjust.map {
                PermissiveFold.Entry(
                    adjustment: $0, file: charter.file, isCertain: !$0.isConditional)
            }
            let fold = PermissiveFold(
                behavior,
                [
                    .init(level: .root, scopes: [root]), .init(level: .platform, isUnknown: true),
                    .init(level: .operator, isUnknown: true),
                    .init(level: .user, scopes: [settings]),
                ])
            for refusal in fold.refusals where refusal.level == .user {
                guard let document = documents[refusal.file] else { continue }
                tell(in: document) { $0.tell(refusal, in: document, &$1) }
            }
        }
    }

    private mutating func tellUnknown(
        _ setting: UserLayer.Setting, _ behavior: Behavior?, _ adjustment: Adjustment,
        _ document: PlacedDocument
    ) {
        let charter = charter
        tell(in: document) { _, findings in
            findings.add(
                "layer.always-refused", .warning, at: document.range(of: .set, in: adjustment),
                "`set: \(setting.value)` of `\(setting.behavior)` is refused at each decision",
                reason: behavior.map { "its values are \($0.spelledValues)" }
                    ?? "the charter has no such behavior",
                help: behavior.map {
                    NearestName.help(for: setting.value.string, among: $0.values.map(\.string))
                        ?? "write one of them"
                }
                    ?? NearestName.help(
                        for: setting.behavior.text.string,
                        among: charter.behaviors.lazy.map(\.id.text.string))
                    ?? "leave it out: it changes nothing")
        }
    }

    // MARK: Notes

    mutating func tellNotes(_ document: LayerDocument, _ layer: Layer, _ view: ClaimsInView) {
        let scopes = LayerScope.all(of: layer)
        for (place, scope) in scopes.enumerated() {
            let placed = document.placed[scope.document]
            for adjustment in scope.adjustments {
                tell(in: placed) { doubts, findings in
                    doubts.tellSilence(adjustment, view, in: placed, &findings)
                    doubts.tellTerm(adjustment, in: placed, &findings)
                }
                guard let own = document.placed.last, scope.document < document.placed.count - 1
                else { continue }
                tell(in: own) { doubts, findings in
                    doubts.tellPresumed(adjustment, of: placed, view, in: own, &findings)
                }
            }
            let sideBySide =
                scope.kind == .always ? [scope.adjustments] : scope.adjustments.map { [$0] }
            tell(in: placed) { doubts, findings in
                for adjustments in sideBySide {
                    doubts.tellUndoneSets(adjustments, in: placed, &findings)
                }
            }
            tellUndoneDenies(scopes, place, layer, placed)
        }
    }

    /// A `deny` that holds only sometimes, and that a role or a channel undoes.
    private mutating func tellUndoneDenies(
        _ scopes: [LayerScope], _ place: Int, _ layer: Layer, _ document: PlacedDocument
    ) {
        var allowed: [BehaviorID: Rank] = [:]
        let after = scopes[place...].filter { $0.kind != .always }.flatMap(\.adjustments)
        for adjustment in after {
            guard let allow = adjustment.allow else { continue }
            allowed[adjustment.behavior] = max(allowed[adjustment.behavior] ?? .none, allow)
        }
        let administrator = layer.roles.first { $0.isAdministrator }
        for adjustment in scopes[place].adjustments where adjustment.isConditional {
            guard let deny = adjustment.deny else { continue }
            let isAllowed = (allowed[adjustment.behavior] ?? .none) >= deny
            guard isAllowed || administrator != nil else { continue }
            let who =
                isAllowed
                ? "a role or a channel allows it again" : "an administrator is not held by it"
            tell(in: document) { _, findings in
                findings.add(
                    "layer.deny-undone", .note, at: document.range(of: .deny, in: adjustment),
                    "where the condition holds, this `deny` can still be undone", reason: who,
                    help: "if nobody is to have it there, write `forbid`")
            }
        }
    }

    /// Claims that no condition uses, here or below.
    mutating func tellClaims(_ document: LayerDocument, usedBy layers: [Layer]) {
        let used = Set(
            layers.flatMap(LayerScope.all(of:)).flatMap(\.adjustments).flatMap {
                $0.condition?.claims ?? []
            })
        for placed in document.placed {
            let unused = placed.places.claims.filter { !used.contains($0.key) }
            for (name, range) in unused.sorted(by: { $0.value.lowerBound < $1.value.lowerBound }) {
                tell(in: placed) { _, findings in
                    findings.add(
                        "layer.unused-claim", .note, at: range, "no condition uses `\(name)`",
                        reason: "a claim decides by conditions alone",
                        help: "if no layer below needs it, take it out")
                }
            }
        }
    }
}
