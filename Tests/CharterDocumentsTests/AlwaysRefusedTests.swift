import CharterEngine
import Foundation
import Testing

@testable import CharterDocuments

@Suite("Steps that are always refused")
struct AlwaysRefusedTests {
    struct Step: Hashable {
        var file: String
        var position: SourcePosition
    }

    /// Where a step of a trail has its value, as a warning would say.
    static func place(
        _ step: CharterEngine.Step, _ documents: [String: PlacedDocument]
    ) -> Step? {
        guard let document = documents[step.origin.file],
            let value = document.places.adjustments[step.origin.position]?.values[step.operation]
        else { return nil }
        return Step(
            file: step.origin.file, position: document.source.position(of: value.lowerBound))
    }

    @Test("No request has a step accepted that is warned of, and plain ones are all found")
    func sound() throws {
        let seed = UInt64(ProcessInfo.processInfo.environment["CHARTER_SEED"] ?? "") ?? 4
        var random = SeededGenerator(seed: seed)
        var decisions = 0
        var warned = 0
        var missed = 0
        for policy in try RandomPolicy.all() {
            let layers = [policy.documents.platform].compactMap { $0 } + policy.documents.operators
            let placed = (layers + [policy.user].compactMap { $0 }).flatMap(\.placed)
            let documents = Dictionary(
                placed.map { ($0.source.file, $0) }, uniquingKeysWith: { a, _ in a })
            let charter = policy.documents.charter.charter
            let doubts = policy.documents.doubts + (policy.user?.doubts(in: charter) ?? [])
            let warnings = Set(
                doubts.filter { $0.id == "layer.always-refused" }
                    .map { Step(file: $0.file, position: $0.position) })
            #expect(warnings.count == doubts.count { $0.severity == .warning })
            warned += warnings.count
            var tried: [Step: Int] = [:]
            var accepted: Set<Step> = []
            for _ in 0..<4 {
                let request = policy.request(&random)
                let decision = try policy.documents.policy.decide(
                    request, user: policy.user?.user, withTrail: true)
                decisions += 1
                for step in decision.trail {
                    guard let place = Self.place(step, documents) else { continue }
                    tried[place, default: 0] += 1
                    if step.reason == nil { accepted.insert(place) }
                }
            }
            #expect(accepted.isDisjoint(with: warnings), "\(policy.name), seed \(seed)")
            missed += tried.count {
                $0.value >= 3 && !accepted.contains($0.key) && !warnings.contains($0.key)
            }
        }
        print(
            "\(warned) warnings, \(decisions) decisions, \(missed) steps refused but not warned of")
        #expect(warned > 1_000)
    }
}
