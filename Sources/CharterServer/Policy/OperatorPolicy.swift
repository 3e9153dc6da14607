internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway

/// What is in force for one operator, and how the files stand that it was made of.
struct OperatorPolicy: Sendable {
    /// What was made of one set of files with which nothing was wrong.
    struct Version: Sendable {
        let enforcement: Enforcement
        /// Nil where the operator answers no AuthZEN.
        let accessPoint: AccessPoint?
        /// What the operator inherits, as JSON; nil where it has no layer.
        let inheritance: [UInt8]?
        /// What it was made of.
        let sources: [FoundSource]
        /// Of the settings that it was made with.
        let settings: Digest?

        /// The most cautious values for everybody (docs/gateway.md).
        fileprivate var mostCautious: Version? {
            let charter = enforcement.policy.charter.mostCautious
            guard let policy = try? Policy.compile(charter) else { return nil }
            return Version(
                enforcement: enforcement.deciding(by: policy),
                accessPoint: accessPoint?.deciding(by: policy), inheritance: inheritance,
                sources: sources,
                settings: settings)
        }

        fileprivate func isMadeOf(_ other: Version) -> Bool {
            sources == other.sources && settings == other.settings
        }
    }

    /// The last good version; nil where there has been none: nothing passes.
    private(set) var good: Version?
    /// In force instead of the last good version, which has become too old.
    private(set) var cautious: Version?
    /// Every file, in order: the settings first, where there are any.
    private(set) var sources: [PolicySource] = []
    /// Since when the files say something else than what is in force.
    private(set) var staleSince: Instant?
    /// Since when the version in force is.
    private(set) var since: Instant

    /// What requests are held against; nil: nothing passes.
    var inForce: Version? { cautious ?? good }

    /// Whether the most cautious values are in force.
    var isCautious: Bool { cautious != nil }

    /// What comes of a reading, after what there was.
    ///
    /// - Parameters:
    ///   - new: what was made of the files; nil where something is wrong with them.
    ///   - settings: how the settings stand; nil where there are none.
    init(
        _ new: Version?, found: [FoundSource], settings: PolicySource?, folder: String,
        after last: OperatorPolicy?, at now: Instant
    ) {
        // What did not change is kept as it is, with whatever is kept by its identity.
        let isSame = new.flatMap { new in last?.good.map(new.isMadeOf) } ?? false
        good = isSame ? last?.good : new ?? last?.good
        cautious = new == nil ? last?.cautious : nil
        let isAsBefore = new == nil || isSame && last?.cautious == nil
        since = isAsBefore ? last?.since ?? now : now
        var states = PolicySource.states(
            found, inForce: good?.sources ?? [], before: last?.sources ?? [], folder: folder,
            at: now)
        if var settings {
            // Something is wrong, and no file of the operator's own is: what the settings say of it is.
            if new == nil, settings.isRight, states.allSatisfy(\.isRight) {
                let before = last?.sources.first { $0.kind == .settings && !$0.isRight }
                settings = settings.stale(since: before?.since ?? now)
            }
            states.insert(settings, at: 0)
        }
        sources = states
        let isRight = new != nil && states.allSatisfy(\.isRight)
        staleSince = isRight ? nil : last?.staleSince ?? now
    }

    /// The same at a later moment, where the files have been wrong for as long as the last good version may
    /// be: the most cautious values are in force instead. Nil: nothing is different then.
    func aged(at now: Instant, maxAgeSeconds: Int) -> OperatorPolicy? {
        guard cautious == nil, let staleSince, let good,
            now.seconds - staleSince.seconds >= Int64(maxAgeSeconds)
        else { return nil }
        var policy = self
        // What cannot be made cautious lets nothing pass; every charter can.
        policy.cautious = good.mostCautious
        if policy.cautious == nil { policy.good = nil }
        policy.since = now
        return policy
    }
}
