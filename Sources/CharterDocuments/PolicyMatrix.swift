public import CharterEngine

/// Every behavior of a policy for one request: setting, ceilings, and who may adjust it.
public struct PolicyMatrix: Sendable {
    /// One behavior, in the names that documents use.
    public struct Row: Sendable {
        /// The behavior's id.
        public var id: String
        /// The heading, as people read it.
        public var title: String
        /// Its rank in the priority stack.
        public var tier: String
        /// The names of its values, most cautious first.
        public var values: [String]
        /// The value in force where nobody says anything.
        public var `default`: String
        /// The value in force for the request.
        public var setting: String
        /// The level whose step gave the setting its value; `root` where none did.
        public var decidedBy: String
        /// Nil: the level has no say.
        public var platform: String?
        /// The innermost operator's ceiling; nil: it has no say.
        public var `operator`: String?
        /// The user's ceiling; nil: the user has no say.
        public var user: String?
        /// The lowest level that may adjust it, or `guideline`.
        public var authority: String
        /// Who may adjust it, in words.
        public var adjusters: String
    }

    /// In charter order.
    public let rows: [Row]

    /// The decision must be of the policy, with all of its behaviors.
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
    /// Who may adjust the behavior and how far, in words: `platform and operator; the user where they
    /// allow it`.
    public var adjusters: String {
        if isHardcoded { return "nobody: hardcoded" }
        let levels = [Level.platform, .operator, .user]
        var parts: [String] = []
        for rank in values.indices.compactMap({ Rank($0) }).reversed() {
            let members = levels.filter { authority.reaches($0) && own($0) == rank }
            guard !members.isEmpty else { continue }
            let reach =
                rank == top
                ? ""
                : rank == .cautious
                    ? " only more careful" : " up to \(name(of: rank)?.string ?? "")"
            parts.append(Behavior.list(members) + reach)
        }
        for level in levels where !authority.reaches(level) && hasSay(level) {
            let reach = most(level) == top ? "" : " up to \(name(of: most(level))?.string ?? "")"
            parts.append("the \(level.name) where allowed\(reach)")
        }
        if authority == .guideline { parts.append("a hint is enough") }
        if levels.contains(where: isProtected(from:)) { parts.append("protected") }
        return parts.joined(separator: "; ")
    }

    private static func list(_ levels: [Level]) -> String {
        let names = levels.map(\.name)
        guard let last = names.last, names.count > 1 else { return "the \(names.first ?? "")" }
        return names.dropLast().joined(separator: ", ") + " and " + last
    }
}
