@testable import CharterEngine

/// As its documents would have it, so that a broken law can be read, and written down as a case.
extension RandomPolicy: CustomStringConvertible {
    var description: String {
        var lines: [String] = []
        for behavior in behaviors { lines += behavior.lines(among: behaviors) }
        if !claims.isEmpty { lines.append("claims: \(RandomPolicy.map(claims))") }
        if !assume.isEmpty { lines.append("assume: \(RandomPolicy.map(assume))") }
        if let platform { lines += platform.lines("platform", among: behaviors) }
        for layer in operators { lines += layer.lines("operator", among: behaviors) }
        if let user {
            lines.append("user")
            lines += user.settings.map { "  \($0.behavior): \($0.value)" }
        }
        return (lines + request.lines).joined(separator: "\n")
    }

    static func map<Value>(_ map: [Text: Value]) -> String {
        "{"
            + map.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }
            .joined(separator: ", ") + "}"
    }
}

extension Behavior {
    func spelled(_ rank: Rank) -> String { name(of: rank)?.string ?? "none" }

    fileprivate func lines(among behaviors: [Behavior]) -> [String] {
        func levels(_ map: [Level: Rank]) -> String {
            "{"
                + map.sorted { $0.key < $1.key }.map { "\($0.key.name): \(spelled($0.value))" }
                .joined(separator: ", ") + "}"
        }
        var line =
            "\(id) [\(values.map(\.string).joined(separator: " "))] authority=\(authority.name)"
            + " default=\(spelled(self.default)) tier=\(tier.rawValue)"
            + " otherwise=\(otherwise.rawValue)"
            + " evidence=\(evidence.name) believable=\(believable.name)"
        if kind == .duty { line += " duty" }
        if !bounds.isEmpty { line += " bounds=\(levels(bounds))" }
        if !delegable.isEmpty { line += " delegable=\(levels(delegable))" }
        if !conflicts.isEmpty { line += " conflicts=\(conflicts)" }
        return [line] + adjust.map { "  " + $0.line(among: behaviors) }
    }
}

extension Adjustment {
    func line(among behaviors: [Behavior]) -> String {
        let of = behaviors.first { $0.id == behavior }
        func part(_ name: String, _ rank: Rank?) -> String? {
            rank.map { "\(name): \(of?.spelled($0) ?? "?")" }
        }
        var parts = [
            part("set", set), part("allow", allow), part("deny", deny), part("forbid", forbid),
        ].compactMap { $0 }
        if let condition { parts.append("when: \(condition.source)") }
        if let from { parts.append("from: \(from.seconds)") }
        if let until { parts.append("until: \(until.seconds)") }
        return "\(behavior): {\(parts.joined(separator: ", "))}  # line \(source.line)"
    }
}

extension Layer {
    fileprivate func lines(_ level: String, among behaviors: [Behavior]) -> [String] {
        func list(_ title: String, _ adjustments: [Adjustment]) -> [String] {
            ["  \(title)"] + adjustments.map { "    " + $0.line(among: behaviors) }
        }
        var lines = [level]
        if !claims.isEmpty { lines.append("  claims: \(RandomPolicy.map(claims))") }
        if !assume.isEmpty { lines.append("  assume: \(RandomPolicy.map(assume))") }
        if !believe.isEmpty { lines.append("  believe: \(RandomPolicy.map(believe))") }
        for template in templates {
            lines += list(
                "template \(template.name) claims: \(RandomPolicy.map(template.claims))"
                    + " assume: \(RandomPolicy.map(template.assume))"
                    + " believe: \(RandomPolicy.map(template.believe))",
                template.adjust)
        }
        lines += list("adjust", adjust)
        for role in roles {
            lines += list(
                "role \(role.name)\(role.isAdministrator ? " administrator" : "")", role.adjust)
        }
        for channel in channels {
            lines += list("channel \(channel.name)", channel.everyone)
            for (name, adjustments) in channel.roles.sorted(by: { $0.key < $1.key }) {
                lines += list("channel \(channel.name) role \(name)", adjustments)
            }
            for (name, adjustments) in channel.members.sorted(by: { $0.key < $1.key }) {
                lines += list("channel \(channel.name) member \(name)", adjustments)
            }
        }
        return lines
    }
}

extension Request {
    fileprivate var lines: [String] {
        var lines = ["request"]
        let attributes = [
            ("user", user), ("channel", channel), ("surface", surface), ("model", model),
            ("language", language),
        ]
        for (name, value) in attributes {
            if let value { lines.append("  \(name): \(value.string.debugDescription)") }
        }
        if let at { lines.append("  at: \(at.seconds)") }
        if !roles.isEmpty { lines.append("  roles: \(roles)") }
        for (name, claim) in claims.sorted(by: { $0.key < $1.key }) {
            lines.append("  claim \(name): \(claim.value) \(claim.evidence.name)")
        }
        lines += instructions.map {
            "  instruction from \($0.from): \($0.content)\($0.isExplicit ? "" : " implicit")"
        }
        lines += demands.map { demand in
            "  demand of \(demand.from): \(demand.behavior) \(demand.value?.string ?? "(top)")"
                + (demand.isExplicit ? " explicit" : "") + (demand.isTriggered ? " triggered" : "")
        }
        return lines
    }
}
