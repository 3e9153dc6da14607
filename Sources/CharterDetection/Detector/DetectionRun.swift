public import CharterEngine

/// Which detectors are asked for one request, and when it is enough.
///
/// The cheap ones are asked first, those of one cost together, and each only for what is still open:
/// what others have not found at its highest value, and what could still change the verdict, as whoever
/// decides says. What is asked must be answered: a behavior that one of its detectors could not look
/// for is *undetermined*, and then its tier decides. Time comes in as an argument.
public struct DetectionRun: Sendable {
    /// A detector that is to be asked now.
    public struct Step: Sendable {
        /// Who is asked.
        public let detector: any Detector
        /// For what; in charter order, not empty.
        public let behaviors: [BehaviorID]
        /// What is left of the budget.
        public let within: Duration
    }

    /// A behavior that a detector could not look for.
    public struct Undetermined: Hashable, Sendable {
        /// Which behavior.
        public var behavior: BehaviorID
        /// The detector that gave no answer.
        public var detector: String
        /// Why it gave none.
        public var failure: DetectorFailure
        /// Whether it counts as exercised: in the tiers safety and ethics. In others it counts as not.
        public var isClosed: Bool
    }

    /// What became of those that were asked, in the order in which they answered.
    public private(set) var reports: [DetectorReport] = []
    private let charter: Charter
    private let budget: Duration
    private let detectors: [any Detector]
    /// By detector; nobody is asked the same twice.
    private var asked: [Set<BehaviorID>]

    /// A run that has asked nobody yet.
    ///
    /// - Parameter budget: how long all detectors together may take.
    public init(_ detectors: [any Detector], _ charter: Charter, budget: Duration) {
        self.charter = charter
        self.budget = budget
        self.detectors = detectors
        asked = detectors.map { _ in [] }
    }

    /// Who is to be asked next, all at once; nobody where it is enough.
    ///
    /// - Parameters:
    ///   - open: the behaviors whose demands could still change the verdict.
    ///   - elapsed: since the run began.
    public mutating func next(open: Set<BehaviorID>, after elapsed: Duration) -> [Step] {
        while true {
            let open = open.subtracting(settled)
            let wanted = zip(detectors, asked).map { detector, asked in
                open.intersection(detector.behaviors).subtracting(asked)
            }
            let cost = zip(detectors, wanted).filter { !$1.isEmpty }.map(\.0.cost).min()
            guard let cost else { return [] }
            var steps: [Step] = []
            for (place, detector) in detectors.enumerated()
            where detector.cost == cost && !wanted[place].isEmpty {
                asked[place].formUnion(wanted[place])
                steps.append(
                    Step(
                        detector: detector,
                        behaviors: charter.behaviors.map(\.id).filter(wanted[place].contains),
                        within: budget - elapsed))
            }
            if elapsed < budget { return steps }
            for step in steps {
                take(
                    DetectorReport(
                        detector: step.detector.name, behaviors: step.behaviors,
                        outcome: .failure(.outOfBudget), duration: .zero))
            }
        }
    }

    /// Takes in what a step came to.
    public mutating func take(_ report: DetectorReport) {
        var report = report
        // A detector may tell more than it was asked for, which others may not have let it look at.
        if case .success(let found) = report.outcome {
            report.outcome = .success(found.filter { report.behaviors.contains($0.behavior) })
        }
        reports.append(report)
    }

    /// Everything that was found.
    public var found: [Detection] { reports.flatMap(\.found) }

    /// What could not be looked for, and that nobody found at its highest value; each once for each
    /// detector.
    public var undetermined: [Undetermined] {
        let settled = settled
        return reports.flatMap { report in
            guard let failure = report.failure else { return [Undetermined]() }
            return report.behaviors.filter { !settled.contains($0) }.map { id in
                Undetermined(
                    behavior: id, detector: report.detector, failure: failure,
                    isClosed: charter[id].map { $0.tier <= .ethics } ?? true)
            }
        }
    }

    /// What is found as far as it can be.
    private var settled: Set<BehaviorID> {
        Set(
            found.filter { detection in
                guard let behavior = charter[detection.behavior] else { return false }
                if behavior.kind == .duty { return detection.isTriggered }
                return detection.value.map { behavior.rank(of: $0) == behavior.top } ?? true
            }.map(\.behavior))
    }
}
