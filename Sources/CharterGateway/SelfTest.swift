public import CharterDetection
public import CharterEngine

/// Tries to move what nobody may move, before a policy is put into force.
///
/// Each probe is a request of a user who shows every claim as verified and has every role, with a layer of
/// their own and instructions of every level that say the highest value, and who asks for it in so many
/// words. What the charter hardcodes must stay where the charter alone has it, and be refused above that.
public struct SelfTest: Sendable {
    private let hardcoded: [Behavior]
    /// The requests, each with the settings that the charter alone has for it; nil where it decides nothing.
    private let probes: [(request: Request, settings: [BehaviorID: Rank])]?
    /// What is wrong before any policy is looked at.
    private let atFirst: [Failure]

    /// A hardcoded behavior that a probe came through.
    public struct Failure: Error, Hashable, Sendable {
        /// Which one.
        public let behavior: BehaviorID
        /// What came of the probe: one sentence without a full stop.
        public let message: String
    }

    /// A test of the policies of one charter.
    ///
    /// - Parameters:
    ///   - charter: as it was read, beside the policies that are compiled from it.
    ///   - patterns: those beside it; a literal one of a hardcoded behavior must find its own text.
    ///   - now: when the probes are made.
    public init(_ charter: Charter, _ patterns: PatternSet, at now: Instant) {
        let hardcoded = charter.behaviors.filter(\.isHardcoded)
        self.hardcoded = hardcoded
        atFirst = SelfTest.unfound(hardcoded, patterns)
        let alone = try? Policy.compile(charter)
        probes = alone.flatMap { alone in
            let claims = [[:], SelfTest.shown(charter.claims)]
            let probes = claims.compactMap { claims in
                SelfTest.probe(alone, hardcoded, claims, now)
            }
            return probes.count == claims.count ? probes : nil
        }
    }

    /// The hardcoded behaviors that a policy lets a probe move; empty where all is well.
    /// O(behaviors × adjustments).
    public func failures(of policy: Policy) -> [Failure] {
        guard let probes else {
            return hardcoded.map {
                Failure(behavior: $0.id, message: "the charter alone decides nothing")
            }
        }
        var told: Set<BehaviorID> = []
        return (atFirst + probes.flatMap { failures(of: policy, $0.request, $0.settings) })
            .filter { told.insert($0.behavior).inserted }
    }

    private func failures(
        of policy: Policy, _ request: Request, _ settings: [BehaviorID: Rank]
    ) -> [Failure] {
        let layer = UserLayer(
            settings: hardcoded.map { UserLayer.Setting($0.id, SelfTest.highest($0)) })
        var request = request
        request.roles = policy.roles
        guard let decision = try? policy.decide(request, user: layer, withRefused: false) else {
            return hardcoded.map { Failure(behavior: $0.id, message: "a probe cannot be decided") }
        }
        return hardcoded.compactMap { behavior in
            guard let index = policy.charter.index(of: behavior.id),
                let setting = settings[behavior.id]
            else { return Failure(behavior: behavior.id, message: "the policy lacks it") }
            guard decision.behaviors[index.number].setting == setting else {
                return Failure(
                    behavior: behavior.id, message: "a probe moved what nobody may move")
            }
            guard setting == behavior.top || decision.verdict.unmet.contains(index) else {
                return Failure(
                    behavior: behavior.id, message: "a probe that asks for it is not refused")
            }
            return nil
        }
    }

    /// One request that demands the highest value of every hardcoded behavior.
    private static func probe(
        _ alone: Policy, _ hardcoded: [Behavior], _ claims: [Text: Claim], _ now: Instant
    ) -> (Request, [BehaviorID: Rank])? {
        var request = Request(user: "probe", at: now, claims: claims)
        guard let decision = try? alone.decide(request, withRefused: false) else { return nil }
        let settings = zip(alone.charter.behaviors, decision.behaviors).map {
            ($0.id, $1.setting)
        }
        for level in [Level.platform, .operator, .user] {
            request.instructions += hardcoded.map {
                Instruction(from: .principal(level), .set($0.id, highest($0)))
            }
        }
        request.demands = hardcoded.map {
            Demand($0.id, value: highest($0), isExplicit: true, from: .principal(.user))
        }
        return (request, Dictionary(settings, uniquingKeysWith: { first, _ in first }))
    }

    private static func highest(_ behavior: Behavior) -> Text { behavior.values.last ?? "" }

    /// Literal patterns of hardcoded behaviors that are not found where they stand.
    private static func unfound(_ hardcoded: [Behavior], _ patterns: PatternSet) -> [Failure] {
        let ids = Set(hardcoded.map(\.id))
        guard patterns.patterns.contains(where: { ids.contains($0.behavior) }) else { return [] }
        let scanner = TextScanner(patterns, for: .request)
        var failures: [Failure] = []
        do throws(ScanError) {
            var scratch = try Scratch(for: patterns)
            for (number, pattern) in patterns.patterns.enumerated() {
                guard ids.contains(pattern.behavior), pattern.place != .answer,
                    case .literal(let text) = pattern.form
                else { continue }
                let bytes = Array(text.utf8)
                let matches = try scanner.matches(in: bytes.span.bytes, using: &scratch)
                guard !matches.contains(where: { $0.pattern == number }) else { continue }
                failures.append(
                    Failure(
                        behavior: pattern.behavior,
                        message: "the pattern on line \(pattern.source.line) misses its own text"))
            }
        } catch {
            return hardcoded.map { Failure(behavior: $0.id, message: "patterns cannot be sought") }
        }
        return failures
    }

    /// A value of each claim, as well shown as can be.
    private static func shown(_ claims: [Text: ClaimType]) -> [Text: Claim] {
        claims.mapValues { type in
            let value: ClaimValue =
                switch type {
                case .int: .int(1_000)
                case .double: .double(1_000)
                case .bool: .bool(true)
                case .string: .text("probe")
                case .enumerated(let names): .text(names.first ?? "")
                }
            return Claim(value, .verified)
        }
    }
}
