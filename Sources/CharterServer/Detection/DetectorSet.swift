internal import CharterDetection
internal import CharterEngine
internal import CharterGateway
internal import Logging
internal import Synchronization

/// The detectors of a gateway beside the patterns, with their connections: they are asked here, and what
/// became of it is counted.
final class DetectorSet: Sendable {
    /// Those that look at requests.
    private let detectors: [any Detector]
    /// Those that look at answers.
    private let answerDetectors: [any Detector]
    /// How long a stream is held while one of them looks.
    let window: Duration
    private let endpoints: [ChatEndpoint]
    private let charter: Charter
    private let budget: Duration
    private let counts = Mutex<[String: Count]>([:])
    private let logger: Logger

    /// What a detector came to since the start.
    struct Count: Equatable {
        /// Questions that were answered; also those whose answer was kept from before.
        var answers = 0
        /// Questions that were not.
        var failures = 0
        /// Behaviors that counted as exercised since nobody could look.
        var closed = 0
        /// Behaviors that counted as not exercised although nobody could look.
        var open = 0
        /// The last question was not answered.
        fileprivate var isFailing = false
    }

    init(_ plan: DetectorPlan, logger: Logger) {
        charter = plan.policy.charter
        budget = plan.budget
        self.logger = logger
        window = plan.window
        var detectors: [any Detector] = []
        var answerDetectors: [any Detector] = []
        func add(_ detector: any Detector, _ timeout: Duration, _ place: Pattern.Place) {
            let cached = CachedDetector(detector, timeout: timeout)
            if place != .answer { detectors.append(cached) }
            if place != .request { answerDetectors.append(cached) }
        }
        var endpoints: [ChatEndpoint] = []
        for (settings, categories) in plan.moderations {
            let endpoint = ChatEndpoint(settings.upstream)
            endpoints.append(endpoint)
            add(
                ModerationDetector(settings, categories, endpoint), settings.timeout,
                settings.place)
        }
        for (settings, groups) in plan.judges {
            let endpoint = ChatEndpoint(settings.upstream)
            endpoints.append(endpoint)
            for group in groups {
                add(
                    JudgeDetector(settings, group, plan.policy, endpoint), settings.timeout,
                    settings.place)
            }
        }
        self.detectors = detectors
        self.answerDetectors = answerDetectors
        self.endpoints = endpoints
    }

    func shutdown() async throws {
        for endpoint in endpoints { try await endpoint.shutdown() }
    }

    /// By detector.
    func counted() -> [String: Count] { counts.withLock { $0 } }

    /// An exchange that every detector has looked at whose finding could still change its verdict.
    ///
    /// - Parameter decide: makes the exchange of what is found so far, after those of each cost have answered.
    func exchange(
        _ decide: (DetectorFindings) throws(APIError) -> Exchange
    ) async throws(APIError) -> Exchange {
        var exchange = try decide(DetectorFindings())
        let texts = exchange.texts
        var run = DetectionRun(detectors, charter, budget: budget)
        let began = ContinuousClock.now
        var reported = 0
        while true {
            let steps = run.next(open: exchange.openBehaviors, after: ContinuousClock.now - began)
            for report in await DetectorSet.reports(steps, texts) { run.take(report) }
            guard run.reports.count > reported else { break }
            reported = run.reports.count
            exchange = try decide(DetectorFindings(run, in: texts, charter))
        }
        count(run)
        return exchange
    }

    /// Whether detectors look at what the model answers to this.
    func looksAtAnswers(of exchange: Exchange) -> Bool {
        answerDetectors.contains { !$0.behaviors.isDisjoint(with: exchange.openInAnswer) }
    }

    /// What detectors say of an answer's texts, by choice, each beside the conversation that it answers.
    func look(
        at texts: [Int: DetectedText], _ conversation: [DetectedText], _ open: Set<BehaviorID>
    ) async -> [Int: DetectorFindings] {
        await withTaskGroup(of: (Int, DetectorFindings).self) { group in
            for (choice, text) in texts {
                group.addTask {
                    let texts = conversation + [text]
                    var run = DetectionRun(self.answerDetectors, self.charter, budget: self.budget)
                    let began = ContinuousClock.now
                    while true {
                        let steps = run.next(open: open, after: ContinuousClock.now - began)
                        guard !steps.isEmpty else { break }
                        for report in await DetectorSet.reports(steps, texts) { run.take(report) }
                    }
                    self.count(run)
                    return (choice, DetectorFindings(run, in: texts, self.charter))
                }
            }
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
    }

    /// What is said of a stream that waited for the whole window: nobody has looked in time.
    func overdue(_ open: Set<BehaviorID>) -> [Int: DetectorFindings] {
        var run = DetectionRun(answerDetectors, charter, budget: budget)
        while true {
            let steps = run.next(open: open, after: .zero)
            guard !steps.isEmpty else { break }
            for step in steps {
                run.take(
                    DetectorReport(
                        detector: step.detector.name, behaviors: step.behaviors,
                        outcome: .failure(.late), duration: window))
            }
        }
        count(run)
        return [0: DetectorFindings(run, in: [], charter)]
    }

    private static func reports(
        _ steps: [DetectionRun.Step], _ texts: [DetectedText]
    ) async -> [DetectorReport] {
        await withTaskGroup(of: DetectorReport.self) { group in
            for step in steps {
                group.addTask {
                    let began = ContinuousClock.now
                    let outcome: Result<[Detection], DetectorFailure>
                    do throws(DetectorFailure) {
                        outcome = .success(
                            try await step.detector.detect(
                                texts, for: step.behaviors, within: step.within))
                    } catch {
                        outcome = .failure(error)
                    }
                    return DetectorReport(
                        detector: step.detector.name, behaviors: step.behaviors, outcome: outcome,
                        duration: ContinuousClock.now - began)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// Counts what became of a run; a detector that begins to fail, or that answers again, is logged once.
    private func count(_ run: DetectionRun) {
        for (name, reports) in Dictionary(grouping: run.reports, by: \.detector) {
            let failure = reports.lazy.compactMap(\.failure).first
            let missed = run.undetermined.filter { $0.detector == name }
            let (count, isNews) = counts.withLock { counts in
                var count = counts[name] ?? Count()
                let isNews = count.isFailing != (failure != nil)
                count.isFailing = failure != nil
                count.answers += reports.count { $0.failure == nil }
                count.failures += reports.count { $0.failure != nil }
                count.closed += missed.count(where: \.isClosed)
                count.open += missed.count { !$0.isClosed }
                counts[name] = count
                return (count, isNews)
            }
            guard isNews else { continue }
            var metadata: Logger.Metadata = [
                "detector": "\(name)", "answers": "\(count.answers)",
                "failures": "\(count.failures)", "closed": "\(count.closed)",
                "open": "\(count.open)",
            ]
            if let failure { metadata["reason"] = "\(failure.rawValue)" }
            logger.log(
                level: failure == nil ? .notice : .warning,
                failure == nil ? "a detector answers again" : "a detector gives no answer",
                metadata: metadata)
        }
    }
}
