import Foundation
import Testing

@testable import CharterEngine

/// Holds a law against many random policies; one that breaks it is made small and printed.
enum Law {
    /// How many cases each law is held against: `CHARTER_CASES`, or 2,000.
    static let cases = setting("CHARTER_CASES", 2_000)
    /// The seed of the first case: `CHARTER_SEED`, or 1. With it, `CHARTER_CASES=1` repeats one case.
    static let firstSeed = setting("CHARTER_SEED", 1)

    private static func setting(_ name: String, _ usual: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
    }

    /// Fails the test with the smallest policy found that breaks the law.
    ///
    /// - Parameter breach: says how a policy breaks the law; nil where it keeps it. What it draws from
    ///   the generator is the same each time for one seed.
    static func holds(
        sourceLocation: SourceLocation = #_sourceLocation,
        _ breach: (RandomPolicy, inout SeededGenerator) throws -> String?
    ) {
        for seed in firstSeed..<(firstSeed + cases) {
            let seed = UInt64(clamping: seed)
            func found(_ policy: RandomPolicy) -> String? {
                var generator = SeededGenerator(seed: ~seed)
                do {
                    return try breach(policy, &generator)
                } catch {
                    return "\(error)"
                }
            }
            let policy = RandomPolicy(seed: seed)
            guard let first = found(policy) else { continue }
            // A smaller policy that does not even compile shows nothing.
            let smallest = policy.shrunk { (try? $0.decide()) != nil && found($0) != nil }
            Issue.record(
                "seed \(seed): \(found(smallest) ?? first)\n\(smallest)",
                sourceLocation: sourceLocation)
            return
        }
    }
}
