import CharterDocuments
import CharterEngine

/// Decisions as people read them on a terminal.
struct DecisionText {
    let policy: Policy
    private var charter: Charter { policy.charter }

    init(_ policy: Policy) {
        self.policy = policy
    }

    /// The setting of each behavior, and what comes of the demands.
    func decision(_ decision: Decision, _ behaviors: [BehaviorIndex]) -> String {
        let rows = behaviors.map { index in
            let decided = decision.behaviors[index.number]
            let behavior = charter[index]
            return [
                behavior.id.text.string, name(decided.setting, behavior), decided.decidedBy.name,
                name(decided.ceilings.platform, behavior), name(decided.ceilings.operator, behavior),
                name(decided.ceilings.user, behavior),
            ]
        }
        let table = DecisionText.table(
            [["behavior", "setting", "decided by", "platform", "operator", "user may"]] + rows)
        return ([table, ""] + verdict(decision)).joined(separator: "\n")
    }

    /// The levels that a decision descends, each step with the line it comes from.
    func explanation(_ decision: Decision, _ index: BehaviorIndex) -> String {
        let behavior = charter[index]
        let decided = decision.behaviors[index.number]
        var lines = [
            "\(behavior.id)  —  \(behavior.title)",
            "  values, most cautious first: \(behavior.values.map(\.string).joined(separator: ", "))",
            "  \(charter.file):\(behavior.source.line)  default \(name(behavior.default, behavior))"
                + ", may be adjusted: \(behavior.adjusters)",
        ]
        for step in decision.trail where step.behavior == behavior.id {
            lines.append("  " + line(step))
        }
        lines.append(
            "  = \(name(decided.setting, behavior)), decided by \(decided.decidedBy.name); the user may set "
                + "up to \(name(decided.ceilings.user, behavior))")
        return lines.joined(separator: "\n")
    }

    private func line(_ step: Step) -> String {
        let origin = step.origin
        var place = step.scope.rawValue
        if !origin.file.isEmpty { place += " \(origin.file):\(origin.position.line)" }
        let value = DecisionWriter(charter).spelled(step) ?? ""
        var text = "\(place)  \(step.operation.rawValue) \(value)"
        if let reason = step.reason { text += "  refused: \(reason.rawValue)" }
        if let behavior = charter[step.behavior] {
            text += "  → \(name(step.setting, behavior))"
        }
        if let reason = origin.notes.reason { text += "  (\(reason))" }
        return text
    }

    /// The verdict, and what is refused.
    private func verdict(_ decision: Decision) -> [String] {
        func ids(_ indices: [BehaviorIndex]) -> String {
            indices.map { charter[$0].id.text.string }.joined(separator: ", ")
        }
        let verdict = decision.verdict
        var lines = ["verdict: \(verdict.act.rawValue)"]
        if !verdict.unmet.isEmpty { lines.append("  unmet: \(ids(verdict.unmet))") }
        if !verdict.byAsking.isEmpty { lines.append("  met by asking: \(ids(verdict.byAsking))") }
        if !verdict.duties.isEmpty { lines.append("  owed: \(ids(verdict.duties))") }
        for conflict in verdict.conflicts {
            lines.append(
                "  conflict: \(charter[conflict.behavior].id) and \(charter[conflict.duty].id): "
                    + conflict.kind.rawValue)
        }
        for step in decision.refused { lines.append("  refused: \(step.behavior)  \(line(step))") }
        if !decision.ignoredRoles.isEmpty {
            lines.append(
                "  roles that the operator does not define: "
                    + decision.ignoredRoles.map(\.string).joined(separator: ", "))
        }
        return lines
    }

    private func name(_ rank: Rank, _ behavior: Behavior) -> String {
        behavior.name(of: rank)?.string ?? "–"
    }

    /// Columns of equal width.
    static func table(_ rows: [[String]]) -> String {
        let widths = rows.first.map { first in
            first.indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        }
        return rows.map { row in
            zip(row, widths ?? []).map { cell, width in
                cell + String(repeating: " ", count: width - cell.count)
            }.joined(separator: "  ").trimmingSuffix(" ")
        }.joined(separator: "\n")
    }
}

extension String {
    fileprivate func trimmingSuffix(_ character: Character) -> String {
        String(reversed().drop { $0 == character }.reversed())
    }
}
