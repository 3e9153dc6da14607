/// How much may be taken over time: so much at once, and then as fast as it is refilled.
///
/// What is known only afterwards is charged then, which may leave the bucket in debt: nothing more is taken
/// until the debt is refilled. In any span of time no more is taken than `rate` × the span + `burst`, of
/// which the first part is what was there when it began; what is charged afterwards comes on top once.
///
/// Times are durations since one fixed moment. One that lies before another that was said counts as that one,
/// so that the order of calls makes nothing out of nothing.
public struct TokenBucket: Sendable {
    /// What is refilled, a second.
    public let rate: Double
    /// What there is when it is full.
    public let burst: Double
    private var level: Double
    private var updated: Duration

    /// A full bucket.
    ///
    /// - Parameters:
    ///   - rate: what is refilled a second, above 0.
    ///   - burst: what there is at most, above 0.
    public init(rate: Double, burst: Double, at now: Duration) {
        self.rate = rate
        self.burst = burst
        level = burst
        updated = now
    }

    /// What there is at a moment; below 0 it is a debt.
    public func level(at now: Duration) -> Double {
        min(burst, level + max(0, (now - updated).inSeconds) * rate)
    }

    /// Whether everything has been refilled: it is as good as a new one.
    public func isFull(at now: Duration) -> Bool { level(at: now) >= burst }

    /// How long it takes until an amount can be held; nil where it can be now.
    ///
    /// An amount above the burst can be held by a full bucket, and an amount of 0 by one that has anything.
    public func wait(for amount: Double, at now: Duration) -> Duration? {
        let (level, needed) = (level(at: now), min(amount, burst))
        guard level < needed || level <= 0 else { return nil }
        // Refilled to 0 it still has nothing; and what no `Duration` could say is long enough.
        return .seconds(min(max((needed - level) / rate, 0.001), 1e9))
    }

    /// Takes an amount for something whose use is not known yet, as far as a full bucket has it.
    public mutating func hold(_ amount: Double, at now: Duration) {
        charge(min(amount, burst), at: now)
    }

    /// Takes what was used in place of what was held for it. More than there is becomes a debt.
    public mutating func settle(held: Double, used: Double, at now: Duration) {
        charge(used - min(held, burst), at: now)
    }

    private mutating func charge(_ amount: Double, at now: Duration) {
        level = min(burst, level(at: now) - amount)
        updated = max(updated, now)
    }
}

extension Duration {
    /// In seconds, as a fraction.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) * 1e-18
    }
}
