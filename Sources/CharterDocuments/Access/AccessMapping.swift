public import CharterEngine

/// What the words of an AuthZEN request mean in a charter: `NAME.access.yaml` (docs/access.md).
public struct AccessMapping: Sendable {
    /// The first that fits says which behavior is asked for.
    public var rules: [Rule] = []
    /// Where the user's id is; the first place that has one.
    public var user: [Path] = [Path(["subject", "id"])]
    /// Where names of roles are: texts, or lists of them; all places count.
    public var roles: [Path] = []
    /// By claim: where its value is; the first place that has one.
    public var claims: [Text: [Path]] = [:]
    /// Whom and what the decision point knows.
    public var entities: [Entity] = []

    /// An action on a kind of resource, and what it asks for.
    public struct Rule: Sendable {
        /// The action's name.
        public var action: String
        /// The resource's type.
        public var resource: String
        /// The resource's id; nil: any.
        public var id: String?
        /// The behavior that has to be in force.
        public var behavior: BehaviorID
        /// The value that its setting has to reach.
        public var value: Rank
    }

    /// A place in a request, such as `resource.properties.owner`.
    public struct Path: Sendable, Hashable {
        /// `subject`, `action`, `resource` or `context`, and the members behind it.
        public let names: [String]

        /// A place of these members.
        public init(_ names: [String]) { self.names = names }
    }

    /// A subject or a resource that is stored, with its properties.
    public struct Entity: Sendable {
        /// As requests say it.
        public var type: String
        /// As requests say it.
        public var id: String
        /// Other ids that mean the same.
        public var alsoKnownAs: [String] = []
        /// An object; a request's own properties come before.
        public var properties: JSONValue?
    }

    /// A mapping in which nothing is asked for.
    public init() {}

    /// Reads a mapping for a charter; all that is wrong at once; O(size).
    ///
    /// - Parameter claims: what the charter and its layers declare.
    public static func read(
        _ source: SourceText, _ charter: Charter, claims: [Text: ClaimType]
    ) -> Reading<AccessMapping> {
        if let bound = source.bounds(area: "access") {
            return Reading(value: nil, diagnostics: [bound])
        }
        var reader = AccessMappingReader(source, charter, claims)
        reader.read()
        return Reading(value: reader.mapping, diagnostics: reader.findings.diagnostics)
    }
}

private struct AccessMappingReader {
    var findings: Findings
    var mapping = AccessMapping()
    private let charter: Charter
    private let declared: [Text: ClaimType]

    init(_ source: SourceText, _ charter: Charter, _ claims: [Text: ClaimType]) {
        findings = Findings(source)
        self.charter = charter
        declared = claims
    }

    mutating func read() {
        guard let root = YAMLReader.read(findings.source.bytes, area: "access", &findings),
            root.scalar != ""
        else { return }
        let keys = ["actions", "user", "roles", "claims", "entities"]
        let parts = members(root, keys)
        if let node = parts["actions"] {
            for entry in list(node, "actions") {
                if let rule = rule(entry) { mapping.rules.append(rule) }
            }
        }
        if let node = parts["user"] { mapping.user = paths(node) }
        if let node = parts["roles"] { mapping.roles = paths(node) }
        if let node = parts["claims"] {
            for (key, value) in pairs(node) {
                let name = Text(key.scalar ?? "")
                if declared[name] == nil {
                    findings.add(
                        "access.unknown-claim", at: key.range,
                        "neither the charter nor the operator declares a claim `\(name)`",
                        help: NearestName.help(
                            for: name.string, among: declared.keys.map(\.string)))
                    continue
                }
                mapping.claims[name] = paths(value)
            }
        }
        if let node = parts["entities"] {
            for entry in list(node, "entities") {
                if let entity = entity(entry) { mapping.entities.append(entity) }
            }
        }
    }

