import CharterDetection
import CharterDocuments
import CharterEngine
import Testing

/// Detectors are asked in the order of their cost, for what is still open, within the budget; where
/// one gives no answer the tier decides.
@Suite("Detection run")
struct DetectionRunTests {
    private struct Scripted: Detector {
        var name: String
        var cost: DetectorCost
        var behaviors: Set<BehaviorID>
        var identity: [UInt8] { [] }

        func detect(
            _ texts: [DetectedText], for behaviors: [BehaviorID], within: Duration
        ) async throws(DetectorFailure) -> [Detection] { [] }
    }

    private static let all: Set<BehaviorID> = [
        "poison", "lies", "help_line", "gossip", "gore", "length",
    ]
    private let charter: Charter
    private let judge = Scripted(name: "judge", cost: .model, behaviors: all)
    private let service = Scripted(
        name: "service", cost: .service, behaviors: ["poison", "gore", "help_line"])

    init() throws {
        charter = try SmallCharter.document().charter
    }

    private func run(_ detectors: Scripted..., budget: Duration = .seconds(1)) -> DetectionRun {
        DetectionRun(detectors, charter, budget: budget)
    }

    private func report(
        _ step: DetectionRun.Step, _ outcome: Result<[Detection], DetectorFailure>
    ) -> DetectorReport {
        DetectorReport(
            detector: step.detector.name, behaviors: step.behaviors, outcome: outcome,
            duration: .milliseconds(1))
    }

    private func asked(_ steps: [DetectionRun.Step]) -> [String: [BehaviorID]] {
        Dictionary(uniqueKeysWithValues: steps.map { ($0.detector.name, $0.behaviors) })
    }

    @Test("The cheap ones first; what they are sure of is asked of nobody else")
    func order() {
        var run = run(judge, service)
        let first = run.next(open: Self.all, after: .zero)
        #expect(asked(first) == ["service": ["poison", "help_line", "gore"]])
        run.take(
            report(
                first[0],
                .success([
                    Detection("poison", text: 0), Detection("gore", value: "shown", text: 0),
                    Detection("help_line", isTriggered: true, text: 0), Detection("lies", text: 0),
                ])))
        let second = run.next(open: Self.all, after: .milliseconds(300))
        #expect(asked(second) == ["judge": ["lies", "gossip", "gore", "length"]])
        #expect(second.map(\.within) == [.milliseconds(700)])
        run.take(report(second[0], .success([])))
        #expect(run.next(open: Self.all, after: .milliseconds(400)).isEmpty)
        #expect(
            run.found.map(\.behavior) == ["poison", "gore", "help_line"], "lies was not asked of it"
        )
        #expect(run.undetermined.isEmpty)
    }

    @Test("Nobody is asked for what cannot change the verdict, nor twice for the same")
    func open() {
        var run = run(judge, service)
        #expect(run.next(open: [], after: .zero).isEmpty)
        #expect(asked(run.next(open: ["lies"], after: .zero)) == ["judge": ["lies"]])
        // A duty that was found may open what a refusal had closed.
        #expect(asked(run.next(open: ["lies", "gore"], after: .zero)) == ["service": ["gore"]])
        #expect(asked(run.next(open: ["lies", "gore"], after: .zero)) == ["judge": ["gore"]])
        #expect(run.next(open: ["lies", "gore"], after: .zero).isEmpty)
    }

    @Test("Those of one cost are asked together")
    func together() {
        let other = Scripted(name: "other", cost: .model, behaviors: ["lies"])
        var run = run(judge, other)
        #expect(run.next(open: Self.all, after: .zero).map(\.detector.name) == ["judge", "other"])
    }

    @Test(
        "What nobody could look for is closed in safety and ethics, and open in the other tiers",
        arguments: [DetectorFailure.unreachable, .late, .outOfSchema, .tooLarge])
    func tiers(failure: DetectorFailure) {
        var run = run(judge)
        let steps = run.next(open: Self.all, after: .zero)
        run.take(report(steps[0], .failure(failure)))
        #expect(run.undetermined.allSatisfy { $0.failure == failure && $0.detector == "judge" })
        #expect(
            run.undetermined.filter(\.isClosed).map(\.behavior) == ["poison", "lies", "help_line"])
        #expect(
            run.undetermined.filter { !$0.isClosed }.map(\.behavior) == [
                "gossip", "gore", "length",
            ])
    }

    @Test("What another has found at its highest value is determined; what another has not is not")
    func others() {
        var run = run(judge, service)
        let first = run.next(open: Self.all, after: .zero)
        run.take(report(first[0], .failure(.unreachable)))
        let second = run.next(open: Self.all, after: .zero)
        #expect(asked(second)["judge"]?.count == 6)
        run.take(report(second[0], .success([Detection("poison", text: 0)])))
        #expect(run.undetermined.map(\.behavior) == ["help_line", "gore"])
    }

    @Test("Whoever the budget does not reach has not looked")
    func budget() {
        var run = run(judge, service, budget: .milliseconds(100))
        let first = run.next(open: Self.all, after: .milliseconds(99))
        #expect(first.map(\.within) == [.milliseconds(1)])
        run.take(report(first[0], .success([Detection("poison", text: 0)])))
        #expect(run.next(open: Self.all, after: .milliseconds(100)).isEmpty)
        #expect(Set(run.undetermined.map(\.failure)) == [.outOfBudget])
        #expect(
            run.undetermined.map(\.behavior) == ["lies", "help_line", "gossip", "gore", "length"])
    }
}
