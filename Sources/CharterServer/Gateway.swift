public import CharterDocuments
public import CharterEngine
internal import CharterGateway
internal import CharterStore

/// Everything that is in force in a running server: immutable, shared by all requests. A request takes it
/// once, at its start; where a file changes another takes its place.
public struct Gateway: Sendable {
    /// What the gateway was set up with.
    public let settings: Settings
    /// By operator; `anybody` alone where the settings have none.
    let policies: [String: OperatorPolicy]
    /// How the settings stand; nil where they are no file.
    let settingsSource: PolicySource?
    /// Every path that was looked at, with what was there.
    let contents: [String: FoundSource.Content]
    /// Files whose word is not in force, each once, by name.
    let notInForce: [PolicySource]
    /// Whether every operator has a policy in force that people wrote.
    let isDecidedByWord: Bool
    /// Operators with whose files something is wrong.
    private let late: [String]
    /// Counts what has been in force since the start, from 1.
    let generation: Int
    /// Operators by the keys of the settings.
    private let operators: [String: String]
    /// Keys of the store; nil where there is none.
    private var keyRing: KeyRing?
    /// What is asked beside the patterns; nil: nothing.
    private(set) var detectors: DetectorPlan?

    /// Reads the documents that settings name, compiles and tests them.
    ///
    /// - Returns: nil in the reading where something is wrong; the diagnostics say what.
    public static func read(_ settings: Settings, at now: Instant) -> Reading<Gateway> {
        let reads = SourceReads()
        let reading = GatewayReading(settings, reads, at: now)
        var contents = reads.contents
        if let source = settings.source {
            contents[source.file] = SourceReads.digest(of: source.bytes).map { .digest($0) }
        }
        return Reading(
            value: Gateway(
                settings, reading, Gateway.source(of: settings, nil, nil, at: now),
                contents: contents, after: nil, at: now),
            diagnostics: reading.diagnostics)
    }

    /// What comes of a reading, after what there was: an operator with whose files something is wrong keeps
    /// what it had; one that the settings do not name is gone.
    init(
        _ settings: Settings, _ reading: GatewayReading, _ settingsSource: PolicySource?,
        contents: [String: FoundSource.Content], after last: Gateway?, at now: Instant
    ) {
        let folder = settings.folder
        let policies = reading.entries.reduce(into: [:]) { policies, entry in
            policies[entry.key] = OperatorPolicy(
                entry.value.version, found: entry.value.found, settings: settingsSource,
                folder: folder, after: last?.policies[entry.key], at: now)
        }
        self.init(settings, policies, settingsSource, contents, after: last)
        // Where the charter cannot be read, whoever looked still looks.
        detectors = reading.isCharterRead ? reading.detectors : last?.detectors
    }

    private init(
        _ settings: Settings, _ policies: [String: OperatorPolicy],
        _ settingsSource: PolicySource?, _ contents: [String: FoundSource.Content],
        after last: Gateway?
    ) {
        self.contents = contents
        self.settings = settings
        self.policies = policies
        self.settingsSource = settingsSource
        operators = Dictionary(
            settings.operators.compactMap { entry in entry.key.map { ($0, entry.name) } },
            uniquingKeysWith: { first, _ in first })
        keyRing = last?.keyRing
        detectors = last?.detectors
        late = policies.filter { $0.value.staleSince != nil }.map(\.key)
        let wrong = late.flatMap { policies[$0]?.sources.filter { !$0.isRight } ?? [] }
        notInForce = Set(wrong).sorted { ($0.name, $0.since) < ($1.name, $1.since) }
        isDecidedByWord = policies.values.allSatisfy { !$0.isCautious && $0.inForce != nil }
        let isSame =
            settings.source?.bytes == last?.settings.source?.bytes
            && policies.mapValues(\.since) == last?.policies.mapValues(\.since)
        generation = last.map { $0.generation + (isSame ? 0 : 1) } ?? 1
    }

