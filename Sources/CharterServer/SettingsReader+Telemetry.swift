internal import CharterDocuments
internal import Foundation

extension SettingsReader {
    /// Reads `admin_listen` and `log` (docs/gateway.md).
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
        return telemetry
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
