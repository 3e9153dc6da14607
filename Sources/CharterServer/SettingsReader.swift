internal import CharterDocuments
internal import CharterEngine
internal import CharterStore
internal import Foundation

/// Reads `charter.yaml`.
struct SettingsReader {
    var findings: Findings
    private let environment: [String: String]
    private let folder: URL

    private let needsKeys: Bool

    init(_ source: SourceText, _ environment: [String: String], needsKeys: Bool) {
        self.needsKeys = needsKeys
        findings = Findings(source)
        self.environment = environment
        folder = URL(filePath: source.file).deletingLastPathComponent()
    }

    mutating func read() -> Settings? {
        guard let root = YAMLReader.read(findings.source.bytes, area: "settings", &findings) else {
            if !findings.hasErrors {
                findings.add("settings.syntax", at: 0..<1, "the settings are empty")
            }
            return nil
        }
        return read(root)
    }

    private mutating func read(_ root: YAMLNode) -> Settings? {
        let top = pairs(
            root,
            [
                "charter", "platform", "listen", "upstream", "operators", "decisions", "body_limit",
                "public_url", "store", "admin_listen", "log", "otlp",
            ])
        guard let upstream = top["upstream"].flatMap({ upstream($0) }) else {
            if top["upstream"] == nil {
                findings.add(
                    "settings.bad-value", at: root.range, "there is no `upstream`",
                    help: "write `upstream: {url: http://127.0.0.1:8081/v1}`")
            }
            return nil
        }
        var settings = Settings(upstream: upstream)
        settings.source = findings.source
        settings.charter = top["charter"].flatMap { path($0) }
        settings.platform = top["platform"].flatMap { path($0) }
        if let node = top["listen"], !settings.listen(node.scalar ?? "") {
            findings.add(
                "settings.bad-value", at: node.range, "this is no address",
                help: "write `127.0.0.1:8080`")
        }
        if let node = top["decisions"], let number = number(node, 1...1_000_000) {
            settings.decisions = number
        }
        if let node = top["body_limit"], let number = number(node, 1_024...(1 << 30)) {
            settings.bodyLimit = number
        }
        if let node = top["public_url"] {
            guard let url = node.scalar, url.hasPrefix("https://"), !url.hasSuffix("/"),
                let parsed = URL(string: url), parsed.host() != nil, parsed.query() == nil,
                parsed.fragment() == nil
            else {
                findings.add(
                    "settings.bad-value", at: node.range, "this is no public address",
                    help: "write one such as `https://charter.example.com`")
                return nil
            }
            settings.publicURL = url
        }
        if let node = top["store"] {
            let parts = pairs(node, ["path", "secret"])
            guard let file = parts["path"].flatMap({ path($0) }),
                let secret = parts["secret"].flatMap({ secret($0, isNeeded: true) }),
                secret.utf8.count >= Store.shortestSecret
            else {
                findings.add(
                    "settings.bad-value", at: node.range,
                    "a store has a `path` and a `secret` of at least \(Store.shortestSecret) bytes",
                    reason: "who has the file alone must not be able to use a key",
                    help: "write `store: {path: charter.sqlite, secret: env:CHARTER_STORE_SECRET}`")
                return nil
            }
            settings.store = (file, secret)
        }
        settings.telemetry = telemetry(top, settings)
        if let node = top["operators"] {
            settings.operators = operators(node, hasStore: settings.store != nil)
        }
        return settings
    }

    private mutating func upstream(_ node: YAMLNode) -> Settings.Upstream? {
        let members = pairs(node, ["url", "key", "instructions", "timeout"])
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
        upstream.key = members["key"].flatMap { secret($0) }
        if let role = members["instructions"] {
            guard role.scalar == "system" || role.scalar == "developer" else {
                findings.add(
                    "settings.bad-value", at: role.range,
                    "`instructions` is `system` or `developer`")
                return nil
            }
            upstream.instructions = role.scalar ?? "system"
        }
        if let node = members["timeout"], let seconds = number(node, 1...3_600) {
            upstream.timeoutSeconds = seconds
        }
        return upstream
    }

    private mutating func operators(
        _ node: YAMLNode, hasStore: Bool
    ) -> [Settings.Operator] {
        guard case .sequence(let nodes) = node.content else {
            findings.add(
                "settings.bad-value", at: node.range, "`operators` is a list, not \(node.kind)")
            return []
        }
        var operators: [Settings.Operator] = []
        for node in nodes {
            let members = pairs(node, ["name", "layer", "key", "access", "tokens"])
            guard let name = members["name"]?.scalar, hasStore || members["key"] != nil else {
                findings.add(
                    "settings.bad-value", at: node.range, "an operator has a `name` and a `key`",
                    help: "or keys of a `store`, by `charter keys create`")
                continue
            }
            let key = members["key"].flatMap { secret($0) }
            guard key != nil || members["key"] == nil else { continue }
            let isTaken = operators.contains { $0.name == name || key != nil && $0.key == key }
            guard !isTaken else {
                findings.add(
                    "settings.bad-value", at: node.range,
                    "the name or the key is another operator's",
                    reason: "a key says which operator is asking")
                continue
            }
            operators.append(
                Settings.Operator(
                    name: name, layer: members["layer"].flatMap { path($0) }, key: key,
                    access: members["access"].flatMap { path($0) },
                    tokens: members["tokens"].flatMap { tokens($0) }))
        }
        return operators
    }

    /// A secret, or `env:NAME` that is read from the environment. It never gets into a message.
    ///
    /// - Parameter isNeeded: whether one that is not there is an error where settings are only looked at, too.
    mutating func secret(_ node: YAMLNode, isNeeded: Bool = false) -> String? {
        guard let text = node.scalar, !text.isEmpty else {
            findings.add("settings.bad-value", at: node.range, "a key is a text that is not empty")
            return nil
        }
        guard text.hasPrefix("env:") else { return text }
        let name = String(text.dropFirst(4))
        guard let value = environment[name], !value.isEmpty else {
            let isVariable = isVariable(name)
            let isError = needsKeys || isNeeded || !isVariable
            findings.add(
                "settings.bad-value", isError ? .error : .note, at: node.range,
                isVariable
                    ? "the environment has no `\(name)`"
                    : "behind `env:` stands no name of a variable",
                help: isVariable
                    ? "set it, or write the key itself" : "names are of A to Z, 0 to 9 and `_`")
            return isError ? nil : text
        }
        return value
    }

    /// Whether it looks like a variable, and not like a key that was written in its place.
    private func isVariable(_ name: String) -> Bool {
        name.utf8.count <= 64
            && name.utf8.allSatisfy { byte in
                (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "_")
            }
    }

    mutating func path(_ node: YAMLNode) -> String? {
        guard let text = node.scalar, !text.isEmpty else {
            findings.add("settings.bad-value", at: node.range, "this is no path")
            return nil
        }
        return text.hasPrefix("/") ? text : folder.appending(path: text).relativePath
    }

    mutating func number(_ node: YAMLNode, _ range: ClosedRange<Int>) -> Int? {
        guard let number = node.scalar.flatMap({ Int($0) }), range.contains(number) else {
            findings.add(
                "settings.bad-value", at: node.range,
                "a number from \(range.lowerBound) to \(range.upperBound) is expected")
            return nil
        }
        return number
    }

    mutating func pairs(_ node: YAMLNode, _ keys: [String]) -> [String: YAMLNode] {
        findings.members(
            of: node, keys, badValue: "settings.bad-value", unknownKey: "settings.unknown-key")
    }
}
