internal import CharterDetection
internal import CharterDocuments
internal import CharterEngine
internal import Foundation

extension SettingsReader {
    /// Reads `detectors` and `detection` (docs/gateway.md).
    mutating func detection(
        _ detectors: YAMLNode?, _ detection: YAMLNode?
    ) -> Settings.Detection {
        var settings = Settings.Detection()
        var names: Set<String> = []
        for node in entries(detectors, "detectors") {
            let kinds = pairs(node, ["judge", "moderation"])
            guard kinds.count == 1 else {
                findings.add(
                    "settings.bad-value", at: node.range,
                    "a detector is a `judge` or a `moderation`",
                    help: "write `- judge: {url: http://127.0.0.1:8082/v1, model: NAME}`")
                continue
            }
            let judge = kinds["judge"].flatMap { self.judge($0) }
            let moderation = kinds["moderation"].flatMap { self.moderation($0) }
            guard let name = judge?.name ?? moderation?.name else { continue }
            guard names.insert(name).inserted else {
                findings.add(
                    "settings.bad-value", at: node.range, "another detector is called `\(name)`",
                    reason: "records and counts go by the name", help: "give it a `name`")
                continue
            }
            if let judge { settings.judges.append(judge) }
            if let moderation { settings.moderations.append(moderation) }
        }
        if let detection {
            let members = pairs(detection, ["budget", "window"])
            if let budget = members["budget"].flatMap({ duration($0) }) { settings.budget = budget }
            if let window = members["window"].flatMap({ duration($0) }) { settings.window = window }
        }
        return settings
    }

    private mutating func judge(_ node: YAMLNode) -> Settings.Judge? {
        let members = pairs(
            node, ["name", "url", "key", "model", "timeout", "in", "behaviors", "text_limit"])
        guard let upstream = server(members, node) else { return nil }
        guard let model = members["model"]?.scalar, !model.isEmpty else {
            findings.add(
                "settings.bad-value", at: node.range, "a judge has a `model`",
                reason: "what it says depends on it",
                help: "write `model:` with the name that its server has for it")
            return nil
        }
        let behaviors: [(id: BehaviorID, range: Range<Int>)]? = members["behaviors"].map { node in
            entries(node, "behaviors").compactMap { entry in
                name(entry).map { (BehaviorID(Text($0)), entry.range) }
            }
        }
        return Settings.Judge(
            name: members["name"].flatMap { name($0) } ?? "judge", upstream: upstream, model: model,
            timeout: members["timeout"].flatMap { duration($0) } ?? .seconds(5),
            behaviors: behaviors,
            largestText: members["text_limit"].flatMap { number($0, 1_024...(8 << 20)) }
                ?? 256 << 10,
            place: members["in"].flatMap { place($0) } ?? .request, range: node.range)
    }

    private mutating func moderation(_ node: YAMLNode) -> Settings.Moderation? {
        let members = pairs(
            node, ["name", "url", "key", "model", "timeout", "in", "categories"])
        guard let upstream = server(members, node) else { return nil }
        guard case .mapping(let entries)? = members["categories"]?.content, !entries.isEmpty else {
            findings.add(
                "settings.bad-value", at: (members["categories"] ?? node).range,
                "`categories` says which category means which behavior",
                help: "write `categories: {harassment/threatening: harassment}`")
            return nil
        }
        return Settings.Moderation(
            name: members["name"].flatMap { name($0) } ?? "moderation", upstream: upstream,
            model: members["model"].flatMap { name($0) },
            timeout: members["timeout"].flatMap { duration($0) } ?? .seconds(2),
            place: members["in"].flatMap { place($0) } ?? .request,
            categories: entries.compactMap { key, value in category(key, value) })
    }

    /// `violence: graphic_violence`, or `violence: {behavior: graphic_violence, value: moderate, at: 0.5}`.
    private mutating func category(
        _ key: YAMLNode, _ node: YAMLNode
    ) -> Settings.Moderation.Category? {
        guard let category = name(key) else { return nil }
        if node.scalar != nil {
            return name(node).map {
                Settings.Moderation.Category(
                    name: category, behavior: BehaviorID(Text($0)), range: node.range)
            }
        }
        let members = pairs(node, ["behavior", "value", "at"])
        guard let behavior = members["behavior"] else {
            findings.add(
                "settings.bad-value", at: node.range, "a category means a `behavior`",
                help: "write `{behavior: harassment, at: 0.5}`")
            return nil
        }
        let threshold = members["at"].flatMap { score($0) }
        guard let id = name(behavior), threshold != nil || members["at"] == nil else { return nil }
        return Settings.Moderation.Category(
            name: category, behavior: BehaviorID(Text(id)),
            value: members["value"].flatMap { name($0) }.map { Text($0) }, threshold: threshold,
            range: (members["value"] ?? behavior).range)
    }

    /// `url` and `key` of a server that the gateway itself asks.
    private mutating func server(
        _ members: [String: YAMLNode], _ node: YAMLNode
    ) -> Settings.Upstream? {
        guard let urlNode = members["url"], let url = urlNode.scalar,
            url.hasPrefix("http://") || url.hasPrefix("https://"), URL(string: url)?.host() != nil
        else {
            findings.add(
                "settings.bad-value", at: members["url"]?.range ?? node.range,
                "`url` must be the address of a server, with its version",
                help: "write `url: http://127.0.0.1:8082/v1`")
            return nil
        }
        // Each question has a deadline of its own.
        var upstream = Settings.Upstream(url: url)
        upstream.timeoutSeconds = 600
        if let node = members["key"] {
            guard let key = secret(node) else { return nil }
            upstream.key = key
        }
        return upstream
    }

    private mutating func entries(_ node: YAMLNode?, _ key: String) -> [YAMLNode] {
        guard let node else { return [] }
        if case .sequence(let nodes) = node.content, !nodes.isEmpty { return nodes }
        findings.add(
            "settings.bad-value", at: node.range, "`\(key)` is a list that is not empty")
        return []
    }

    private mutating func name(_ node: YAMLNode) -> String? {
        if let text = node.scalar, !text.isEmpty { return text }
        findings.add("settings.bad-value", at: node.range, "a name is expected, not \(node.kind)")
        return nil
    }

    private mutating func place(_ node: YAMLNode) -> Pattern.Place? {
        if let place = node.scalar.flatMap({ Pattern.Place(rawValue: $0) }) { return place }
        findings.add(
            "settings.bad-value", at: node.range, "`in` is `request`, `answer` or `both`")
        return nil
    }

    private mutating func score(_ node: YAMLNode) -> Double? {
        if let score = node.scalar.flatMap({ Double($0) }), (0...1).contains(score) { return score }
        findings.add("settings.bad-value", at: node.range, "a score from 0 to 1 is expected")
        return nil
    }

    /// `200ms` or `2s`: from a millisecond to ten minutes.
    mutating func duration(_ node: YAMLNode) -> Duration? {
        let text = node.scalar ?? ""
        let factor = text.hasSuffix("ms") ? 1 : text.hasSuffix("s") ? 1_000 : 0
        let digits = text.dropLast(factor == 1 ? 2 : 1)
        if factor > 0, digits.count <= 6, digits.allSatisfy({ $0.isASCII && $0.isNumber }),
            let count = Int(digits), (1...600_000).contains(count * factor)
        {
            return .milliseconds(count * factor)
        }
        findings.add(
            "settings.bad-value", at: node.range, "a time from `1ms` to `600s` is expected",
            help: "write `200ms` or `2s`")
        return nil
    }
}
