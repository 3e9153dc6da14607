public import CharterEngine

/// Writes decisions in the shape of SEMANTICS §8.
public struct DecisionWriter: Sendable {
    private let charter: Charter

    /// Names behaviors and values as this charter does; the decisions must be of it.
    public init(_ charter: Charter) {
        self.charter = charter
    }

    /// The decision as one JSON object.
    ///
    /// - Parameter trail: whether the steps are told too, each with its source, as `explain` does.
    public func json(_ decision: Decision, trail: Bool = false) -> String {
        var writer = JSONWriter()
        write(decision, trail: trail, to: &writer)
        return writer.text
    }

    /// Writes the decision as one object.
    public func write(_ decision: Decision, trail: Bool = false, to writer: inout JSONWriter) {
        writer.object { writer in writeMembers(of: decision, trail: trail, to: &writer) }
    }

    /// Writes the members of the decision into an object that the caller has begun.
    public func writeMembers(
        of decision: Decision,
        trail: Bool = false,
        to writer: inout JSONWriter
    ) {
        writer.object("behaviors") { writer in
            for (behavior, decided) in zip(charter.behaviors, decision.behaviors) {
                write(decided, of: behavior, to: &writer)
            }
        }
        writer.list("refused") { writer in
            for step in decision.refused {
                writer.object { writer in
                    writer.member("behavior", step.behavior.text.string)
                    writer.member("scope", step.scope.rawValue)
                    writer.member("op", step.operation.rawValue)
                    writer.member("value", spelled(step))
                    writer.member("reason", step.reason?.rawValue)
                }
            }
        }
        writer.object("ignored") { writer in
            writer.list("roles") { writer in
                for role in decision.ignoredRoles { writer.value(role.string) }
            }
        }
        write(decision.verdict, to: &writer)
        if trail {
            writer.list("trail") { writer in
                for step in decision.trail { write(step, to: &writer) }
            }
        }
    }

    private func write(
        _ decided: BehaviorDecision,
        of behavior: Behavior,
        to writer: inout JSONWriter
    ) {
        writer.object(behavior.id.text.string) { writer in
            writer.member("setting", behavior.name(of: decided.setting)?.string)
            writer.member("decided_by", decided.decidedBy.name)
            writer.object("ceilings") { writer in
                writer.member("platform", behavior.name(of: decided.ceilings.platform)?.string)
                writer.member("operator", behavior.name(of: decided.ceilings.operator)?.string)
                writer.member("user", behavior.name(of: decided.ceilings.user)?.string)
            }
        }
    }

    private func write(_ verdict: Verdict, to writer: inout JSONWriter) {
        func ids(_ key: String, _ behaviors: [BehaviorIndex], _ writer: inout JSONWriter) {
            writer.list(key) { writer in
                for index in behaviors { writer.value(charter[index].id.text.string) }
            }
        }
        writer.object("verdict") { writer in
            writer.member("act", verdict.act.rawValue)
            ids("unmet", verdict.unmet, &writer)
            ids("by_asking", verdict.byAsking, &writer)
            ids("duties", verdict.duties, &writer)
            writer.list("conflicts") { writer in
                for conflict in verdict.conflicts {
                    writer.object { writer in
                        writer.member("behavior", charter[conflict.behavior].id.text.string)
                        writer.member("duty", charter[conflict.duty].id.text.string)
                        writer.member("kind", conflict.kind.rawValue)
                    }
                }
            }
        }
    }

    private func write(_ step: Step, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("behavior", step.behavior.text.string)
            writer.member("scope", step.scope.rawValue)
            writer.member("place", step.place)
            writer.key("source")
            if step.origin.file.isEmpty {
                writer.value(nil)
            } else {
                writer.object { writer in
                    writer.member("file", step.origin.file)
                    writer.member("line", step.origin.position.line)
                    writer.member("column", step.origin.position.column)
                }
            }
            writer.member("op", step.operation.rawValue)
            writer.member("value", spelled(step))
            writer.member("outcome", step.reason?.rawValue ?? "accepted")
            writer.member("setting", charter[step.behavior]?.name(of: step.setting)?.string)
            let notes = step.origin.notes
            if let layer = step.origin.layer { writer.member("layer", layer.string) }
            if let owner = notes.owner { writer.member("owner", owner) }
            if let reason = notes.reason { writer.member("reason", reason) }
            if let ticket = notes.ticket { writer.member("ticket", ticket) }
        }
    }

    /// The value of a step as §8 spells it; nil where it is unsaid.
    public func spelled(_ step: Step) -> String? {
        switch step.value {
        case .rank(let rank): charter[step.behavior]?.name(of: rank)?.string
        case .claim(let name): name.string
        case .unknown(let text): text.string
        case .unsaid: nil
        }
    }
}
