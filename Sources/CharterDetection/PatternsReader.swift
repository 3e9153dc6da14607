internal import CharterDocuments
internal import CharterEngine

/// Reads the patterns of one document.
struct PatternsReader {
    private(set) var findings: Findings
    private let charter: Charter
    private var patterns: [Pattern] = []
    private var forms: [Range<Int>] = []

    /// The most patterns of a document: each takes about a millisecond to compile.
    static let most = 5_000

    private static let keys = ["behavior", "in", "literal", "regex", "value", "asked", "triggered"]

    init(_ source: SourceText, _ charter: Charter) {
        findings = Findings(source)
        self.charter = charter
    }

    /// Reads all entries; nil where one is wrong.
    mutating func read() -> PatternsDocument? {
        guard let root = YAMLReader.read(findings.source.bytes, area: "patterns", &findings),
            root.scalar != ""
        else {
            return findings.hasErrors
                ? nil : PatternsDocument(source: findings.source, patterns: [], forms: [])
        }
        guard case .sequence(let entries) = root.content else {
            findings.add(
                "patterns.syntax",
                at: root.range,
                "patterns are a list, not \(root.kind)",
                help: "begin each pattern with `- behavior: …`"
            )
            return nil
        }
        guard entries.count <= Self.most else {
            findings.add(
                "patterns.bad-value",
                at: entries[Self.most].range,
                "there are more than \(Self.most) patterns",
                help: "write similar ones as one regex with alternatives"
            )
            return nil
        }
        for entry in entries { read(entry) }
        for problem in PatternSet.problems(in: patterns) {
            findings.add(problem, at: problem.pattern.map { forms[$0] } ?? 0..<1)
        }
        guard !findings.hasErrors else { return nil }
        return PatternsDocument(source: findings.source, patterns: patterns, forms: forms)
    }

    private mutating func read(_ entry: YAMLNode) {
        guard case .mapping(let pairs) = entry.content else {
            return findings.add(
                "patterns.bad-value",
                at: entry.range,
                "a pattern is a map, not \(entry.kind)",
                help: "write `- {behavior: ID, literal: TEXT}`"
            )
        }
        var values: [String: (node: YAMLNode, text: String)] = [:]
        var isWhole = true
        for (key, value) in pairs {
            let name = key.scalar ?? ""
            guard Self.keys.contains(name) else {
                findings.add(
                    "patterns.unknown-key",
                    at: key.range,
                    "a pattern has no `\(name)`",
                    help: NearestName.help(for: name, among: Self.keys)
                        ?? "a pattern has " + Self.keys.map { "`\($0)`" }.joined(separator: ", ")
                )
                continue
            }
            guard let text = value.scalar else {
                isWhole = false
                findings.add(
                    "patterns.bad-value",
                    at: value.range,
                    "`\(name)` is a text, not \(value.kind)"
                )
                continue
            }
            values[name] = (value, text)
        }
        let behavior = behavior(values["behavior"], entry)
        let form = form(values["literal"], values["regex"], entry, isWhole)
        let place = place(values["in"])
        let asked = bool("asked", values["asked"])
        let triggered = bool("triggered", values["triggered"])
        guard let behavior, let form, let place, let asked, let triggered else { return }
        let pattern = Pattern(
            behavior: behavior.id,
            place: place,
            form: form.form,
            value: values["value"].map { Text($0.text) },
            asked: asked,
            triggered: triggered,
            isReplaced: behavior.otherwise == .transform,
            source: findings.source.position(of: entry.range.lowerBound)
        )
        check(pattern, of: behavior, values.mapValues(\.node))
        patterns.append(pattern)
        forms.append(form.range)
    }

    // MARK: Keys

    private mutating func behavior(
        _ value: (node: YAMLNode, text: String)?,
        _ entry: YAMLNode
    ) -> Behavior? {
        guard let value else {
            findings.add(
                "patterns.bad-value",
                at: head(of: entry),
                "the pattern names no behavior",
                help: "write `behavior: ID`, the id of the behavior that a match exercises"
            )
            return nil
        }
        guard let behavior = charter[BehaviorID(Text(value.text))] else {
            findings.add(
                "patterns.unknown-behavior",
                at: value.node.range,
                "the charter has no behavior `\(value.text)`",
                help: NearestName.help(
                    for: value.text,
                    among: charter.behaviors.map(\.id.text.string)
                )
            )
            return nil
        }
        return behavior
    }

