internal import CharterDocuments
internal import Foundation
internal import HTTPTypes

extension SettingsReader {
    /// Reads `admin_listen`, `log` and `otlp` (docs/gateway.md).
    mutating func telemetry(_ top: [String: YAMLNode], _ settings: Settings) -> Settings.Telemetry {
        var telemetry = Settings.Telemetry()
        if let node = top["admin_listen"] {
            telemetry.admin = adminAddress(node, settings)
        }
        if let node = top["log"] {
            if let log = Settings.Log(rawValue: node.scalar ?? "") {
                telemetry.log = log
            } else {
                findings.add(
                    "settings.bad-value", at: node.range, "`log` is `none`, `text` or `json`")
            }
        }
        telemetry.otlp = top["otlp"].flatMap { collector($0) }
        return telemetry
    }

    private mutating func collector(_ node: YAMLNode) -> Settings.OTLP? {
        let members = pairs(node, ["url", "headers"])
        guard let url = members["url"]?.scalar,
            let parsed = URL(string: url), ["http", "https"].contains(parsed.scheme),
            parsed.host()?.isEmpty == false, !["", "/"].contains(parsed.path())
        else {
            findings.add(
                "settings.bad-value", at: members["url"]?.range ?? node.range,
                "`url` must be the address at which a collector takes traces",
                help: "write `url: http://127.0.0.1:4318/v1/traces`")
            return nil
        }
        var collector = Settings.OTLP(url: url)
        guard let headers = members["headers"] else { return collector }
        guard case .mapping(let entries) = headers.content else {
            findings.add(
                "settings.bad-value", at: headers.range, "a map is expected, not \(headers.kind)",
                help: "write `headers: {x-api-key: env:COLLECTOR_KEY}`")
            return nil
        }
        for (key, value) in entries {
            guard let name = key.scalar, HTTPField.Name(name) != nil else {
                findings.add(
                    "settings.bad-value", at: key.range, "this is no name of a field")
                continue
            }
            guard let text = secret(value) else { continue }
            guard HTTPField.isValidValue(text) else {
                findings.add(
                    "settings.bad-value", at: value.range, "a field cannot have this value",
                    reason: "there is a line break or another control character in it")
                continue
            }
            collector.headers.append((name, text))
        }
        return collector
    }

    private mutating func adminAddress(
        _ node: YAMLNode, _ settings: Settings
    ) -> Settings.Address? {
        guard let address = Settings.Address(node.scalar ?? "") else {
            findings.add(
                "settings.bad-value", at: node.range, "this is no address",
                help: "write `127.0.0.1:9090`")
            return nil
        }
        guard address.port == 0 || address.port != settings.port else {
            findings.add(
                "settings.bad-value", at: node.range, "clients come in at this port",
                reason: "one operator must not see how often another comes",
                help: "write a port of its own, that only those who run the gateway can reach")
            return nil
        }
        return address
    }
}
