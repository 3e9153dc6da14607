internal import CharterEngine

/// Reads a layer and the templates that it extends (SEMANTICS §3).
///
/// First all documents are parsed and their claims gathered; then what uses claims is read.
struct LayerReader {
    let context: LayerDocument.Context
    let find: (String) -> SourceText?
    private(set) var diagnostics: [Diagnostic] = []
    /// Templates in the order in which they apply, each once.
    private var drafts: [LayerDraft] = []
    private var open: [String] = []
    private var done: Set<String> = []
    private var claims: DeclaredClaims

    /// The most templates that extend one another.
    private static let greatestDepth = 32
    /// The most templates of one layer.
    private static let mostTemplates = 256

    init(context: LayerDocument.Context, find: @escaping (String) -> SourceText?) {
        self.context = context
        self.find = find
        claims = DeclaredClaims(types: context.claims, isIncomplete: context.missesClaims)
    }

    mutating func read(_ source: SourceText) -> LayerDocument? {
        guard var draft = parse(source, isTemplate: false) else { return nil }
        extend(&draft)
        drafts.append(draft)
        for place in drafts.indices { declareClaims(place) }
        for place in drafts.indices { readBeliefs(place) }
        for place in drafts.indices { readAdjustments(place) }
        guard let own = drafts.popLast() else { return nil }
        diagnostics += drafts.flatMap(\.findings.diagnostics) + own.findings.diagnostics
        guard !diagnostics.contains(where: { $0.severity == .error }) else { return nil }
        return LayerDocument(
            source: source, content: content(own), under: own.text("under").map { Text($0) },
            underRange: own["under"]?.range,
            templates: drafts.map(\.findings.source), writtenFor: own.text("written_for"),
            purpose: own.text("purpose"), placed: (drafts + [own]).map(\.placed))
    }

    // MARK: Documents

    private mutating func parse(_ source: SourceText, isTemplate: Bool) -> LayerDraft? {
        if let bound = source.bounds(area: "layer") {
            diagnostics.append(bound)
            return nil
        }
        var draft = LayerDraft(source, isTemplate: isTemplate)
        draft.checkKeys(context)
        return draft
    }

    /// Depth first, in listed order, each once where it is first met.
    private mutating func extend(_ draft: inout LayerDraft) {
        guard let list = draft["extends"], list.scalar != "" else { return }
        guard case .sequence(let names) = list.content, names.allSatisfy({ $0.scalar != nil })
        else {
            draft.findings.add(
                "layer.bad-value", at: list.range, "`extends` is a list of names",
                help: "write `extends: [a_template]`")
            return
        }
        for node in names {
            let name = node.scalar ?? ""
            if done.contains(name) { continue }
            guard !open.contains(name) else {
                draft.findings.add(
                    "layer.cycle", at: node.range, "the template `\(name)` extends itself",
                    reason: "the way back is "
                        + (open.drop { $0 != name } + [name]).joined(separator: " → "),
                    help: "leave it out here")
                continue
            }
            guard open.count < LayerReader.greatestDepth, drafts.count < LayerReader.mostTemplates
            else {
                draft.findings.add(
                    "layer.bad-value", at: node.range, "there are too many templates",
                    reason:
                        "a layer has at most \(LayerReader.mostTemplates), one under another at "
                        + "most \(LayerReader.greatestDepth)", help: "join some of them")
                continue
            }
            guard let source = find(name) else {
                draft.findings.add(
                    "layer.unknown-template", at: node.range, "there is no template `\(name)`",
                    help: "a template is a file `\(name).yaml` beside the layer, in `templates/`, "
                        + "or beside the charter")
                continue
            }
            open.append(name)
            if var template = parse(source, isTemplate: true) {
                template.templateName = name
                extend(&template)
                drafts.append(template)
            }
            open.removeLast()
            done.insert(name)
        }
    }

    // MARK: Claims

