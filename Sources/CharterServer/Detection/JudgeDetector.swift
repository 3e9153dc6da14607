internal import CharterDetection
internal import CharterDocuments
internal import CharterEngine

/// A model that judges texts by sections of the charter: any server of chat completions that keeps to a
/// JSON schema.
struct JudgeDetector: Detector {
    let name: String
    let behaviors: Set<BehaviorID>
    let identity: [UInt8]
    private let policy: JudgePolicy
    private let endpoint: ChatEndpoint
    private let model: String
    private let largestText: Int

    /// The most bytes of an answer; a model that thinks aloud beside it needs some.
    private static let largestAnswer = 4 << 20

    /// - Parameter behaviors: those that are asked about together.
    init(
        _ settings: Settings.Judge, _ behaviors: [BehaviorID], _ policy: JudgePolicy,
        _ endpoint: ChatEndpoint
    ) {
        name = settings.name
        self.behaviors = Set(behaviors)
        self.policy = policy
        self.endpoint = endpoint
        model = settings.model
        largestText = settings.largestText
        // A prompt about no text: what every prompt about these behaviors shares.
        identity =
            Array("judge \(settings.upstream.url)\n".utf8)
            + JudgePrompt(policy, behaviors, about: []).question.body(model: settings.model)
    }

    var cost: DetectorCost { .model }

    func detect(
        _ texts: [DetectedText], for behaviors: [BehaviorID], within: Duration
    ) async throws(DetectorFailure) -> [Detection] {
        guard texts.reduce(0, { $0 + $1.bytes.count }) <= largestText else { throw .tooLarge }
        let prompt = JudgePrompt(policy, behaviors, about: texts)
        let (endpoint, body) = (endpoint, prompt.question.body(model: model))
        let content: [UInt8]
        do {
            content = try await withDeadline(within) {
                try await endpoint.content(answering: body, upTo: JudgeDetector.largestAnswer)
            }
        } catch {
            throw DetectorFailure(error)
        }
        return try prompt.detections(in: content)
    }
}

extension DetectorFailure {
    /// What an endpoint's failure means for whoever waits for a detection.
    init(_ error: any Error) {
        self =
            switch error {
            case let error as DetectorFailure: error
            case is DeadlinePassed, is CancellationError: .late
            case let error as ChatEndpoint.Failure where error.hasAnswered: .outOfSchema
            default: .unreachable
            }
    }
}
