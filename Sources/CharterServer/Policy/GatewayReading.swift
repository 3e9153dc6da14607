internal import CharterAnalysis
internal import CharterDetection
internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway

/// What comes of reading the documents that settings name: operator by operator, so that a mistake in the
/// layer of one keeps nobody else's from counting.
struct GatewayReading: Sendable {
    /// Of an operator: what was found, and what was made of it.
    struct Entry: Sendable {
        /// Nil where something is wrong.
        let version: OperatorPolicy.Version?
        let found: [FoundSource]
    }

    /// By operator.
    private(set) var entries: [String: Entry] = [:]
    /// All that is wrong, and what is doubtful.
    private(set) var diagnostics: [Diagnostic] = []
    /// What is asked beside the patterns; nil: nothing.
    private(set) var detectors: DetectorPlan?
    /// Whether charter and companions could be read.
    private(set) var isCharterRead = false

    /// The name of whoever comes in where the settings have no operators.
    static let anybody = "anybody"

    private let settings: Settings
    private let settingsDigest: Digest?
    private let reads: SourceReads
    private let files: PolicyFiles

    /// Reads and compiles everything, and tests it.
    ///
    /// - Parameter now: when the probes of the self-test are made.
    init(_ settings: Settings, _ reads: SourceReads, at now: Instant) {
        self.settings = settings
        settingsDigest = settings.source.flatMap { SourceReads.digest(of: $0.bytes) }
        self.reads = reads
        files = PolicyFiles(charterPath: settings.charter, reads: reads)
        let shared = readShared(now)
        let found = reads.taken()
        for entry in settings.operators {
            add(entry.name, entry.layer, entry, shared, found)
        }
        if settings.operators.isEmpty {
            add(GatewayReading.anybody, nil, nil, shared, found)
        }
    }

    // MARK: What all operators share

    private struct Shared {
        var charter: CharterDocument
        var patterns: PatternSet
        var phrases: PhraseFinder
        var replies: Replies
        var selfTest: SelfTest
    }

    private mutating func readShared(_ now: Instant) -> Shared? {
        let files = files
        guard let source = read({ () throws(FileError) in try files.charterSource() }),
            let charter = value(CharterDocument.read(source))
        else { return nil }
        let patterns = read { () throws(FileError) in
            try GatewayReading.patterns(files, charter.charter)
        }
        let replies = read { () throws(FileError) in
            try GatewayReading.replies(files, charter.charter)
        }
        let phrases = read { () throws(FileError) in try files.phrases(for: charter.charter) }
        guard let patterns = patterns.flatMap({ value($0) }),
            let replies = replies.flatMap({ value($0) }),
            let phrases = phrases.flatMap({ value($0) })
        else {
            return nil
        }
        isCharterRead = true
        detectors = plan(charter, patterns)
        return Shared(
            charter: charter, patterns: patterns, phrases: phrases, replies: replies,
            selfTest: SelfTest(charter.charter, patterns, at: now))
    }

