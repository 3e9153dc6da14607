internal import CharterEngine

/// Reads the roles and channels of the innermost operator (SEMANTICS §3).
struct RoleReader {
    let adjustments: LayerAdjustments

    func roles(_ node: YAMLNode, _ findings: inout Findings) -> [Layer.Role] {
        pairs(node, "`roles`", &findings).map { key, value in
            var role = Layer.Role(name: Text(key.scalar ?? ""))
            for (key, value) in pairs(value, "a role", &findings) {
                switch key.scalar {
                case "administrator":
                    guard value.scalar == "true" || value.scalar == "false" else {
                        findings.add(
                            "layer.bad-value", at: value.range,
                            "`administrator` is `true` or `false`",
                            help: "write `administrator: true`")
                        continue
                    }
                    role.isAdministrator = value.scalar == "true"
                case "adjust": role.adjust = adjustments.read(value, &findings)
                default: unknown(key, "a role", ["administrator", "adjust"], &findings)
                }
            }
            return role
        }
    }

    func channels(
        _ node: YAMLNode, _ roles: [Text], _ findings: inout Findings
    ) -> [Layer.Channel] {
        let defined = Set(roles)
        return pairs(node, "`channels`", &findings).map { key, value in
            var channel = Layer.Channel(name: Text(key.scalar ?? ""))
            for (key, value) in pairs(value, "a channel", &findings) {
                switch key.scalar {
                case "everyone": channel.everyone = adjustments.read(value, &findings)
                case "roles":
                    for (key, value) in pairs(value, "`roles`", &findings) {
                        let name = Text(key.scalar ?? "")
                        guard defined.contains(name) else {
                            findings.add(
                                "layer.unknown-role", at: key.range,
                                "the layer defines no role `\(name)`",
                                help: NearestName.help(for: name.string, among: roles.map(\.string))
                                    ?? "define it under `roles`")
                            continue
                        }
                        channel.roles[name] = adjustments.read(value, &findings)
                    }
                case "members":
                    for (key, value) in pairs(value, "`members`", &findings) {
                        channel.members[Text(key.scalar ?? "")] = adjustments.read(value, &findings)
                    }
                default: unknown(key, "a channel", ["everyone", "roles", "members"], &findings)
                }
            }
            return channel
        }
    }

    private func unknown(
        _ key: YAMLNode, _ what: String, _ names: [String], _ findings: inout Findings
    ) {
        findings.add(
            "layer.unknown-key", at: key.range, "\(what) has no `\(key.scalar ?? "")`",
            help: NearestName.help(for: key.scalar ?? "", among: names)
                ?? "it has " + names.map { "`\($0)`" }.joined(separator: ", "))
    }

    private func pairs(
        _ node: YAMLNode, _ what: String, _ findings: inout Findings
    ) -> [(key: YAMLNode, value: YAMLNode)] {
        findings.pairs(
            of: node, "layer.bad-value", "\(what) is a map, not \(node.kind)",
            help: "write `name: …` lines, or `{}` for none")
    }
}
