internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway
internal import CharterStore
internal import Foundation

/// Reads `charter.yaml`.
struct SettingsReader {
    var findings: Findings
    private let environment: [String: String]
    private let folder: URL

    private let needsKeys: Bool
    /// Whether the settings say what models cost.
    var hasPrices = false
    /// Where the settings say what the upstream is.
    private var upstreamPlace: Range<Int>?
    /// Variables that the settings name, by `env:NAME`.
    private(set) var variables: Set<String> = []

    init(_ source: SourceText, _ environment: [String: String], needsKeys: Bool) {
        self.needsKeys = needsKeys
        findings = Findings(source)
        self.environment = environment
        folder = URL(filePath: source.file).deletingLastPathComponent()
    }

    /// Reads a file of settings; whatever is wrong is told.
    mutating func read(into settings: inout Settings) {
        settings.source = findings.source
        guard let root = YAMLReader.read(findings.source.bytes, area: "settings", &findings) else {
            if !findings.hasErrors {
                findings.add("settings.syntax", at: 0..<1, "the settings are empty")
            }
            return
        }
        let top = pairs(
            root,
            SettingsReader.scalars + [
                "upstream", "upstreams", "operators", "store", "tls", "prices", "detectors",
                "detection", "log_only", "admin_listen", "log", "otlp",
            ])
        for key in SettingsReader.scalars { top[key].map { take(key, $0, into: &settings) } }
        settings.upstreams = upstreams(top["upstream"], top["upstreams"])
        upstreamPlace = (top["upstream"] ?? top["upstreams"])?.range
        if let node = top["prices"] {
            settings.prices = prices(node)
            // One that is wrong is told, and need not be missed besides.
            hasPrices = !settings.prices.isEmpty || findings.hasErrors
        }
        settings.detection = detection(top["detectors"], top["detection"])
        settings.logOnly = top["log_only"].flatMap { logOnly($0) }
        if let node = top["store"] { settings.store = store(node) }
        if let node = top["tls"] { settings.tls = tls(node) }
        settings.telemetry = telemetry(top, settings)
        if let node = top["operators"] {
            settings.operators = operators(node, hasStore: top["store"] != nil)
        }
    }

    /// Tells where there is no model's server, after all that may name one was read.
    mutating func checkUpstreams(of settings: Settings) {
        guard settings.upstreams.allSatisfy(\.url.isEmpty), !findings.hasErrors else { return }
        findings.add(
            "settings.bad-value", at: upstreamPlace ?? 0..<1, "there is no `url` of an `upstream`",
            help: "write `upstream: {url: http://127.0.0.1:8081/v1}`")
    }

    /// Keys of one value.
    static let scalars = [
        "charter", "platform", "listen", "decisions", "body_limit", "public_url", "drain",
        "max_age",
    ]
    /// Reads the value of a key.
    mutating func take(_ key: String, _ node: YAMLNode, into settings: inout Settings) {
        switch key {
        case "charter": settings.charter = path(node)
        case "platform": settings.platform = path(node)
        case "listen":
            guard !settings.listen(node.scalar ?? "") else { return }
            findings.add(
                "settings.bad-value", at: node.range, "this is no address",
                help: "write `127.0.0.1:8080`")
        case "decisions": number(node, 1...1_000_000).map { settings.decisions = $0 }
        case "body_limit": number(node, 1_024...(1 << 30)).map { settings.bodyLimit = $0 }
        case "drain": number(node, 0...3_600).map { settings.drainSeconds = $0 }
        case "max_age": number(node, 1...31_536_000).map { settings.maxAgeSeconds = $0 }
        default:
            guard let url = node.scalar, url.hasPrefix("https://"), !url.hasSuffix("/"),
                let parsed = URL(string: url), parsed.host() != nil, parsed.query() == nil,
                parsed.fragment() == nil
            else {
                findings.add(
                    "settings.bad-value", at: node.range, "this is no public address",
                    help: "write one such as `https://charter.example.com`")
                return
            }
            settings.publicURL = url
        }
    }

    private mutating func store(_ node: YAMLNode) -> (path: String, secret: String)? {
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
        return (file, secret)
    }

    private mutating func tls(_ node: YAMLNode) -> Settings.TLS? {
        let parts = pairs(node, ["certificate", "key", "client_ca"])
        guard let certificate = parts["certificate"].flatMap({ path($0) }),
            let key = parts["key"].flatMap({ path($0) })
        else {
            findings.add(
                "settings.bad-value", at: node.range, "`tls` has a `certificate` and a `key`",
                help: "write `tls: {certificate: server.pem, key: server.key}`")
            return nil
        }
        return Settings.TLS(
            certificate: certificate, key: key, clientCA: parts["client_ca"].flatMap { path($0) })
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
            let members = pairs(
                node,
                [
                    "name", "layer", "key", "access", "tokens", "budget", "user_budget",
                    "key_budget", "log_only", "refusals", "candidate",
                ])
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
            var entry = Settings.Operator(
                name: name, layer: members["layer"].flatMap { path($0) }, key: key,
                access: members["access"].flatMap { path($0) },
                tokens: members["tokens"].flatMap { tokens($0) },
                budget: members["budget"].flatMap { budget($0) },
                userBudget: members["user_budget"].flatMap { budget($0) },
                keyBudget: members["key_budget"].flatMap { budget($0) })
            entry.logOnly = members["log_only"].flatMap { logOnly($0) }
            entry.refusesWithError = members["refusals"].map { refusesWithError($0) } ?? false
            entry.candidate = members["candidate"].flatMap { candidate($0) }
            operators.append(entry)
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
        variables.insert(name)
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
