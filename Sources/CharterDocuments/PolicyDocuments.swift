internal import Crypto
public import CharterEngine

/// A charter with its layers, read and compiled, and the documents that they came from.
public struct PolicyDocuments: Sendable {
    /// Compiled, with the digest of all documents.
    public let policy: Policy
    /// The charter that the layers adjust.
    public let charter: CharterDocument
    /// Nil where there is none.
    public let platform: LayerDocument?
    /// Outermost first.
    public let operators: [LayerDocument]

    /// Reads the layers of a charter and compiles them; all that is wrong at once.
    ///
    /// - Parameter operators: the chain, outermost first, tied by `under`.
    public static func read(
        _ charter: CharterDocument, platform: SourceText? = nil, operators: [SourceText] = [],
        templates: @escaping LayerDocument.FindTemplate = { _ in nil }
    ) -> Reading<PolicyDocuments> {
        var diagnostics: [Diagnostic] = []
        if let extra = operators.dropFirst(Policy.mostOperators).first {
            diagnostics.append(
                extra.diagnostic(
                    "layer.bad-chain", at: 0, "the chain has \(operators.count) operators",
                    reason: "it has at most \(Policy.mostOperators)",
                    help: "join two of the layers"))
            return Reading(value: nil, diagnostics: diagnostics)
        }
        var claims = charter.charter.claims
        var missesClaims = false
        func read(_ source: SourceText, _ level: Level, _ isInnermost: Bool) -> LayerDocument? {
            var context = LayerDocument.Context(
                charter: charter.charter, level: level, isInnermost: isInnermost, claims: claims)
            context.missesClaims = missesClaims
            let reading = LayerDocument.read(source, in: context, templates: templates)
            diagnostics += reading.diagnostics
            missesClaims = missesClaims || reading.value == nil
            claims.merge(reading.value?.claims ?? [:]) { above, _ in above }
            return reading.value
        }
        let platformDocument = platform.flatMap { read($0, .platform, false) }
        var chain: [LayerDocument] = []
        for (place, source) in operators.enumerated() {
            guard let layer = read(source, .operator, place == operators.count - 1) else {
                continue
            }
            chain.append(layer)
        }
        let isComplete =
            chain.count == operators.count && (platform == nil || platformDocument != nil)
        if isComplete { diagnostics += chainProblems(chain) }
        guard isComplete, !diagnostics.contains(where: { $0.severity == .error }) else {
            return Reading(value: nil, diagnostics: diagnostics)
        }
        let layers = Policy.Layers(
            platform: platformDocument?.layer, operators: chain.compactMap(\.layer))
        let sources =
            [charter.source]
            + ([platformDocument].compactMap { $0 } + chain).flatMap {
                $0.templates + [$0.source]
            }
        do {
            let policy = try Policy.compile(charter.charter, layers, digest: digest(of: sources))
            let documents = PolicyDocuments(
                policy: policy, charter: charter, platform: platformDocument, operators: chain)
            return Reading(value: documents, diagnostics: diagnostics)
        } catch {
            let problem = charter.source.diagnostic(
                "layer.bad-value", at: 0, "the layers do not fit the charter: \(error)")
            return Reading(value: nil, diagnostics: diagnostics + [problem])
        }
    }

    /// What the charter and all layers declare; where two declare the same, the outer one counts.
    public var declaredClaims: [Text: ClaimType] {
        ([platform].compactMap { $0 } + operators).reduce(into: policy.charter.claims) {
            $0.merge($1.claims) { above, _ in above }
        }
    }

    /// `under` names the layer before, and the outermost has none.
    private static func chainProblems(_ chain: [LayerDocument]) -> [Diagnostic] {
        chain.indices.compactMap { place in
            let above = place > 0 ? chain[place - 1].layer?.name : nil
            let under = chain[place].under
            guard place > 0 ? under == nil || under != above : under != nil else { return nil }
            let range = chain[place].underRange ?? 0..<1
            let help: String
            if place == 0 {
                help = "give the layer above too, or take `under` out"
            } else if let above {
                help = "write `under: \(above)`"
            } else {
                help = "give the layer above a `name`, and write it here behind `under`"
            }
            return chain[place].source.diagnostic(
                "layer.bad-chain", at: range.lowerBound, length: range.count,
                place == 0
                    ? "the layer stands under `\(under?.string ?? "")`, which is not there"
                    : "the layer does not stand under the one before it",
                reason: "operators form a chain, outermost first, tied by `under`", help: help)
        }
    }

    /// The SHA-256 of the documents, each behind its length in bytes (8, big-endian), in order:
    /// charter, platform, operators outermost first, each layer behind its templates.
    public static func digest(of sources: [SourceText]) -> CharterEngine.Digest? {
        var hash = SHA256()
        for source in sources {
            let count = UInt64(source.bytes.count)
            hash.update(data: (0..<8).map { UInt8(truncatingIfNeeded: count >> (56 - 8 * $0)) })
            hash.update(data: source.bytes)
        }
        return CharterEngine.Digest(Array(hash.finalize()))
    }
}