    private mutating func declareClaims(_ place: Int) {
        guard let node = drafts[place]["claims"] else { return }
        let declared = ClaimReader(badValue: "layer.bad-value")
            .declarations(node, &drafts[place].findings)
        claims.misread.formUnion(declared.misread)
        for (name, type) in declared.types.sorted(by: { $0.key < $1.key }) {
            if let other = claims.types[name], other != type {
                let range = node.entry(name.string)?.value.range ?? node.range
                drafts[place].findings.add(
                    "layer.claim-conflict", at: range,
                    "the claim `\(name)` is declared otherwise above",
                    reason: "there it is \(ClaimReader.name(of: other))",
                    help: "write `\(name): \(ClaimReader.spelled(other))`, or give it another name")
                continue
            }
            claims.types[name] = type
        }
        drafts[place].claims = declared.types
    }

    private mutating func readBeliefs(_ place: Int) {
        let reader = ClaimReader(badValue: "layer.bad-value")
        if let node = drafts[place]["assume"] {
            drafts[place].assume = reader.assumptions(
                node, claims: claims, &drafts[place].findings)
        }
        guard let node = drafts[place]["believe"] else { return }
        guard case .mapping(let pairs) = node.content else {
            if node.scalar != "" {
                drafts[place].findings.add(
                    "layer.bad-value", at: node.range, "`believe` is a map, not \(node.kind)",
                    help: "write `believe: {age: asserted}`")
            }
            return
        }
        for (key, value) in pairs {
            let name = Text(key.scalar ?? "")
            guard claims.types[name] != nil else {
                reader.unknownClaim(key, claims, &drafts[place].findings)
                continue
            }
            guard let evidence = value.scalar.flatMap(Evidence.init(named:)) else {
                drafts[place].findings.add(
                    "layer.bad-value", at: value.range,
                    "`\(value.scalar ?? value.kind)` is no evidence",
                    help: NearestName.help(
                        for: value.scalar ?? "", among: Evidence.allCases.map(\.name))
                        ?? "write `asserted`, `vouched` or `verified`")
                continue
            }
            drafts[place].believe[name] = evidence
        }
    }

    // MARK: Adjustments

    private mutating func readAdjustments(_ place: Int) {
        var draft = drafts[place]
        let reader = LayerAdjustments(
            charter: context.charter, reader: AdjustmentReader(form: .layer, claims: claims))
        if context.level == .user {
            draft.settings = draft["adjust"].map { reader.settings($0, &draft.findings) } ?? []
        } else {
            draft.adjust = draft["adjust"].map { reader.read($0, &draft.findings) } ?? []
        }
        let roles = RoleReader(adjustments: reader)
        draft.roles = draft["roles"].map { roles.roles($0, &draft.findings) } ?? []
        draft.channels =
            draft["channels"].map { roles.channels($0, draft.roles.map(\.name), &draft.findings) }
            ?? []
        drafts[place] = draft
    }

    private func content(_ own: LayerDraft) -> LayerDocument.Content {
        let name = own.text("name").map { Text($0) }
        let file = own.findings.source.file
        if context.level == .user {
            let settings = (drafts + [own]).flatMap(\.settings)
            return .user(UserLayer(name: name, file: file, settings: settings))
        }
        var layer = Layer(name: name, file: file)
        layer.templates = drafts.map { draft in
            var template = Layer.Template(
                name: Text(draft.templateName), file: draft.findings.source.file)
            template.claims = draft.claims
            template.believe = draft.believe
            template.assume = draft.assume
            template.adjust = draft.adjust
            return template
        }
        layer.claims = own.claims
        layer.believe = own.believe
        layer.assume = own.assume
        layer.adjust = own.adjust
        layer.roles = own.roles
        layer.channels = own.channels
        return .layer(layer)
    }
}

extension YAMLNode {
    /// The entry of a map with this key.
    package func entry(_ key: String) -> (key: YAMLNode, value: YAMLNode)? {
        guard case .mapping(let pairs) = content else { return nil }
        return pairs.first { $0.key.scalar == key }
    }
}
