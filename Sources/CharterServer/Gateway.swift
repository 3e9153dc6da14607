internal import CharterAnalysis
internal import CharterDetection
public import CharterDocuments
internal import CharterEngine
internal import CharterGateway
internal import CharterStore

/// Everything that is in force in a running server: read once, immutable, shared by all requests.
public struct Gateway: Sendable {
    /// What the gateway was set up with.
    public let settings: Settings
    /// By operator.
    private let enforcements: [String: Enforcement]
    /// By operator: what it inherits, as JSON.
    private let inheritances: [String: [UInt8]]
    /// By operator.
    private let accessPoints: [String: AccessPoint]
    /// Operators by the keys of the settings.
    private let operators: [String: String]
    /// Keys of the store; nil where there is none.
    private let keyRing: KeyRing?
    /// In force for whoever comes in where there are no operators.
    private let anybody: Enforcement?

    /// Reads the documents that settings name, and compiles them.
    ///
    /// - Returns: nil in the reading where something is wrong; the diagnostics say what.
    public static func read(_ settings: Settings) throws(FileError) -> Reading<Gateway> {
        let files = PolicyFiles(charterPath: settings.charter)
        let charter = CharterDocument.read(try files.charterSource())
        guard let document = charter.value else {
            return Reading(value: nil, diagnostics: charter.diagnostics)
        }
        var diagnostics: [Diagnostic] = []
        let patternsReading = try patterns(files, document.charter)
        let repliesReading = try replies(files, document.charter)
        let phrasesReading = try files.phrases(for: document.charter)
        diagnostics +=
            patternsReading.diagnostics + repliesReading.diagnostics + phrasesReading.diagnostics
        var inheritances: [String: [UInt8]] = [:]
        var accessPoints: [String: AccessPoint] = [:]
        func enforcement(
            _ name: String, _ layer: String?, _ entry: Settings.Operator? = nil
        ) throws(FileError) -> Enforcement? {
            let reading = try files.read(document, platform: settings.platform, innermost: layer)
            diagnostics += reading.diagnostics
            if let tokens = entry?.tokens, let documents = reading.value {
                diagnostics += problems(of: tokens, documents.declaredClaims, settings)
            }
            if let entry, let path = entry.access, let documents = reading.value {
                let mapping = AccessMapping.read(
                    try PolicyFiles.source(path), document.charter,
                    claims: documents.declaredClaims)
                diagnostics += mapping.diagnostics
                accessPoints[entry.name] = mapping.value.map { AccessPoint(documents.policy, $0) }
            }
            if let entry, let documents = reading.value {
                inheritances[entry.name] = (try? Inheritance(documents)).map { Array($0.json.utf8) }
            }
            guard let policy = reading.value?.policy, let patterns = patternsReading.value,
                let replies = repliesReading.value, let phrases = phrasesReading.value
            else { return nil }
            return Enforcement(
                operatorName: name, policy: policy, charter: document, patterns: patterns,
                phrases: phrases, claims: reading.value?.declaredClaims ?? [:], replies: replies,
                guideRole: settings.upstream.instructions == "developer" ? .developer : .system)
        }
        var enforcements: [String: Enforcement] = [:]
        for entry in settings.operators {
            enforcements[entry.name] = try enforcement(entry.name, entry.layer, entry)
        }
        let anybody = settings.operators.isEmpty ? try enforcement("anybody", nil) : nil
        return Reading(
            value: Gateway(
                settings: settings, enforcements: enforcements, inheritances: inheritances,
                accessPoints: accessPoints,
                operators: Dictionary(
                    settings.operators.compactMap { entry in entry.key.map { ($0, entry.name) } },
                    uniquingKeysWith: { first, _ in first }),
                keyRing: nil, anybody: anybody),
            diagnostics: diagnostics)
    }

