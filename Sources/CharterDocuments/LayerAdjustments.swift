internal import CharterEngine

/// Reads the map behavior → adjustments of a layer, a role or a channel.
struct LayerAdjustments {
    let charter: Charter
    let reader: AdjustmentReader

    func read(_ node: YAMLNode, _ findings: inout Findings) -> [Adjustment] {
        var adjustments: [Adjustment] = []
        for (key, value) in pairs(node, &findings) {
            let name = key.scalar ?? ""
            guard let behavior = charter[BehaviorID(Text(name))] else {
                findings.add(
                    "layer.unknown-behavior", at: key.range,
                    "the charter has no behavior `\(name)`",
                    help: NearestName.help(
                        for: name, among: charter.behaviors.lazy.map(\.id.text.string))
                        ?? "`charter matrix` lists the ids, with their values")
                continue
            }
            adjustments += reader.read(value, of: behavior, &findings)
        }
        return adjustments
    }

    /// A user's settings, whose names may be of another charter.
    func settings(_ node: YAMLNode, _ findings: inout Findings) -> [UserLayer.Setting] {
        pairs(node, &findings).flatMap { key, value -> [UserLayer.Setting] in
            var nodes = [value]
            if case .sequence(let elements) = value.content { nodes = elements }
            if nodes.isEmpty {
                findings.add(
                    "layer.bad-value", at: value.range, "the list of adjustments is empty",
                    help: "write a value, or leave the behavior out")
            }
            return nodes.compactMap { node in
                guard let text = settingValue(node, &findings) else { return nil }
                let source = findings.source.position(of: node.range.lowerBound)
                findings.places.adjustments[source] = .init(
                    whole: node.range, values: [.set: node.entry("set")?.value.range ?? node.range])
                return UserLayer.Setting(
                    BehaviorID(Text(key.scalar ?? "")), Text(text),
                    file: findings.source.file,
                    source: source)
            }
        }
    }

    private func settingValue(_ node: YAMLNode, _ findings: inout Findings) -> String? {
        switch node.content {
        case .scalar(let text): return text
        case .sequence:
            findings.add(
                "layer.bad-value", at: node.range, "an adjustment is a value, not a list",
                help: "write `behavior: VALUE`")
            return nil
        case .mapping(let pairs):
            var value: String?
            for (key, part) in pairs {
                switch key.scalar ?? "" {
                case "set":
                    value = part.scalar
                    if value == nil {
                        findings.add(
                            "layer.bad-value", at: part.range,
                            "a value is expected here, not \(part.kind)",
                            help: "write `{set: VALUE}`")
                    }
                case "allow", "deny", "forbid", "when", "from", "until", "owner", "reason",
                    "ticket":
                    findings.add(
                        "layer.wrong-level", at: key.range,
                        "a user layer has no `\(key.scalar ?? "")`",
                        reason: "user layers have `set` alone", help: "write `{set: VALUE}`")
                default:
                    findings.add(
                        "layer.unknown-key", at: key.range,
                        "an adjustment has no `\(key.scalar ?? "")`", help: "write `{set: VALUE}`")
                }
            }
            if pairs.isEmpty {
                findings.add(
                    "layer.bad-value", at: node.range, "the adjustment does nothing",
                    help: "write `{set: VALUE}`")
            }
            return value
        }
    }

    private func pairs(
        _ node: YAMLNode, _ findings: inout Findings
    ) -> [(key: YAMLNode, value: YAMLNode)] {
        findings.pairs(
            of: node, "layer.bad-value", "adjustments are a map, not \(node.kind)",
            help: "write `behavior: value` lines")
    }
}