    private mutating func plan(
        _ document: CharterDocument, _ patterns: PatternSet
    ) -> DetectorPlan? {
        guard !settings.detection.isEmpty, let source = settings.source else { return nil }
        var findings = Findings(source)
        let plan = DetectorPlan(
            settings.detection, document, patterned: Set(patterns.patterns.map(\.behavior)),
            &findings)
        diagnostics += findings.diagnostics.map(\.withoutLine)
        return plan
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

    // MARK: An operator

    private mutating func add(
        _ name: String, _ layer: String?, _ entry: Settings.Operator?, _ shared: Shared?,
        _ found: [FoundSource]
    ) {
        let (enforcement, accessPoint, inheritance) = read(name, layer, entry, shared)
        let all = found + reads.taken()
        let version = enforcement.map {
            OperatorPolicy.Version(
                enforcement: $0, accessPoint: accessPoint, inheritance: inheritance,
                sources: all, settings: settingsDigest)
        }
        entries[name] = Entry(version: version, found: all)
    }

    /// Nil where something is wrong, which is told.
    private mutating func read(
        _ name: String, _ layer: String?, _ entry: Settings.Operator?, _ shared: Shared?
    ) -> (Enforcement?, AccessPoint?, [UInt8]?) {
        guard let shared else { return (nil, nil, nil) }
        let (files, platform) = (files, settings.platform)
        let documents = read { () throws(FileError) in
            try files.read(shared.charter, platform: platform, innermost: layer)
        }
        guard let documents = documents.flatMap({ value($0) }) else { return (nil, nil, nil) }
        var isRight = true
        if let tokens = entry?.tokens {
            let problems = problems(of: tokens, documents.declaredClaims)
            diagnostics += problems
            isRight = problems.isEmpty
        }
        var accessPoint: AccessPoint?
        if let path = entry?.access {
            let mapping = read { () throws(FileError) in
                AccessMapping.read(
                    try files.source(path, .access), shared.charter.charter,
                    claims: documents.declaredClaims)
            }
            accessPoint = mapping.flatMap { value($0) }.map { AccessPoint(documents.policy, $0) }
            if accessPoint == nil { isRight = false }
        }
        let failures = shared.selfTest.failures(of: documents.policy)
        diagnostics += failures.map { failure in
            GatewayReading.mistake(
                "settings.self-test", shared.charter.source.file,
                "the policy of \(name) is not put into force, by `\(failure.behavior)`: \(failure.message)"
            )
        }
        guard isRight, failures.isEmpty else { return (nil, nil, nil) }
        var enforcement = Enforcement(
            operatorName: name, policy: documents.policy, charter: shared.charter,
            patterns: shared.patterns, phrases: shared.phrases, claims: documents.declaredClaims,
            replies: shared.replies,
            guideRole: settings.guideRole)
        let permitted = Gateway.modes(entry, settings, documents.policy)
        diagnostics += permitted.diagnostics
        var modes = Enforcement.Modes()
        modes.logOnly = permitted.modes
        modes.refusesWithError = entry?.refusesWithError ?? false
        enforcement = enforcement.with(modes)
        if let entry, let tried = entry.candidate {
            let (settings, charter, inForce) = (settings, shared.charter, enforcement)
            let candidate = read { () throws(FileError) in
                try Gateway.candidate(tried, entry, settings, charter, inForce, files)
            }
            guard let candidate = candidate.flatMap({ value($0) }) else { return (nil, nil, nil) }
            modes.candidate = Candidate(candidate)
            enforcement = enforcement.with(modes)
        }
        guard !permitted.diagnostics.contains(where: { $0.severity == .error }) else {
            return (nil, nil, nil)
        }
        let inheritance = entry.flatMap { _ in try? Inheritance(documents) }
        return (enforcement, accessPoint, inheritance.map { Array($0.json.utf8) })
    }

    /// Claims that tokens are to show, and that neither charter nor layers declare; and keys on disk that
    /// are none.
    private func problems(
        of tokens: Settings.Tokens, _ declared: [Text: ClaimType]
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
            var problem: String?
            do throws(FileError) {
                let bytes = try files.source(path, .keys).bytes
                do throws(KeySet.Malformed) {
                    try KeySet.check(bytes, tokens.rules.algorithms)
                } catch {
                    problem = error.message
                }
            } catch {
                problem = error.message
            }
            if let problem {
                findings.add(
                    "settings.bad-value", at: tokens.keysPlace,
                    "`jwks` is no set of keys: \(problem)",
                    help: "write the path of a JWK set (RFC 7517), or its address")
            }
        }
        return findings.diagnostics.map(\.withoutLine)
    }

    // MARK: Telling

    /// What a reading has come to; nil where one of its diagnostics is an error.
    private mutating func value<Value>(_ reading: Reading<Value>) -> Value? {
        diagnostics += reading.diagnostics
        return reading.value
    }

    private mutating func read<Value>(_ body: () throws(FileError) -> Value) -> Value? {
        do throws(FileError) { return try body() } catch {
            diagnostics.append(GatewayReading.mistake(error))
            return nil
        }
    }

    /// A file that cannot be used, as a diagnostic.
    static func mistake(_ error: FileError) -> Diagnostic {
        mistake("settings.unusable-file", error.path, error.message)
    }

    private static func mistake(_ id: String, _ file: String, _ message: String) -> Diagnostic {
        Diagnostic(
            id: id, severity: .error, file: file, position: SourcePosition(line: 1, column: 1),
            message: message, line: nil)
    }
}
