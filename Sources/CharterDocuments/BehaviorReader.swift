internal import CharterEngine

/// Makes a behavior of a heading and its block (SEMANTICS §1, §2).
struct BehaviorReader {
    let frontMatter: FrontMatter

    private static let headingKeys = [
        "authority", "default", "tier", "delegable", "evidence", "believable", "cautious",
        "otherwise", "duty", "tags",
    ]
    private static let blockKeys = headingKeys + ["dial", "bounds", "conflicts", "adjust"]

    /// Checks what a heading that is no behavior may say.
    static func checkSection(_ draft: SectionDraft, _ findings: inout Findings) {
        for attribute in draft.attributes.attributes
        where attribute.key != "tier" && attribute.key != "tags" {
            findings.add(
                "charter.unknown-attribute", at: attribute.range,
                "a heading that is no behavior has no `\(attribute.key)`",
                reason: "it has neither `authority` nor `default` nor a `charter` block",
                help: NearestName.help(for: attribute.key, among: headingKeys)
                    ?? "it may have `tier` and `tags`")
        }
        if let tier = draft.value("tier") { _ = BehaviorReader.tier(tier, &findings) }
    }

    func behavior(_ draft: SectionDraft, _ findings: inout Findings) -> Behavior? {
        let before = findings.diagnostics.count
        let knowsKeys = checkKeys(draft, &findings) && draft.block?.isReadable ?? true
        let id = readID(draft, &findings)
        let authority = draft.value("authority").map { readAuthority($0, &findings) } ?? .root
        let dial = draft.block?["dial"].map { readDial($0, &findings) }
        let kind = readKind(draft, isDial: dial != nil, &findings)
        let cautious = readCautious(draft, kind, &findings)
        let value = draft.value("default")
        if value == nil, kind != .dial, frontMatter.isPresent, knowsKeys {
            findings.add(
                "charter.default-unsaid", at: draft.heading.range,
                "the switch does not say its `default`",
                reason: "in a document with front matter nothing is in force by silence",
                help: "write `default=on` or `default=off`")
        }
        let standard = kind == .dial ? nil : value?.scalar ?? "on"
        let values = dial ?? BehaviorReader.switchValues(cautious: cautious ?? standard ?? "on")
        // What an unknown key was meant to say may be the very thing that is missed below.
        guard knowsKeys, !values.isEmpty else { return nil }
        // Where the id or the authority is wrong, the rest is read all the same, for what is wrong
        // with it; the widest authority leads to no second mistake.
        var behavior = Behavior(
            id: BehaviorID(Text(id ?? "")), title: draft.attributes.title, kind: kind,
            values: values, authority: authority ?? .guideline, default: .cautious,
            source: findings.source.position(of: draft.heading.range.lowerBound))
        if let value {
            if let name = value.scalar, let rank = behavior.rank(of: Text(name)) {
                behavior.default = rank
            } else {
                findings.add(
                    "charter.bad-default", at: value.range,
                    "`\(value.scalar ?? value.kind)` is none of the values",
                    help: "write one of \(behavior.spelledValues)")
            }
        } else if let standard, let rank = behavior.rank(of: Text(standard)) {
            behavior.default = rank
        }
        readRest(draft, into: &behavior, &findings)
        let isSound = !findings.diagnostics[before...].contains { $0.severity == .error }
        return isSound ? behavior : nil
    }

    private static func switchValues(cautious: String) -> [Text] {
        cautious == "off" ? ["off", "on"] : ["on", "off"]
    }

