import CharterGateway
import Testing

/// A bucket never lets more through than it holds and what is refilled.
@Suite("Token bucket")
struct TokenBucketTests {
    /// Holds an amount where it can be held.
    private func take(_ bucket: inout TokenBucket, _ amount: Double, at now: Duration) -> Bool {
        guard bucket.wait(for: amount, at: now) == nil else { return false }
        bucket.hold(amount, at: now)
        return true
    }

    @Test("It lets through its burst at once, and then its rate")
    func rate() {
        var bucket = TokenBucket(rate: 2, burst: 3, at: .zero)
        #expect(
            (0..<5).map { _ in take(&bucket, 1, at: .zero) } == [true, true, true, false, false])
        #expect(bucket.wait(for: 1, at: .zero) == .milliseconds(500))
        #expect(!take(&bucket, 1, at: .milliseconds(499)))
        #expect(
            take(&bucket, 1, at: .milliseconds(500)) && !take(&bucket, 1, at: .milliseconds(500)))
        #expect(bucket.isFull(at: .seconds(2)) && !bucket.isFull(at: .milliseconds(1_999)))
    }

    @Test("No more than rate × time + burst comes through, whatever the order of calls")
    func bound() {
        for seed in 0..<300 {
            var random = Random(seed: seed)
            let (rate, burst) = (Double(1 + random.below(20)) / 4, Double(1 + random.below(50)))
            var bucket = TokenBucket(rate: rate, burst: burst, at: .zero)
            var (used, latest) = (0.0, 0)
            for _ in 0..<400 {
                // Times are out of order, as between threads.
                let now =
                    random.below(2) == 0 ? latest + random.below(3_000) : random.below(latest + 1)
                latest = max(latest, now)
                let held = Double(random.below(Int(burst) + 1))
                guard take(&bucket, held, at: .milliseconds(now)) else { continue }
                used += held
                if random.below(2) == 0, held > 0 {
                    let actual = Double(random.below(Int(held) + 1))
                    bucket.settle(held: held, used: actual, at: .milliseconds(latest))
                    used += actual - held
                }
                #expect(used <= rate * Double(latest) / 1_000 + burst + 1e-6, "seed \(seed)")
            }
        }
    }

    @Test("Whoever waits as long as is said gets what they asked for")
    func waits() {
        for seed in 0..<300 {
            var random = Random(seed: seed)
            var bucket = TokenBucket(rate: Double(1 + random.below(9)) / 7, burst: 10, at: .zero)
            var now = Duration.zero
            for _ in 0..<50 {
                let amount = Double(random.below(15))
                if let wait = bucket.wait(for: amount, at: now) {
                    #expect(
                        bucket.wait(for: amount, at: now + wait * 0.99 - .milliseconds(1)) != nil)
                    now += wait + .nanoseconds(1)
                }
                #expect(take(&bucket, amount, at: now), "seed \(seed)")
            }
        }
    }

    @Test("More than there is becomes a debt, which is refilled before anything is let through")
    func debt() {
        var bucket = TokenBucket(rate: 1, burst: 10, at: .zero)
        #expect(take(&bucket, 0, at: .zero))
        bucket.settle(held: 0, used: 25, at: .zero)
        #expect(bucket.level(at: .zero) == -15)
        #expect(!take(&bucket, 0, at: .seconds(15)))
        #expect(take(&bucket, 0, at: .milliseconds(15_001)))
    }

    @Test("An amount above the burst is let through by a full bucket, and charged when it is known")
    func large() {
        var bucket = TokenBucket(rate: 1, burst: 10, at: .zero)
        #expect(take(&bucket, 1_000, at: .zero) && bucket.level(at: .zero) == 0)
        #expect(!take(&bucket, 1_000, at: .seconds(9)) && bucket.isFull(at: .seconds(10)))
        bucket.settle(held: 1_000, used: 30, at: .seconds(10))
        #expect(bucket.level(at: .seconds(10)) == -10)
    }

    @Test("A debt that no time would pay is a long wait, and no crash")
    func enormous() {
        var bucket = TokenBucket(rate: 1e-7, burst: 0.01, at: .zero)
        bucket.settle(held: 0, used: 1e15, at: .zero)
        #expect(bucket.wait(for: 0, at: .zero) == .seconds(1_000_000_000))
    }
}
