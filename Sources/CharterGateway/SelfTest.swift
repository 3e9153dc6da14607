public import CharterDetection
public import CharterEngine

/// Tries to move what nobody may move, before a policy is put into force.
///
/// Each probe is a request of a user who shows every claim as verified and has every role, with a layer of
/// their own and instructions of every level that say the highest value, and who asks for it in so many
/// words. What the charter hardcodes must stay where the charter alone has it, and be refused above that.
public enum SelfTest {
    /// A hardcoded behavior that a probe came through.
    public struct Failure: Error, Hashable, Sendable {
        /// Which one.
        public let behavior: BehaviorID
        /// What came of the probe: one sentence without a full stop.
        public let message: String
    }

    /// The hardcoded behaviors of a charter that a policy lets a probe move, or whose literal patterns do not
    /// find themselves; empty where all is well. O(behaviors × adjustments + literal patterns).
    ///
    /// - Parameters:
    ///   - charter: as it was read, beside the policy that was compiled from it.
    ///   - now: when the probes are made.
    public static func failures(
        of policy: Policy, _ charter: Charter, _ patterns: PatternSet, at now: Instant
    ) -> [Failure] {
        let hardcoded = charter.behaviors.filter(\.isHardcoded)
        guard !hardcoded.isEmpty else { return [] }
        guard let alone = try? Policy.compile(charter) else {
            return hardcoded.map {
                Failure(behavior: $0.id, message: "the charter alone decides nothing")
            }
        }
        var failures: [Failure] = []
        for claims in [[:], shown(charter.claims)] {
            failures += probe(policy, alone, hardcoded, claims, now)
        }
        failures += unfound(hardcoded, patterns)
        var told: Set<BehaviorID> = []
        return failures.filter { told.insert($0.behavior).inserted }
    }

    /// One request that demands the highest value of every hardcoded behavior.
    private static func probe(
        _ policy: Policy, _ alone: Policy, _ hardcoded: [Behavior], _ claims: [Text: Claim],
        _ now: Instant
    ) -> [Failure] {
        func highest(_ behavior: Behavior) -> Text { behavior.values.last ?? "" }
        var request = Request(user: "probe", roles: policy.roles, at: now, claims: claims)
        let plain = request
        for level in [Level.platform, .operator, .user] {
            request.instructions += hardcoded.map {
                Instruction(from: .principal(level), .set($0.id, highest($0)))
            }
        }
        request.demands = hardcoded.map {
            Demand($0.id, value: highest($0), isExplicit: true, from: .principal(.user))
        }
        let layer = UserLayer(settings: hardcoded.map { UserLayer.Setting($0.id, highest($0)) })
        guard let decision = try? policy.decide(request, user: layer, withRefused: false),
            let wanted = try? alone.decide(plain, withRefused: false)
        else {
            return hardcoded.map {
                Failure(behavior: $0.id, message: "the probe cannot be decided")
            }
        }
        return hardcoded.compactMap { behavior in
            guard let place = alone.charter.index(of: behavior.id),
                let found = policy.charter.index(of: behavior.id)
            else { return Failure(behavior: behavior.id, message: "the policy lacks it") }
            let setting = wanted.behaviors[place.number].setting
            guard decision.behaviors[found.number].setting == setting else {
                return Failure(
                    behavior: behavior.id, message: "a probe moved what nobody may move")
            }
            guard setting == behavior.top || decision.verdict.unmet.contains(found) else {
                return Failure(
                    behavior: behavior.id, message: "a probe that asks for it is not refused")
            }
            return nil
        }
    }

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
