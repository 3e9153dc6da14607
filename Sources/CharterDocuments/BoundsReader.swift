internal import CharterEngine

/// Reads `bounds` and `delegable`: how far each level may go (SEMANTICS §1).
enum BoundsReader {
    static func read(
        _ draft: SectionDraft, into behavior: inout Behavior, _ findings: inout Findings
    ) {
        let bounds = draft.block?["bounds"]
        let delegable = draft.value("delegable")
        if behavior.isHardcoded, let node = bounds ?? delegable {
            findings.add(
                "charter.root-adjustable", at: node.range,
                "a hardcoded behavior has neither `bounds` nor `delegable`",
                reason: "with authority `root`, also where that is unsaid, nobody has a say",
                help: "say an `authority`, or leave this out")
            return
        }
        if let bounds { behavior.bounds = map(bounds, "bounds", behavior, &findings) }
        guard let delegable else { return }
        if let name = delegable.scalar {
            if let level = level(name, delegable.range, &findings) {
                behavior.delegable = [level: behavior.top]
            }
        } else {
            behavior.delegable = map(delegable, "delegable", behavior, &findings)
        }
    }

    private static func map(
        _ node: YAMLNode, _ key: String, _ behavior: Behavior, _ findings: inout Findings
    ) -> [Level: Rank] {
        guard case .mapping(let pairs) = node.content else {
            findings.add(
                "charter.bad-bounds", at: node.range,
                "`\(key)` is a map of levels, not \(node.kind)",
                help: "write `\(key): {operator: \(behavior.values[0])}`")
            return [:]
        }
        var ranks: [Level: Rank] = [:]
        for (name, value) in pairs {
            guard let level = level(name.scalar ?? "", name.range, &findings) else { continue }
            guard let text = value.scalar, let rank = behavior.rank(of: Text(text)) else {
                findings.add(
                    "charter.bad-bounds", at: value.range,
                    "`\(value.scalar ?? value.kind)` is no value of `\(behavior.id)`",
                    help: "write one of \(behavior.spelledValues)")
                continue
            }
            guard key == "delegable" || behavior.authority.reaches(level) else {
                findings.add(
                    "charter.bad-bounds", at: name.range,
                    "the authority `\(behavior.authority.name)` does not reach `\(level.name)`",
                    reason: "what a level has by leave from above is said by `delegable`",
                    help: "write `delegable`, or an `authority` that reaches the level")
                continue
            }
            guard ranks.updateValue(rank, forKey: level) == nil else {
                findings.add(
                    "charter.duplicate-key", at: name.range,
                    "the level `\(level.name)` stands here a second time",
                    help: "keep one of the two")
                continue
            }
        }
        return ranks
    }

    private static func level(
        _ name: String, _ range: Range<Int>, _ findings: inout Findings
    ) -> Level? {
        guard let level = Level(named: name), level != .root else {
            findings.add(
                "charter.bad-bounds", at: range, "`\(name)` is no level below root",
                help: NearestName.help(
                    for: name, among: ["platform", "system", "operator", "developer", "user"])
                    ?? "write `platform`, `operator` or `user`")
            return nil
        }
        return level
    }
}