    /// Tells whether all keys are known.
    private func checkKeys(_ draft: SectionDraft, _ findings: inout Findings) -> Bool {
        var areKnown = true
        for attribute in draft.attributes.attributes
        where !BehaviorReader.headingKeys.contains(attribute.key) {
            areKnown = false
            findings.add(
                "charter.unknown-attribute", at: attribute.range,
                "there is no attribute `\(attribute.key)`",
                reason: BehaviorReader.blockKeys.contains(attribute.key)
                    ? "it stands in a `charter` block, not on a heading" : nil,
                help: BehaviorReader.blockKeys.contains(attribute.key)
                    ? "put it into the block: `\(attribute.key): …`"
                    : BehaviorReader.advice(for: attribute.key, BehaviorReader.headingKeys))
        }
        for (key, value) in draft.block?.pairs ?? [] {
            let name = key.scalar ?? ""
            guard BehaviorReader.blockKeys.contains(name) else {
                areKnown = false
                findings.add(
                    "charter.unknown-attribute", at: key.range,
                    "a `charter` block has no `\(name)`",
                    help: BehaviorReader.advice(for: name, BehaviorReader.blockKeys))
                continue
            }
            let said = draft.attributes.attributes.first { $0.key == name }?.value.scalar
            guard let said, !isSame(name, said, value) else { continue }
            findings.add(
                "charter.attribute-conflict", at: key.range,
                "the block says another `\(name)` than the heading",
                reason: "the heading says `\(said)`", help: "say it once")
        }
        return areKnown
    }

    private static func advice(for key: String, _ keys: [String]) -> String {
        NearestName.help(for: key, among: keys)
            ?? "there are " + keys.map { "`\($0)`" }.joined(separator: ", ")
    }

    /// Aliases of a level are the same.
    private func isSame(_ key: String, _ said: String, _ value: YAMLNode) -> Bool {
        if key == "tags" { return Set(value.tags) == Set(YAMLNode.scalar(said).tags) }
        guard let text = value.scalar else { return false }
        switch key {
        case "authority", "delegable":
            return text == said
                || (Authority(named: text) != nil
                    && Authority(named: text) == Authority(named: said))
        default: return text == said
        }
    }

    private func readID(_ draft: SectionDraft, _ findings: inout Findings) -> String? {
        let id = draft.attributes.id
        guard let id, BehaviorID(Text(id)).isWellFormed else {
            findings.add(
                "charter.bad-id", at: draft.attributes.idRange,
                id.map { "`\($0)` is no id" } ?? "the behavior has no id",
                reason: "an id is `[a-z][a-z0-9_]*`", help: "write `{#a_name_like_this …}`")
            return nil
        }
        return id
    }

    private func readAuthority(_ node: YAMLNode, _ findings: inout Findings) -> Authority? {
        guard let authority = node.scalar.flatMap(Authority.init(named:)) else {
            badAttribute(
                node, "authority", ["root", "platform", "operator", "user", "guideline"], &findings)
            return nil
        }
        return authority
    }

    private func badAttribute(
        _ node: YAMLNode, _ key: String, _ values: [String], _ findings: inout Findings
    ) {
        findings.add(
            "charter.bad-attribute", at: node.range,
            "`\(key)` cannot be \(node.scalar.map { "`\($0)`" } ?? node.kind)",
            help: NearestName.help(for: node.scalar ?? "", among: values)
                ?? "write one of " + values.map { "`\($0)`" }.joined(separator: ", "))
    }

    private func readDial(_ node: YAMLNode, _ findings: inout Findings) -> [Text] {
        guard case .sequence(let nodes) = node.content, (2...8).contains(nodes.count),
            nodes.allSatisfy({ $0.scalar != nil }),
            Set(nodes.compactMap { $0.scalar.map { Text($0) } }).count == nodes.count
        else {
            findings.add(
                "charter.bad-dial", at: node.range,
                "a dial is a list of 2 to 8 different values, most cautious first",
                help: "write `dial: [low, middle, high]`")
            return []
        }
        return nodes.compactMap { $0.scalar.map { Text($0) } }
    }

