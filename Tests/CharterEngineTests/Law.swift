import Foundation
import Testing

@testable import CharterEngine

/// A law of SEMANTICS §4, held against many random policies; one that breaks it is made small and
/// printed.
///
/// All laws go over the policies together, so that each is drawn and compiled once.
struct Law: Sendable {
    /// Where it stands, which tells it from the others: in a static property `#function` is the type's.
    let name: String
    /// Says how a sample breaks the law; nil where it keeps it. What is drawn from the generator is
    /// the same each time for one seed.
    let breach: @Sendable (Sample, inout SeededGenerator) throws -> String?

    init(
        file: String = #fileID, line: Int = #line,
        _ breach: @escaping @Sendable (Sample, inout SeededGenerator) throws -> String?
    ) {
        name = "\(file):\(line)"
        self.breach = breach
    }

    static let all: [Law] = [
        hardcoded, giving, taking, forbidden, forbiddenAsked, denied, caution, mostCautious,
        steps, restricting, takingAllows, withholding, weakening, garbling, attributes, unknown,
        order, idempotence, purity, withoutTrail, replay, refused, alone, verdict, demandOrder,
        repetitions, plainReading, wholeRequest, oneBehavior, someBehaviors, wholeMatrix,
        factsAgain,
        otherOperators, compactTrail, verdictGiven,
    ]

    /// How many cases each law is held against: `CHARTER_CASES`, or 2,000.
    static let cases = setting("CHARTER_CASES", 2_000)
    /// The seed of the first case: `CHARTER_SEED`, or 1. With it, `CHARTER_CASES=1` repeats one case.
    static let firstSeed = setting("CHARTER_SEED", 1)

    private static func setting(_ name: String, _ usual: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? usual
    }

    /// By law, the first seed that breaks it; and how many cases each was held against.
    private static let sweep = Task { () -> (broken: [String: UInt64], cases: Int) in
        let lanes = ProcessInfo.processInfo.activeProcessorCount
        return await withTaskGroup { group in
            for lane in 0..<lanes {
                group.addTask {
                    var broken: [String: UInt64] = [:]
                    var count = 0
                    for seed in stride(from: firstSeed + lane, to: firstSeed + cases, by: lanes) {
                        let seed = UInt64(clamping: seed)
                        let policy = RandomPolicy(seed: seed)
                        for law in Law.failing(policy, seed, among: Law.all)
                        where broken[law] == nil {
                            broken[law] = seed
                        }
                        count += 1
                    }
                    return (broken, count)
                }
            }
            return await group.reduce((broken: [:], cases: 0)) { all, lane in
                (all.broken.merging(lane.0, uniquingKeysWith: min), all.cases + lane.1)
            }
        }
    }

    /// The names of the laws that a policy breaks; an error breaks every one.
    private static func failing(
        _ policy: RandomPolicy, _ seed: UInt64, among laws: [Law]
    ) -> [String] {
        guard let sample = try? Sample(policy) else { return laws.map(\.name) }
        return laws.filter { $0.breach(of: sample, seed) != nil }.map(\.name)
    }

    private func breach(of sample: Sample, _ seed: UInt64) -> String? {
        var generator = SeededGenerator(seed: ~seed)
        do {
            return try breach(sample, &generator)
        } catch {
            return "it throws \(error)"
        }
    }

    /// Fails the test where a policy breaks the law.
    func holds(sourceLocation: SourceLocation = #_sourceLocation) async {
        let (broken, cases) = await Law.sweep.value
        #expect(
            cases == Law.cases && Law.all.filter { $0.name == name }.count == 1,
            "the law is held against every case", sourceLocation: sourceLocation)
        guard let seed = broken[name] else { return }
        let policy = RandomPolicy(seed: seed)
        func found(_ policy: RandomPolicy) -> String? {
            // A smaller policy that does not even compile shows nothing.
            (try? Sample(policy)).flatMap { breach(of: $0, seed) }
        }
        let smallest = policy.shrunk { found($0) != nil }
        Issue.record(
            "seed \(seed): \(found(smallest) ?? "it does not compile")\n\(smallest)",
            sourceLocation: sourceLocation)
    }
}

/// A random policy with what the reference makes of it.
struct Sample {
    let policy: RandomPolicy
    let compiled: Policy
    /// What every actor says of each behavior, in charter order.
    let chains: [(behavior: Behavior, actors: [Actor])]
    let folds: [Fold]
    /// With its trail.
    let decision: Decision

    init(_ policy: RandomPolicy) throws {
        self.policy = policy
        compiled = try policy.policy()
        chains = try compiled.chains(policy.request, policy.user)
        folds = chains.map { Fold($0.behavior, $0.actors) }
        decision = try compiled.decide(policy.request, user: policy.user, withTrail: true)
    }

    /// What another request or policy raises above this one: a setting, or a ceiling of anybody.
    func raised(by others: [Fold]) -> String? {
        for (mine, theirs) in zip(folds, others) {
            if theirs.setting > mine.setting { return "the setting of \(mine.behavior.id) rises" }
            for (x, ceilings) in zip(theirs.ceilings, mine.ceilings).enumerated()
            where ceilings.0 > ceilings.1 {
                return "the ceiling of \(mine.behavior.id) of actor \(x) rises"
            }
        }
        return nil
    }

    /// What the same policy raises where the request is another one.
    func raised(by change: (inout Request) -> Void) throws -> String? {
        var request = policy.request
        change(&request)
        return raised(by: try compiled.folds(request, policy.user))
    }
}

extension Policy {
    /// What every actor says of each behavior, in charter order.
    func chains(
        _ request: Request, _ user: UserLayer?
    ) throws -> [(behavior: Behavior, actors: [Actor])] {
        let facts = try facts(of: request)
        let conversation = Conversation(request.instructions, self)
        let settings = UserSettings(user, self)
        return charter.behaviors.indices.map { place in
            (charter.behaviors[place], chain(BehaviorIndex(place), facts, conversation, settings))
        }
    }

    /// The fold of each behavior, in charter order: it has the ceilings of every actor.
    func folds(_ request: Request, _ user: UserLayer?) throws -> [Fold] {
        try chains(request, user).map { Fold($0.behavior, $0.actors) }
    }
}
