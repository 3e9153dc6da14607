/// How often something took how long, in buckets that never change.
public struct DurationHistogram: Sendable {
    /// The upper end of each bucket, included, in nanoseconds; what takes longer is in a last bucket
    /// of its own.
    static let bounds: [Int64] = [
        10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 2_500_000, 5_000_000,
        10_000_000, 25_000_000, 50_000_000, 100_000_000, 250_000_000, 500_000_000, 1_000_000_000,
        2_500_000_000, 5_000_000_000, 10_000_000_000, 30_000_000_000, 60_000_000_000,
        300_000_000_000,
    ]

    /// By bucket, each by itself.
    private(set) var counts = [UInt64](repeating: 0, count: bounds.count + 1)
    /// All of them together, in nanoseconds.
    private(set) var sum: Int64 = 0

    /// How many there were.
    var count: UInt64 { counts.reduce(0, +) }

    /// Counts one; logarithmic in the buckets, and allocates nothing.
    mutating func observe(_ duration: Duration) {
        let nanoseconds = max(0, duration.nanoseconds)
        var (low, high) = (0, DurationHistogram.bounds.count)
        while low < high {
            let middle = (low + high) / 2
            if DurationHistogram.bounds[middle] < nanoseconds {
                low = middle + 1
            } else {
                high = middle
            }
        }
        counts[low] += 1
        sum &+= nanoseconds
    }
}

extension Duration {
    /// Whole nanoseconds; a duration of more than 292 years is cut to that.
    package var nanoseconds: Int64 {
        let (seconds, attoseconds) = components
        let (product, isTooLong) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return isTooLong ? (seconds < 0 ? .min : .max) : product &+ attoseconds / 1_000_000_000
    }
}