    private mutating func form(
        _ literal: (node: YAMLNode, text: String)?,
        _ regex: (node: YAMLNode, text: String)?,
        _ entry: YAMLNode,
        _ isWhole: Bool
    ) -> (form: Pattern.Form, range: Range<Int>)? {
        switch (literal, regex) {
        case (let literal?, nil): return (.literal(literal.text), literal.node.range)
        case (nil, let regex?): return (.regex(regex.text), regex.node.range)
        case (_?, let regex?):
            findings.add(
                "patterns.bad-value",
                at: regex.node.range,
                "the pattern has both `literal` and `regex`",
                help: "make them two patterns"
            )
        case (nil, nil):
            guard isWhole else { break }
            findings.add(
                "patterns.bad-value",
                at: head(of: entry),
                "the pattern says nothing to look for",
                help: "write `literal: TEXT` or `regex: REGEX`"
            )
        }
        return nil
    }

    private mutating func place(_ value: (node: YAMLNode, text: String)?) -> Pattern.Place? {
        guard let value else { return .both }
        if let place = Pattern.Place(rawValue: value.text) { return place }
        findings.add(
            "patterns.bad-value",
            at: value.node.range,
            "`\(value.text)` is no place to look in",
            help: "write `request`, `answer` or `both`"
        )
        return nil
    }

    private mutating func bool(_ key: String, _ value: (node: YAMLNode, text: String)?) -> Bool? {
        switch value?.text {
        case nil, "false": return false
        case "true": return true
        default:
            findings.add(
                "patterns.bad-value",
                at: value?.node.range ?? 0..<1,
                "`\(key)` is `true` or `false`"
            )
            return nil
        }
    }

    /// The first line of an entry.
    private func head(of entry: YAMLNode) -> Range<Int> {
        let bytes = findings.source.bytes[entry.range]
        return entry.range.lowerBound..<(bytes.firstIndex(of: 0x0A) ?? entry.range.upperBound)
    }

    // MARK: What the parts say together

    private mutating func check(
        _ pattern: Pattern,
        of behavior: Behavior,
        _ nodes: [String: YAMLNode]
    ) {
        let isTriggered = pattern.triggered && behavior.kind == .duty
        if let value = pattern.value, let node = nodes["value"] {
            if behavior.rank(of: value) == nil {
                findings.add(
                    "patterns.unknown-value",
                    at: node.range,
                    "`\(behavior.id)` has no value `\(value)`",
                    reason: "its values are "
                        + behavior.values.map { "`\($0)`" }.joined(separator: ", "),
                    help: NearestName.help(for: value.string, among: behavior.values.map(\.string))
                )
            } else if isTriggered {
                findings.add(
                    "patterns.no-effect",
                    .warning,
                    at: node.range,
                    "the `value` of a trigger is not looked at",
                    reason: "a triggered duty is owed, and asks for no value",
                    help: "leave it out"
                )
            }
        }
        if pattern.triggered, behavior.kind != .duty, let node = nodes["triggered"] {
            findings.add(
                "patterns.no-effect",
                .warning,
                at: node.range,
                "`\(behavior.id)` is no duty",
                reason: "on a behavior that is no duty `triggered` is ignored",
                help: "leave it out"
            )
        }
        if pattern.asked, let node = nodes["asked"] {
            if pattern.place == .answer {
                findings.add(
                    "patterns.no-effect",
                    .warning,
                    at: node.range,
                    "nobody asks in an answer",
                    reason: "what an answer exercises is judged by what the request asked for",
                    help: "leave it out, or look in the request too"
                )
            } else if isTriggered {
                findings.add(
                    "patterns.no-effect",
                    .warning,
                    at: node.range,
                    "a trigger asks for nothing",
                    help: "leave it out"
                )
            }
        }
    }
}
