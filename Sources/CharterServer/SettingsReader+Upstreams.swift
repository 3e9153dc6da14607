internal import CharterDocuments
internal import CharterGateway

extension SettingsReader {
    /// Reads `upstream` or `upstreams` (docs/gateway.md).
    mutating func upstreams(_ one: YAMLNode?, _ several: YAMLNode?) -> [Settings.Upstream] {
        switch (one, several) {
        case (let node?, nil):
            var upstream = Settings.Upstream(url: "")
            let members = pairs(node, SettingsReader.upstreamKeys)
            for key in SettingsReader.upstreamKeys {
                members[key].map { takeUpstream(key, $0, into: &upstream) }
            }
            checkLimits(of: upstream, members["first_token"]?.range ?? node.range)
            return [upstream]
        case (nil, let node?): return upstreams(node)
        case (_?, let node?):
            findings.add(
                "settings.bad-value", at: node.range, "there are `upstream` and `upstreams`",
                reason: "one of them would not be asked",
                help: "write all of them into `upstreams`")
            return []
        case (nil, nil): return []
        }
    }

    /// Keys of `upstream`, and of each of `upstreams`.
    static let upstreamKeys = [
        "url", "api", "key", "instructions", "timeout", "connect", "first_token",
    ]

    /// Reads the value of a key of an upstream.
    mutating func takeUpstream(
        _ key: String, _ node: YAMLNode, into upstream: inout Settings.Upstream
    ) {
        switch key {
        case "url":
            guard let url = node.scalar, Settings.isUpstream(url) else {
                findings.add(
                    "settings.bad-value", at: node.range,
                    "`url` must be the address of a model's server",
                    help: "write `url: http://127.0.0.1:8081/v1`")
                return
            }
            upstream.url = url
        case "api": dialects(node).map { upstream.dialects = $0 }
        case "key": upstream.key = secret(node)
        case "timeout": number(node, 1...3_600).map { upstream.timeoutSeconds = $0 }
        case "connect": number(node, 1...60).map { upstream.connectSeconds = $0 }
        case "first_token": number(node, 1...3_600).map { upstream.firstTokenSeconds = $0 }
        default:
            choice(node, "instructions", ["system", "developer"]).map { upstream.instructions = $0 }
        }
    }

    private mutating func checkLimits(of upstream: Settings.Upstream, _ range: Range<Int>) {
        guard let first = upstream.firstTokenSeconds, first > upstream.timeoutSeconds else {
            return
        }
        findings.add(
            "settings.bad-value", at: range, "`first_token` is above `timeout`",
            reason: "no silence is longer than `timeout`, the first one included",
            help: "write at least `timeout: \(first)`")
    }

    private mutating func upstreams(_ node: YAMLNode) -> [Settings.Upstream] {
        guard case .sequence(let nodes) = node.content, !nodes.isEmpty else {
            findings.add(
                "settings.bad-value", at: node.range,
                "`upstreams` is a list of at least one, not \(node.kind)",
                help: "write `upstreams: [{name: a, url: http://127.0.0.1:8081/v1}]`")
            return []
        }
        var upstreams: [Settings.Upstream] = []
        var names: Set<String> = []
        for node in nodes {
            let keys = ["name", "models", "order", "weight"] + SettingsReader.upstreamKeys
            guard let upstream = upstream(node, keys) else { continue }
            guard !upstream.name.isEmpty, upstream.name.utf8.count <= 64 else {
                findings.add(
                    "settings.bad-value", at: node.range,
                    "each of several upstreams has a `name` of at most 64 bytes",
                    reason: "whoever runs them has to tell them apart")
                continue
            }
            guard names.insert(upstream.name).inserted else {
                findings.add(
                    "settings.bad-value", at: node.range, "the name is another upstream's",
                    reason: "whoever runs them has to tell them apart")
                continue
            }
            upstreams.append(upstream)
        }
        return upstreams
    }

    private mutating func upstream(_ node: YAMLNode, _ keys: [String]) -> Settings.Upstream? {
        let members = pairs(node, keys)
        guard members["url"] != nil else {
            findings.add(
                "settings.bad-value", at: node.range,
                "`url` must be the address of a model's server",
                help: "write `url: http://127.0.0.1:8081/v1`")
            return nil
        }
        var upstream = Settings.Upstream(url: "")
        upstream.name = members["name"]?.scalar ?? ""
        for key in SettingsReader.upstreamKeys {
            members[key].map { takeUpstream(key, $0, into: &upstream) }
        }
        checkLimits(of: upstream, members["first_token"]?.range ?? node.range)
        upstream.models = members["models"].flatMap { models($0) }
        members["order"].flatMap { number($0, 0...100) }.map { upstream.order = $0 }
        members["weight"].flatMap { number($0, 1...1_000) }.map { upstream.weight = $0 }
        return upstream
    }

    private mutating func dialects(_ node: YAMLNode) -> Set<Dialect>? {
        var nodes = [node]
        if case .sequence(let entries) = node.content { nodes = entries }
        let dialects = nodes.compactMap { $0.scalar.flatMap(Dialect.init) }
        guard !dialects.isEmpty, dialects.count == nodes.count else {
            findings.add(
                "settings.bad-value", at: node.range, "`api` is `openai`, `anthropic` or both",
                help: NearestName.help(
                    for: node.scalar ?? "", among: Dialect.allCases.map(\.rawValue))
                    ?? "write `[openai, anthropic]` where the server speaks both")
            return nil
        }
        return Set(dialects)
    }

    private mutating func models(_ node: YAMLNode) -> Set<String>? {
        if case .sequence(let nodes) = node.content, !nodes.isEmpty {
            let names = nodes.compactMap(\.scalar).filter { !$0.isEmpty }
            if names.count == nodes.count { return Set(names) }
        }
        findings.add(
            "settings.bad-value", at: node.range, "`models` is a list of names of models",
            help: "write `models: [smollm2]`, or leave it out: then it is asked for any")
        return nil
    }

    private mutating func choice(_ node: YAMLNode, _ key: String, _ names: [String]) -> String? {
        if let text = node.scalar, names.contains(text) { return text }
        findings.add(
            "settings.bad-value", at: node.range,
            "`\(key)` is \(names.map { "`\($0)`" }.joined(separator: " or "))",
            help: NearestName.help(for: node.scalar ?? "", among: names))
        return nil
    }
}
