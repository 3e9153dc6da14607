internal import CharterDocuments
internal import CharterGateway
internal import Foundation

extension SettingsReader {
    /// Reads `upstream` or `upstreams` (docs/gateway.md); nil where there is none, or one that is wrong.
    mutating func upstreams(
        _ one: YAMLNode?, _ several: YAMLNode?, _ root: YAMLNode
    ) -> [Settings.Upstream]? {
        switch (one, several) {
        case (let node?, nil): return upstream(node, SettingsReader.upstreamKeys).map { [$0] }
        case (nil, let node?): return upstreams(node)
        case (_?, let node?):
            findings.add(
                "settings.bad-value", at: node.range, "there are `upstream` and `upstreams`",
                reason: "one of them would not be asked",
                help: "write all of them into `upstreams`")
        case (nil, nil):
            findings.add(
                "settings.bad-value", at: root.range, "there is no `upstream`",
                help: "write `upstream: {url: http://127.0.0.1:8081/v1}`")
        }
        return nil
    }

    private static let upstreamKeys = [
        "url", "api", "key", "instructions", "timeout", "connect", "first_token",
    ]

    private mutating func upstreams(_ node: YAMLNode) -> [Settings.Upstream]? {
        guard case .sequence(let nodes) = node.content, !nodes.isEmpty else {
            findings.add(
                "settings.bad-value", at: node.range,
                "`upstreams` is a list of at least one, not \(node.kind)",
                help: "write `upstreams: [{name: a, url: http://127.0.0.1:8081/v1}]`")
            return nil
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
        return upstreams.isEmpty ? nil : upstreams
    }

    private mutating func upstream(_ node: YAMLNode, _ keys: [String]) -> Settings.Upstream? {
        let members = pairs(node, keys)
        guard let urlNode = members["url"], let url = urlNode.scalar,
            url.hasPrefix("http://") || url.hasPrefix("https://"), URL(string: url)?.host() != nil
        else {
            findings.add(
                "settings.bad-value", at: members["url"]?.range ?? node.range,
                "`url` must be the address of a model's server",
                help: "write `url: http://127.0.0.1:8081/v1`")
            return nil
        }
        var upstream = Settings.Upstream(url: url)
        if keys.contains("name") { upstream.name = members["name"]?.scalar ?? "" }
        upstream.key = members["key"].flatMap { secret($0) }
        if let node = members["api"], let dialects = dialects(node) { upstream.dialects = dialects }
        if let node = members["instructions"],
            let role = choice(node, "instructions", ["system", "developer"])
        {
            upstream.instructions = role
        }
        upstream.models = members["models"].flatMap { models($0) }
        if let node = members["order"], let order = number(node, 0...100) { upstream.order = order }
        if let node = members["weight"], let weight = number(node, 1...1_000) {
            upstream.weight = weight
        }
        readLimits(members, &upstream)
        return upstream
    }

    private mutating func dialects(_ node: YAMLNode) -> Set<Dialect>? {
        var nodes = [node]
        if case .sequence(let entries) = node.content { nodes = entries }
        let dialects = nodes.compactMap { $0.scalar.flatMap(Dialect.init) }
        guard !dialects.isEmpty, dialects.count == nodes.count else {
            findings.add(
                "settings.bad-value", at: node.range, "`api` is `openai`, `anthropic` or both",
                help: "write `[openai, anthropic]` where the server speaks both")
            return nil
        }
        return Set(dialects)
    }

    private mutating func readLimits(
        _ members: [String: YAMLNode], _ upstream: inout Settings.Upstream
    ) {
        if let node = members["timeout"], let seconds = number(node, 1...3_600) {
            upstream.timeoutSeconds = seconds
        }
        if let node = members["connect"], let seconds = number(node, 1...60) {
            upstream.connectSeconds = seconds
        }
        if let node = members["first_token"], let seconds = number(node, 1...3_600) {
            guard seconds <= upstream.timeoutSeconds else {
                findings.add(
                    "settings.bad-value", at: node.range, "`first_token` is above `timeout`",
                    reason: "no silence is longer than `timeout`, the first one included",
                    help: "write at least `timeout: \(seconds)`")
                return
            }
            upstream.firstTokenSeconds = seconds
        }
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
