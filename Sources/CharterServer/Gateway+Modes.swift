internal import CharterDetection
internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway

extension Gateway {
    /// The modes of platform and operator as far as they may have them; what is named and may not be let pass
    /// is an error.
    static func modes(
        _ entry: Settings.Operator?, _ settings: Settings, _ policy: Policy
    ) -> (modes: [LogOnly], diagnostics: [Diagnostic]) {
        var modes: [LogOnly] = []
        var diagnostics: [Diagnostic] = []
        let baseline = try? policy.decide(Request())
        for (level, logOnly) in [(Level.platform, settings.logOnly), (.operator, entry?.logOnly)] {
            guard let logOnly else { continue }
            modes.append(LogOnly(level, behaviors: logOnly.behaviors.map { Set($0.map(\.id)) }))
            guard let source = settings.source, let baseline else { continue }
            var findings = Findings(source)
            for (id, range) in logOnly.behaviors ?? [] {
                guard let index = policy.charter.index(of: id) else {
                    let names = policy.charter.behaviors.map(\.id.text.string)
                    findings.add(
                        "settings.bad-value", at: range, "there is no behavior `\(id.text.string)`",
                        help: NearestName.help(for: id.text.string, among: names))
                    continue
                }
                let behavior = policy.charter[index]
                if LogOnly.isPermitted(level, behavior, baseline.behaviors[index.number]) {
                    continue
                }
                findings.add(
                    "settings.bad-value", at: range,
                    "the \(level.name) may not take `\(id.text.string)` out of enforcement",
                    reason: behavior.isHardcoded
                        ? "nobody can change it"
                        : "only a level that may put its highest value in force may let it pass",
                    help: "take it out of `log_only`")
            }
            diagnostics += findings.diagnostics.map(\.withoutLine)
        }
        return (modes, diagnostics)
    }

    /// What is tried beside an operator's policy.
    ///
    /// - Parameters:
    ///   - inForce: what the candidate has much in common with.
    ///   - files: where its documents are.
    static func candidate(
        _ candidate: Settings.Candidate, _ entry: Settings.Operator, _ settings: Settings,
        _ charter: CharterDocument, _ inForce: Enforcement, _ files: PolicyFiles
    ) throws(FileError) -> Reading<Enforcement> {
        var document = charter
        if let path = candidate.charter {
            let reading = CharterDocument.read(try files.source(path, .charter))
            guard let other = reading.value else {
                return Reading(value: nil, diagnostics: reading.diagnostics)
            }
            document = other
        }
        let reading = try files.read(
            document, platform: settings.platform, innermost: candidate.layer ?? entry.layer)
        var diagnostics = reading.diagnostics
        guard let documents = reading.value else {
            return Reading(value: nil, diagnostics: diagnostics)
        }
        var policy = documents.policy
        if let path = candidate.adjust {
            let context = LayerDocument.Context(
                charter: document.charter, level: .operator, isInnermost: false,
                claims: documents.declaredClaims)
            let source = try files.source(path, .layer)
            let extra = LayerDocument.read(
                source, in: context,
                templates: { files.find($0, beside: path) })
            diagnostics += extra.diagnostics
            guard let layer = extra.value?.layer else {
                return Reading(value: nil, diagnostics: diagnostics)
            }
            var operators = documents.operators.compactMap(\.layer)
            if operators.isEmpty { operators = [Layer(name: layer.name, file: layer.file)] }
            // A template is a scope of its own before the layer's; these stand beside the layer's own.
            operators[operators.count - 1].adjust +=
                layer.templates.flatMap(\.adjust) + layer.adjust
            do {
                // Of all that it is made of: the documents, and what is tried beside them.
                let whole = documents.policy.digest.map { Array("\($0)".utf8) } ?? []
                policy = try documents.policy.with(
                    operators: operators,
                    digest: PolicyDocuments.digest(
                        of: [SourceText(file: "policy", bytes: whole), source]))
            } catch {
                diagnostics.append(
                    (extra.value?.source ?? document.source).diagnostic(
                        "layer.bad-value", at: 0, "the adjustments do not fit: \(error)"))
                return Reading(value: nil, diagnostics: diagnostics)
            }
        }
        var modes = Enforcement.Modes()
        modes.logOnly = inForce.logOnly
        modes.refusesWithError = inForce.refusesWithError
        modes.isTried = true
        modes.candidate = Candidate(inForce)
        let enforcement = Enforcement(
            operatorName: entry.name, policy: policy, charter: document,
            patterns: inForce.patterns, phrases: inForce.phrases,
            claims: documents.declaredClaims, replies: inForce.replies,
            guideRole: inForce.guideRole, modes: modes)
        return Reading(value: enforcement, diagnostics: diagnostics)
    }
}
