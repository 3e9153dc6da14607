import CharterDocuments
import CharterEngine

/// The conditions of adjustments, found again by the place that a step names.
struct StatedConditions {
    private struct Place: Hashable {
        var file: String
        var position: SourcePosition
    }

    private var conditions: [Place: Condition] = [:]
    /// Claims that somebody presumes where they are absent.
    private var assumed: Set<Text> = []
    /// By document: the evidence that is enough for a claim there.
    private var believed: [String: [Text: Evidence]] = [:]

    init(_ documents: PolicyDocuments) {
        let charter = documents.policy.charter
        add(charter.behaviors.flatMap(\.adjust), charter.file)
        assumed.formUnion(charter.assume.keys)
        for layer in ([documents.platform].compactMap { $0 } + documents.operators)
            .compactMap(\.layer)
        {
            var believe: [Text: Evidence] = [:]
            for template in layer.templates { believe.merge(template.believe) { $1 } }
            believe.merge(layer.believe) { $1 }
            for file in [layer.file] + layer.templates.map(\.file) { believed[file] = believe }
            for template in layer.templates {
                add(template.adjust, template.file)
                assumed.formUnion(template.assume.keys)
            }
            add(layer.adjust, layer.file)
            assumed.formUnion(layer.assume.keys)
            add(layer.roles.flatMap(\.adjust), layer.file)
            for channel in layer.channels {
                add(channel.everyone, layer.file)
                add(channel.roles.values.flatMap { $0 }, layer.file)
                add(channel.members.values.flatMap { $0 }, layer.file)
            }
        }
    }

    /// The condition of the adjustment that a step comes from; nil where it has none.
    func condition(of step: Step) -> Condition? {
        conditions[Place(file: step.origin.file, position: step.origin.position)]
    }

    /// The claims of the step's condition that a request does not have and nobody presumes.
    func unshown(by request: Request, of step: Step) -> [String] {
        (condition(of: step)?.claims ?? [])
            .filter { request.claims[$0] == nil && !assumed.contains($0) }.map(\.string)
    }

    /// How well a claim has to be shown for the adjustment that a step comes from (SEMANTICS §5).
    func need(of claim: Text, at step: Step, _ behavior: Behavior) -> Evidence {
        believed[step.origin.file]?[claim].map { max(behavior.believable, $0) }
            ?? behavior.evidence
    }

    private mutating func add(_ adjustments: [Adjustment], _ file: String) {
        for adjustment in adjustments {
            guard let condition = adjustment.condition else { continue }
            conditions[Place(file: file, position: adjustment.source)] = condition
        }
    }
}
