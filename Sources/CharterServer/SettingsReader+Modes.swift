internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway

extension SettingsReader {
    /// Reads `log_only`: `all`, or a list of behaviors.
    mutating func logOnly(_ node: YAMLNode) -> Settings.LogOnly? {
        if node.scalar == "all" { return Settings.LogOnly(behaviors: nil, range: node.range) }
        guard case .sequence(let nodes) = node.content, !nodes.isEmpty,
            nodes.allSatisfy({ $0.scalar?.isEmpty == false })
        else {
            findings.add(
                "settings.bad-value", at: node.range,
                "`log_only` is `all`, or a list of behaviors",
                help: "write `log_only: [profanity]`")
            return nil
        }
        return Settings.LogOnly(
            behaviors: nodes.map { (BehaviorID(Text($0.scalar ?? "")), $0.range) },
            range: node.range)
    }

    /// Reads `refusals`: whether a refused request gets an `answer` or an HTTP `error`.
    mutating func refusesWithError(_ node: YAMLNode) -> Bool {
        switch node.scalar {
        case "answer": return false
        case "error": return true
        default:
            findings.add(
                "settings.bad-value", at: node.range, "`refusals` is `answer` or `error`")
            return false
        }
    }

    /// Reads `candidate`: what is tried beside an operator's layer.
    mutating func candidate(_ node: YAMLNode) -> Settings.Candidate? {
        let members = pairs(node, ["charter", "layer", "adjust", "share", "gates"])
        var candidate = Settings.Candidate()
        candidate.charter = members["charter"].flatMap { path($0) }
        candidate.layer = members["layer"].flatMap { path($0) }
        candidate.adjust = members["adjust"].flatMap { path($0) }
        guard candidate.charter != nil || candidate.layer != nil || candidate.adjust != nil else {
            findings.add(
                "settings.bad-value", at: node.range, "a candidate is something else to be tried",
                help: "write `adjust: FILE`, `layer: FILE` or `charter: FILE`")
            return nil
        }
        if let share = members["share"], let hundredths = percentage(share) {
            candidate.share = hundredths
        }
        if let gates = members["gates"] {
            let parts = pairs(gates, ["refusals", "needless_refusals", "flips", "at_least"])
            func rate(_ node: YAMLNode?) -> Double? {
                node.flatMap { percentage($0) }.map { Double($0) / 10_000 }
            }
            candidate.gates.refusals = rate(parts["refusals"])
            candidate.gates.needlessRefusals = rate(parts["needless_refusals"])
            candidate.gates.flips = rate(parts["flips"])
            if let node = parts["at_least"], let count = number(node, 1...1_000_000) {
                candidate.gates.atLeast = count
            }
        }
        return candidate
    }

    /// A percentage with two digits at most, in hundredths of a percent.
    private mutating func percentage(_ node: YAMLNode) -> Int? {
        if let number = node.scalar.flatMap(Double.init), (0...100).contains(number) {
            return Int((number * 100).rounded())
        }
        findings.add(
            "settings.bad-value", at: node.range, "a percentage from 0 to 100 is expected",
            help: "write `5`, or `0.5`")
        return nil
    }
}