    private mutating func rule(_ node: YAMLNode) -> AccessMapping.Rule? {
        let parts = members(node, ["action", "resource", "id", "behavior", "value"])
        guard let action = parts["action"]?.scalar, let resource = parts["resource"]?.scalar,
            let name = parts["behavior"]
        else {
            findings.add(
                "access.bad-value", at: node.range,
                "an action has `action`, `resource` and `behavior`",
                help: "write `- {action: read, resource: record, behavior: read_records}`")
            return nil
        }
        guard let behavior = charter[BehaviorID(Text(name.scalar ?? ""))] else {
            findings.add(
                "access.unknown-behavior", at: name.range,
                "the charter has no behavior `\(name.scalar ?? name.kind)`",
                help: NearestName.help(
                    for: name.scalar ?? "", among: charter.behaviors.map(\.id.text.string)))
            return nil
        }
        let value = parts["value"]
        guard let rank = value.map({ behavior.rank(of: Text($0.scalar ?? "")) }) ?? behavior.top
        else {
            findings.add(
                "access.unknown-value", at: value?.range ?? node.range,
                "`\(behavior.id)` has no value `\(value?.scalar ?? "")`",
                help: "write one of \(behavior.spelledValues)")
            return nil
        }
        return AccessMapping.Rule(
            action: action, resource: resource, id: parts["id"]?.scalar, behavior: behavior.id,
            value: rank)
    }

    private mutating func entity(_ node: YAMLNode) -> AccessMapping.Entity? {
        let parts = members(node, ["type", "id", "also", "properties"])
        guard let type = parts["type"]?.scalar, let id = parts["id"]?.scalar else {
            findings.add(
                "access.bad-value", at: node.range, "an entity has a `type` and an `id`",
                help: "write `- {type: user, id: alice, properties: {role: manager}}`")
            return nil
        }
        var entity = AccessMapping.Entity(type: type, id: id)
        if let also = parts["also"] { entity.alsoKnownAs = texts(also) }
        if let properties = parts["properties"] {
            guard case .mapping = properties.content else {
                findings.add(
                    "access.bad-value", at: properties.range,
                    "`properties` is a map, not \(properties.kind)")
                return nil
            }
            var writer = JSONWriter()
            properties.write(to: &writer)
            entity.properties = (try? JSONDocument(writer.bytes))?.root
        }
        return entity
    }

    private mutating func paths(_ node: YAMLNode) -> [AccessMapping.Path] {
        texts(node).compactMap { text in
            let names = text.split(separator: ".", omittingEmptySubsequences: false).map(
                String.init)
            let roots = ["subject", "action", "resource", "context"]
            guard names.count > 1, roots.contains(names[0]), !names.contains("") else {
                findings.add(
                    "access.bad-value", at: node.range, "`\(text)` is no place in a request",
                    help: "write one such as `subject.id` or `resource.properties.owner`")
                return nil
            }
            return AccessMapping.Path(names)
        }
    }

    /// A text, or a list of them.
    private mutating func texts(_ node: YAMLNode) -> [String] {
        switch node.content {
        case .scalar(let text): return [text]
        case .sequence(let nodes) where nodes.allSatisfy({ $0.scalar != nil }):
            return nodes.compactMap(\.scalar)
        case .sequence, .mapping:
            findings.add(
                "access.bad-value", at: node.range,
                "a text, or a list of texts, is expected, not \(node.kind)")
            return []
        }
    }

    private mutating func list(_ node: YAMLNode, _ name: String) -> [YAMLNode] {
        if case .sequence(let nodes) = node.content { return nodes }
        findings.add("access.bad-value", at: node.range, "`\(name)` is a list, not \(node.kind)")
        return []
    }

    private mutating func pairs(_ node: YAMLNode) -> [(key: YAMLNode, value: YAMLNode)] {
        findings.pairs(
            of: node, "access.bad-value", "a map is expected, not \(node.kind)",
            help: "write `claims: {owner: resource.properties.owner}`")
    }

    private mutating func members(_ node: YAMLNode, _ keys: [String]) -> [String: YAMLNode] {
        findings.members(
            of: node, keys, badValue: "access.bad-value", unknownKey: "access.unknown-key")
    }
}