    private func readKind(
        _ draft: SectionDraft, isDial: Bool, _ findings: inout Findings
    ) -> Behavior.Kind {
        guard let node = draft.value("duty") else { return isDial ? .dial : .switch }
        switch node.scalar {
        case "false": return isDial ? .dial : .switch
        case "true" where !isDial: return .duty
        case "true":
            findings.add(
                "charter.bad-attribute", at: node.range, "a duty is a switch, not a dial",
                help: "leave `dial` or `duty` out")
            return .dial
        default:
            badAttribute(node, "duty", ["true", "false"], &findings)
            return isDial ? .dial : .switch
        }
    }

    private func readCautious(
        _ draft: SectionDraft, _ kind: Behavior.Kind, _ findings: inout Findings
    ) -> String? {
        guard let node = draft.value("cautious") else { return kind == .duty ? "on" : nil }
        guard kind != .dial else {
            findings.add(
                "charter.bad-attribute", at: node.range, "a dial has no `cautious`",
                reason: "its first value is its most cautious one", help: "take `cautious` out")
            return nil
        }
        guard let value = node.scalar, value == "on" || value == "off" else {
            badAttribute(node, "cautious", ["on", "off"], &findings)
            return nil
        }
        guard kind != .duty || value == "on" else {
            findings.add(
                "charter.bad-attribute", at: node.range, "a duty's cautious value is `on`",
                reason: "it is more careful to owe it", help: "take `cautious` out")
            return "on"
        }
        return value
    }

    private func readRest(
        _ draft: SectionDraft, into behavior: inout Behavior, _ findings: inout Findings
    ) {
        if let node = draft.value("tier") ?? draft.inheritedTier,
            let tier = BehaviorReader.tier(node, &findings)
        {
            behavior.tier = tier
        }
        behavior.otherwise =
            behavior.tier <= .ethics || behavior.authority == .root
                || behavior.authority == .platform
            ? .refuse : .guide
        if let node = draft.value("otherwise") {
            let acts = [Act.refuse, .ask, .transform, .guide]
            if let act = acts.first(where: { $0.rawValue == node.scalar }) {
                behavior.otherwise = act
            } else {
                badAttribute(node, "otherwise", acts.map(\.rawValue), &findings)
            }
        }
        if let node = draft.value("evidence") {
            behavior.evidence = evidence(node, "evidence", &findings)
        }
        behavior.believable = behavior.evidence
        if let node = draft.value("believable") {
            behavior.believable = evidence(node, "believable", &findings)
        }
        BoundsReader.read(draft, into: &behavior, &findings)
        if let node = draft.block?["conflicts"] {
            if case .sequence(let ids) = node.content, ids.allSatisfy({ $0.scalar != nil }) {
                behavior.conflicts = ids.compactMap { $0.scalar.map { BehaviorID(Text($0)) } }
            } else {
                findings.add(
                    "charter.bad-attribute", at: node.range, "`conflicts` is a list of ids",
                    help: "write `conflicts: [an_id]`")
            }
        }
        if let node = draft.block?["adjust"] {
            behavior.adjust = AdjustmentReader(form: .charter, claims: frontMatter.claims)
                .read(node, of: behavior, &findings)
        }
    }

    private func evidence(
        _ node: YAMLNode, _ key: String, _ findings: inout Findings
    ) -> Evidence {
        guard let evidence = node.scalar.flatMap(Evidence.init(named:)) else {
            badAttribute(node, key, Evidence.allCases.map(\.name), &findings)
            return .verified
        }
        return evidence
    }

    private static func tier(_ node: YAMLNode, _ findings: inout Findings) -> Tier? {
        guard let tier = node.scalar.flatMap(Tier.init(rawValue:)) else {
            let names = Tier.allCases.map(\.rawValue)
            findings.add(
                "charter.unknown-tier", at: node.range,
                "there is no tier `\(node.scalar ?? node.kind)`",
                help: NearestName.help(for: node.scalar ?? "", among: names)
                    ?? "the tiers are " + names.map { "`\($0)`" }.joined(separator: ", "))
            return nil
        }
        return tier
    }
}
