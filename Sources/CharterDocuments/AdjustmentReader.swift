internal import CharterEngine

/// Reads adjustments (SEMANTICS §3) out of a layer, or out of a charter's `adjust`.
struct AdjustmentReader {
    /// Whose words they are.
    enum Form {
        case layer
        /// `set` and `forbid` alone, about the behavior that says them.
        case charter

        /// The id of a mistake in each form (SEMANTICS §9).
        func id(_ problem: String) -> String {
            self == .layer ? "layer.\(problem)" : "charter.bad-adjust"
        }
    }

    let form: Form
    /// The claims that a condition may use here.
    let claims: DeclaredClaims

    private static let operations = ["set", "allow", "deny", "forbid"]
    private static let others = ["when", "from", "until", "owner", "reason", "ticket"]

    /// The adjustments of one behavior: a value, a map, or a list of them.
    func read(
        _ node: YAMLNode, of behavior: Behavior, _ findings: inout Findings
    ) -> [Adjustment] {
        guard case .sequence(let elements) = node.content else {
            return one(node, of: behavior, &findings).map { [$0] } ?? []
        }
        if elements.isEmpty {
            findings.add(
                form.id("bad-value"), at: node.range, "the list of adjustments is empty",
                help: "write an adjustment, or leave the behavior out")
        }
        return elements.compactMap { one($0, of: behavior, &findings) }
    }

    private func one(
        _ node: YAMLNode, of behavior: Behavior, _ findings: inout Findings
    ) -> Adjustment? {
        var adjustment = Adjustment(
            behavior.id, source: findings.source.position(of: node.range.lowerBound))
        findings.places.adjustments[adjustment.source] = places(of: node)
        switch node.content {
        case .scalar:
            adjustment.set = value(node, of: behavior, &findings)
            return adjustment
        case .sequence:
            findings.add(
                form.id("bad-value"), at: node.range,
                "an adjustment is a value or a map, not a list",
                help: "write `\(behavior.id): {set: VALUE}`")
            return nil
        case .mapping(let pairs):
            for (key, value) in pairs {
                read(key, value, of: behavior, into: &adjustment, &findings)
            }
            guard
                pairs.contains(where: { AdjustmentReader.operations.contains($0.key.scalar ?? "") })
            else {
                if !pairs.contains(where: { isUnknown($0.key.scalar ?? "") }) {
                    findings.add(
                        form.id("bad-value"), at: node.range, "the adjustment does nothing",
                        reason: form == .layer
                            ? "it has none of `set`, `allow`, `deny` and `forbid`"
                            : "it has neither `set` nor `forbid`",
                        help: "write `{set: VALUE}`")
                }
                return nil
            }
            return adjustment
        }
    }

    /// The operations that the form has.
    private var operations: [String] {
        form == .layer ? AdjustmentReader.operations : ["set", "forbid"]
    }

    private func places(of node: YAMLNode) -> DocumentPlaces.AdjustmentPlaces {
        var places = DocumentPlaces.AdjustmentPlaces(whole: node.range)
        guard case .mapping(let pairs) = node.content else {
            places.values[.set] = node.range
            return places
        }
        for (key, value) in pairs {
            switch key.scalar {
            case "when": places.condition = value.range
            case "until": places.until = value.range
            case let name?:
                if let operation = Step.Operation(rawValue: name) {
                    places.values[operation] = value.range
                }
            case nil: break
            }
        }
        return places
    }

    private func isUnknown(_ key: String) -> Bool {
        !AdjustmentReader.operations.contains(key) && !AdjustmentReader.others.contains(key)
    }