    /// Claims that tokens are to show, and that neither charter nor layers declare; and keys on disk that
    /// are none.
    private static func problems(
        of tokens: Settings.Tokens, _ declared: [Text: ClaimType], _ settings: Settings
    ) -> [Diagnostic] {
        guard let source = settings.source else { return [] }
        var findings = Findings(source)
        let known = declared.keys.map(\.string)
        for (claim, range) in tokens.claimPlaces where declared[claim] == nil {
            findings.add(
                "settings.bad-value", at: range,
                "neither the charter nor the operator declares a claim `\(claim)`",
                help: NearestName.help(for: claim.string, among: known))
        }
        if case .file(let path) = tokens.keys {
            do throws(KeySet.Malformed) {
                try KeySet.check(try KeySource.bytes(of: path), tokens.rules.algorithms)
            } catch {
                findings.add(
                    "settings.bad-value", at: tokens.keysPlace,
                    "`jwks` is no set of keys: \(error.message)",
                    help: "write the path of a JWK set (RFC 7517), or its address")
            }
        }
        return findings.diagnostics.map(\.withoutLine)
    }

    private static func patterns(
        _ files: PolicyFiles, _ charter: Charter
    ) throws(FileError) -> Reading<PatternSet> {
        guard let source = try files.companion("patterns") else {
            return Reading(value: try? PatternSet([]), diagnostics: [])
        }
        let reading = PatternsDocument.read(source, for: charter)
        guard let document = reading.value else {
            return Reading(value: nil, diagnostics: reading.diagnostics)
        }
        let compiled = PatternCache.compile(document)
        return Reading(
            value: compiled.value, diagnostics: reading.diagnostics + compiled.diagnostics)
    }

    private static func replies(
        _ files: PolicyFiles, _ charter: Charter
    ) throws(FileError) -> Reading<Replies> {
        guard let source = try files.companion("replies") else {
            return Reading(value: Replies(), diagnostics: [])
        }
        return Replies.read(source, charter)
    }

    /// Whether the `Charter-*` fields of this caller count: there are operators, and it has a key.
    var hasOperators: Bool { anybody == nil }

    /// The same with the keys of a store.
    func with(_ keyRing: KeyRing) -> Gateway {
        Gateway(
            settings: settings, enforcements: enforcements, inheritances: inheritances,
            accessPoints: accessPoints, operators: operators, keyRing: keyRing, anybody: anybody)
    }

    /// What is in force for an operator of the settings.
    func enforcement(ofOperator name: String) -> Enforcement? { enforcements[name] }

    /// What an operator of the settings inherits, as JSON; nil where it has no layer.
    func inheritance(ofOperator name: String) -> [UInt8]? { inheritances[name] }

    /// Who is asking, and for what they may ask.
    struct Identity: Sendable {
        let enforcement: Enforcement
        /// Nil: for any model.
        let models: [String]?
    }

    /// Who is asking: `Authorization: Bearer KEY`.
    func identity(authorization: String?, at now: Int64) throws(APIError) -> Identity {
        if let anybody { return Identity(enforcement: anybody, models: nil) }
        guard let key = Gateway.key(authorization) else { throw .unknownKey }
        if let enforcement = operators[key].flatMap({ enforcements[$0] }) {
            return Identity(enforcement: enforcement, models: nil)
        }
        guard let stored = try keyRing?.key(key, at: now),
            let enforcement = enforcements[stored.operatorName]
        else { throw .unknownKey }
        return Identity(enforcement: enforcement, models: stored.models)
    }

    /// Where AuthZEN's questions of this caller are decided; nil where its operator answers none.
    func accessPoint(authorization: String?, at now: Int64) throws(APIError) -> AccessPoint? {
        let identity = try identity(authorization: authorization, at: now)
        Observation.current?.identified(identity.enforcement.operatorName)
        return accessPoints[identity.enforcement.operatorName]
    }

    private static func key(_ authorization: String?) -> String? {
        guard let authorization, authorization.lowercased().hasPrefix("bearer ") else { return nil }
        return authorization.dropFirst(7).drop { $0 == " " }.description
    }
}
