internal import CharterEngine

/// One document of a layer, a template or the layer itself, while it is read.
struct LayerDraft {
    var findings: Findings
    let isTemplate: Bool
    var templateName = ""
    private var pairs: [(key: YAMLNode, value: YAMLNode)] = []
    var claims: [Text: ClaimType] = [:]
    var believe: [Text: Evidence] = [:]
    var assume: [Text: ClaimValue] = [:]
    var adjust: [Adjustment] = []
    var settings: [UserLayer.Setting] = []
    var roles: [Layer.Role] = []
    var channels: [Layer.Channel] = []

    private static let notes = ["name", "written_for", "purpose", "under"]
    private static let keys =
        notes + ["layer", "extends", "claims", "believe", "assume", "adjust", "roles", "channels"]

    init(_ source: SourceText, isTemplate: Bool) {
        findings = Findings(source)
        self.isTemplate = isTemplate
        guard let root = YAMLReader.read(source.bytes, area: "layer", &findings), root.scalar != ""
        else { return }
        guard case .mapping(let pairs) = root.content else {
            findings.add(
                "layer.syntax", at: root.range, "a layer is a map, not \(root.kind)",
                help: "write `layer: operator` and `adjust:` with `behavior: value` lines")
            return
        }
        self.pairs = pairs
    }

    var placed: PlacedDocument {
        PlacedDocument(source: findings.source, places: findings.places)
    }

    subscript(key: String) -> YAMLNode? { pairs.first { $0.key.scalar == key }?.value }

    func text(_ key: String) -> String? { self[key]?.scalar }

    /// Checks which keys there are, and which this level's layers have (SEMANTICS §3).
    mutating func checkKeys(_ context: LayerDocument.Context) {
        for (key, value) in pairs {
            let name = key.scalar ?? ""
            guard LayerDraft.keys.contains(name) else {
                findings.add(
                    "layer.unknown-key", at: key.range, "a layer has no `\(name)`",
                    help: NearestName.help(for: name, among: LayerDraft.keys) ?? "a layer has "
                        + LayerDraft.keys.map { "`\($0)`" }.joined(separator: ", "))
                continue
            }
            if let reason = reasonAgainst(name, context) {
                findings.add(
                    "layer.wrong-level", at: key.range, "`\(name)` cannot stand here",
                    reason: reason, help: "leave it out, or say it in a layer that may")
            }
            if LayerDraft.notes.contains(name), value.scalar == nil {
                findings.add(
                    "layer.bad-value", at: value.range, "`\(name)` is a text, not \(value.kind)",
                    help: "write one text, in quotes where it has signs")
            }
            if name == "layer" { checkLevel(value, context) }
        }
    }

    private func reasonAgainst(_ key: String, _ context: LayerDocument.Context) -> String? {
        let level = context.level
        switch key {
        case "claims" where level == .user, "assume" where level == .user:
            return "user layers have `adjust` alone"
        case "believe" where level != .operator: return "operator layers alone believe"
        case "under" where level != .operator: return "operators alone form a chain"
        case "under" where isTemplate: return "a template is not part of a chain"
        case "roles", "channels":
            if level != .operator { return "operator layers alone have roles and channels" }
            if isTemplate { return "templates have no roles and channels" }
            return context.isInnermost ? nil : "only the innermost operator has roles and channels"
        default: return nil
        }
    }

    private mutating func checkLevel(_ value: YAMLNode, _ context: LayerDocument.Context) {
        guard let level = value.scalar.flatMap(Level.init(named:)), level != .root else {
            findings.add(
                "layer.bad-value", at: value.range,
                "`\(value.scalar ?? value.kind)` is no level of a layer",
                help: NearestName.help(
                    for: value.scalar ?? "",
                    among: ["platform", "system", "operator", "developer", "user"])
                    ?? "write `platform`, `operator` or `user`")
            return
        }
        guard level == context.level else {
            findings.add(
                "layer.wrong-level", at: value.range,
                "this is a layer of `\(level.name)`, used as one of `\(context.level.name)`",
                help: isTemplate
                    ? "extend a template of the same level"
                    : "use it at the level that it says, or write `layer: \(context.level.name)`")
            return
        }
    }
}