    private func read(
        _ key: YAMLNode, _ node: YAMLNode, of behavior: Behavior, into adjustment: inout Adjustment,
        _ findings: inout Findings
    ) {
        switch key.scalar {
        case "set": adjustment.set = value(node, of: behavior, &findings)
        case "forbid": adjustment.forbid = restriction(node, of: behavior, &findings)
        case "allow" where form == .layer: adjustment.allow = value(node, of: behavior, &findings)
        case "deny" where form == .layer:
            adjustment.deny = restriction(node, of: behavior, &findings)
        case "allow", "deny":
            findings.add(
                "charter.bad-adjust", at: key.range,
                "the charter's own adjustments have `set` and `forbid` alone",
                reason: "what levels may do is said by `authority`, `bounds` and `delegable`",
                help: "write `set` or `forbid`")
        case "when": adjustment.condition = condition(node, &findings)
        case "from": adjustment.from = instant(node, &findings)
        case "until": adjustment.until = instant(node, &findings)
        case "owner": adjustment.notes.owner = note(node, &findings)
        case "reason": adjustment.notes.reason = note(node, &findings)
        case "ticket": adjustment.notes.ticket = note(node, &findings)
        default:
            let name = key.scalar ?? ""
            findings.add(
                form.id("unknown-key"), at: key.range, "an adjustment has no `\(name)`",
                help: NearestName.help(for: name, among: operations + AdjustmentReader.others)
                    ?? "an adjustment has " + operations.map { "`\($0)`, " }.joined()
                    + "`when`, `from`, `until` and notes")
        }
    }

    private func value(
        _ node: YAMLNode, of behavior: Behavior, _ findings: inout Findings
    ) -> Rank? {
        guard let name = node.scalar else {
            findings.add(
                form.id("bad-value"), at: node.range, "a value is expected here, not \(node.kind)",
                help: "write one of \(behavior.spelledValues)")
            return nil
        }
        guard let rank = behavior.rank(of: Text(name)) else {
            findings.add(
                form.id("unknown-value"), at: node.range,
                "`\(behavior.id)` has no value `\(name)`",
                reason: "its values are \(behavior.spelledValues)",
                help: NearestName.help(for: name, among: behavior.values.map(\.string))
                    ?? "write one of them")
            return nil
        }
        return rank
    }

    private func restriction(
        _ node: YAMLNode, of behavior: Behavior, _ findings: inout Findings
    ) -> Rank? {
        guard let rank = value(node, of: behavior, &findings) else { return nil }
        guard rank > .cautious else {
            findings.add(
                form.id("bad-value"), at: node.range,
                "`\(behavior.values[0])` is the most cautious value and cannot be taken away",
                reason: "caution is always possible",
                help: "write the least value that is too much, such as `\(behavior.values[1])`")
            return nil
        }
        return rank
    }

    private func condition(_ node: YAMLNode, _ findings: inout Findings) -> Condition? {
        guard let text = node.scalar else {
            findings.add(
                form.id("bad-value"), at: node.range, "a condition is a text, not \(node.kind)",
                help: "write it in quotes: `when: \"claims.age >= 18\"`")
            return nil
        }
        do {
            return try Condition(parsing: text, claims: claims.types)
        } catch {
            let mistake = ConditionMistake(error, in: text, claims: claims.types)
            guard mistake.unknownClaim.map({ !claims.mayHave(Text($0)) }) ?? true else {
                return nil
            }
            findings.add(
                error.code.rawValue,
                at: node.range(of: mistake.range, in: findings.source) ?? node.range, error.message,
                reason: mistake.reason, help: mistake.help)
            return nil
        }
    }

    private func instant(_ node: YAMLNode, _ findings: inout Findings) -> Instant? {
        guard let text = node.scalar, let instant = Instant(parsing: text) else {
            findings.add(
                form.id("bad-value"), at: node.range, "this is no date of RFC 3339",
                help: "write `2027-03-31` or `2027-03-31T12:00:00Z`")
            return nil
        }
        return instant
    }

    private func note(_ node: YAMLNode, _ findings: inout Findings) -> String? {
        guard let text = node.scalar else {
            findings.add(
                form.id("bad-value"), at: node.range, "a note is a text, not \(node.kind)",
                help: "write one text, in quotes where it has signs")
            return nil
        }
        return text
    }
}

extension Behavior {
    /// The names of the values, for messages.
    var spelledValues: String { values.map { "`\($0)`" }.joined(separator: ", ") }
}