    /// The same at a later moment: an operator whose files have been wrong for too long gets the most
    /// cautious values. Nil: nothing is different then.
    func aged(at now: Instant) -> Gateway? {
        guard !late.isEmpty else { return nil }
        var policies = policies
        for name in late {
            policies[name] =
                policies[name]?.aged(at: now, maxAgeSeconds: settings.maxAgeSeconds)
                ?? policies[name]
        }
        let aged = Gateway(settings, policies, settingsSource, contents, after: self)
        return aged.generation == generation ? nil : aged
    }

    /// How the file of the settings stands.
    ///
    /// - Parameters:
    ///   - found: what is there now; nil: what is in force.
    ///   - last: how it stood before.
    static func source(
        of settings: Settings, _ found: FoundSource?, _ last: PolicySource?, at now: Instant
    ) -> PolicySource? {
        guard let source = settings.source else { return nil }
        let inForce = FoundSource(
            kind: .settings, path: source.file,
            content: SourceReads.digest(of: source.bytes).map { .digest($0) } ?? .empty)
        return PolicySource.states(
            [found ?? inForce], inForce: [inForce], before: [last].compactMap { $0 },
            folder: settings.folder, at: now
        ).first
    }

    /// Whether the `Charter-*` fields of this caller count: there are operators, and it has a key.
    var hasOperators: Bool { !settings.operators.isEmpty }

    /// The same with the keys of a store.
    func with(_ keyRing: KeyRing?) -> Gateway {
        var gateway = self
        gateway.keyRing = keyRing
        return gateway
    }

    /// What is in force for an operator of the settings.
    func enforcement(ofOperator name: String) -> Enforcement? {
        policies[name]?.inForce?.enforcement
    }

    /// What an operator of the settings inherits, as JSON; nil where it has no layer.
    func inheritance(ofOperator name: String) -> [UInt8]? {
        policies[name]?.inForce?.inheritance
    }

    /// Who is asking, and for what they may ask.
    struct Identity: Sendable {
        let enforcement: Enforcement
        /// Nil: for any model.
        let models: [String]?
        /// What tells the key from other keys of its operator, and is no secret.
        let key: String
    }

    /// Who is asking: `Authorization: Bearer KEY`.
    ///
    /// - Throws: a 503 where the key is an operator's and nothing has ever been in force for it.
    func identity(authorization: String?, at now: Int64) throws(APIError) -> Identity {
        let (name, models, key) = try owner(of: authorization, at: now)
        guard let enforcement = enforcement(ofOperator: name) else {
            throw .unavailable("nothing is in force for the operator yet")
        }
        return Identity(enforcement: enforcement, models: models, key: key)
    }

    /// The operator who is asking, whether anything is in force for it or not.
    func operatorName(authorization: String?, at now: Int64) throws(APIError) -> String {
        try owner(of: authorization, at: now).name
    }

    private func owner(
        of authorization: String?, at now: Int64
    ) throws(APIError) -> (name: String, models: [String]?, key: String) {
        guard hasOperators else { return (GatewayReading.anybody, nil, "anybody") }
        guard let key = Gateway.key(authorization) else { throw .unknownKey }
        if let name = operators[key] { return (name, nil, "settings") }
        guard let stored = try keyRing?.key(key, at: now), policies[stored.operatorName] != nil
        else { throw .unknownKey }
        return (stored.operatorName, stored.models, stored.id)
    }

    /// Where AuthZEN's questions of this caller are decided; nil where its operator answers none.
    func accessPoint(authorization: String?, at now: Int64) throws(APIError) -> AccessPoint? {
        let identity = try identity(authorization: authorization, at: now)
        Observation.current?.identified(identity.enforcement.operatorName)
        return policies[identity.enforcement.operatorName]?.inForce?.accessPoint
    }

    private static func key(_ authorization: String?) -> String? {
        guard let authorization, authorization.lowercased().hasPrefix("bearer ") else { return nil }
        return authorization.dropFirst(7).drop { $0 == " " }.description
    }
}
