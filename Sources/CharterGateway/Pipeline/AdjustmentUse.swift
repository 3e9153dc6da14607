public import CharterDocuments
public import CharterEngine

/// How often each adjustment of a policy has applied to a request, and how often it was refused.
///
/// What never applies is not needed, or guards against what has not happened yet; what is always refused is a
/// mistake. A value without a clock; O(behaviors) a request.
public struct AdjustmentUse: Sendable {
    /// Whose adjustments they are.
    public let policy: Policy
    private let adjustments: [Policy.PlacedAdjustment]
    private let numbers: [UInt32: Int]
    /// The behaviors that any of them adjusts.
    private let indices: [BehaviorIndex]
    private var counts: [Count]
    private var trail = CompactTrail()

    private struct Count {
        var applied = 0
        var refused = 0
        var last: Instant?
    }

    /// Nothing has been used yet.
    public init(of policy: Policy) {
        self.policy = policy
        adjustments = policy.adjustments
        numbers = Dictionary(
            adjustments.enumerated().map { ($0.element.place, $0.offset) },
            uniquingKeysWith: { first, _ in first })
        let adjusted = Set(adjustments.map(\.behavior))
        indices = adjusted.compactMap(policy.charter.index(of:)).sorted()
        counts = Array(repeating: Count(), count: adjustments.count)
    }

    /// Notes which adjustments held for a request. What instructions and users have set is not among them.
    public mutating func note(_ facts: borrowing Facts, at instant: Instant) {
        guard !adjustments.isEmpty else { return }
        for index in indices {
            _ = policy.decide(index, facts, noting: &trail)
            if trail.count == 0 { continue }
            for entry in trail.entries {
                guard let place = numbers[entry.place] else { continue }
                counts[place].applied += entry.isRefused ? 0 : 1
                counts[place].refused += entry.isRefused ? 1 : 0
                counts[place].last = instant
            }
        }
    }

    /// Each adjustment with its counts, in the order of the policy.
    public func write(to writer: inout JSONWriter) {
        writer.list { writer in
            for (adjustment, count) in zip(adjustments, counts) {
                writer.object { writer in
                    writer.member("behavior", adjustment.behavior.text.string)
                    writer.member("scope", adjustment.scope.rawValue)
                    writer.member("layer", adjustment.origin.layer?.string)
                    writer.member("file", adjustment.origin.file)
                    writer.member("line", adjustment.origin.position.line)
                    writer.member("applied", count.applied)
                    writer.member("refused", count.refused)
                    writer.member("last_used", count.last?.dateTime)
                }
            }
        }
    }
}
