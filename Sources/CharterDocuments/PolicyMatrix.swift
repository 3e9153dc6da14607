public import CharterEngine

/// Every behavior of a policy for one request: setting, ceilings, and who may adjust it.
public struct PolicyMatrix: Sendable {
    public struct Row: Sendable {
        public var id: String
        public var title: String
        public var tier: String
        public var values: [String]
        public var `default`: String
        public var setting: String
        public var decidedBy: String
        /// Nil: the level has no say.
        public var platform: String?
        public var `operator`: String?
        public var user: String?
        public var authority: String
        /// Who may adjust it, in words.
        public var adjusters: String
    }

    /// In charter order.
    public let rows: [Row]

    public init(_ policy: Policy, _ decision: Decision) {
        rows = zip(policy.charter.behaviors, decision.behaviors).map { behavior, decided in
            func name(_ rank: Rank) -> String? { behavior.name(of: rank)?.string }
            return Row(
                id: behavior.id.text.string,
                title: behavior.title,
                tier: behavior.tier.rawValue,
                values: behavior.values.map(\.string),
                default: name(behavior.default) ?? "",
                setting: name(decided.setting) ?? "",
                decidedBy: decided.decidedBy.name,
                platform: name(decided.ceilings.platform),
                operator: name(decided.ceilings.operator),
                user: name(decided.ceilings.user),
                authority: behavior.authority.name,
                adjusters: behavior.adjusters
            )
        }
    }

    /// The rows as a JSON list.
    public var json: String {
        var writer = JSONWriter()
        write(to: &writer)
        return writer.text
    }

    /// Writes the rows as a list.
    public func write(to writer: inout JSONWriter) {
        writer.list { writer in
            for row in rows {
                writer.object { writer in
                    writer.member("behavior", row.id)
                    PolicyMatrix.writeMembers(of: row, to: &writer)
                }
            }
        }
    }

    /// Writes the rows as an object, by behavior.
    public func writeByBehavior(to writer: inout JSONWriter) {
        writer.object { writer in
            for row in rows {
                writer.object(row.id) { writer in PolicyMatrix.writeMembers(of: row, to: &writer) }
            }
        }
    }

    private static func writeMembers(of row: Row, to writer: inout JSONWriter) {
        writer.member("title", row.title)
        writer.member("tier", row.tier)
        writer.list("values") { writer in
            for value in row.values { writer.value(value) }
        }
        writer.member("default", row.default)
        writer.member("setting", row.setting)
        writer.member("decided_by", row.decidedBy)
        writer.object("ceilings") { writer in
            writer.member("platform", row.platform)
            writer.member("operator", row.operator)
            writer.member("user", row.user)
        }
        writer.member("authority", row.authority)
        writer.member("adjusters", row.adjusters)
    }
}

extension Behavior {
    /// Who may adjust the behavior, in words.
    public var adjusters: String {
        if isHardcoded { return "nobody: hardcoded" }
        var text = "down to \(authority.level.name)"
        if authority == .guideline { text += ", a hint is enough" }
        if let lowest = delegable.keys.max(), !authority.reaches(lowest) {
            text += "; \(lowest.name) with leave from above"
        }
        let protected = [Level.platform, .operator].filter { isProtected(from: $0) }
        if !protected.isEmpty {
            text += "; protected from \(protected.map(\.name).joined(separator: " and "))"
        }
        return text
    }
}
