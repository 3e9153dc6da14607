internal import CharterDetection
internal import CharterDocuments
internal import CharterEngine
internal import NIOHTTP1

/// An endpoint like OpenAI's `/v1/moderations`, whose categories the settings map to behaviors.
struct ModerationDetector: Detector {
    let name: String
    let behaviors: Set<BehaviorID>
    let identity: [UInt8]
    private let categories: ModerationCategories
    private let endpoint: ChatEndpoint
    private let model: String?

    private static let largestAnswer = 4 << 20

    init(
        _ settings: Settings.Moderation, _ categories: ModerationCategories,
        _ endpoint: ChatEndpoint
    ) {
        name = settings.name
        behaviors = categories.behaviors
        self.categories = categories
        self.endpoint = endpoint
        model = settings.model
        identity =
            Array("moderation \(settings.upstream.url)\n\(settings.model ?? "")\n".utf8)
            + categories.identity
    }

    var cost: DetectorCost { .service }

    func detect(
        _ texts: [DetectedText], for behaviors: [BehaviorID], within: Duration
    ) async throws(DetectorFailure) -> [Detection] {
        let (endpoint, body) = (endpoint, categories.body(model: model, about: texts))
        let answer: JSONValue
        do {
            answer = try await withDeadline(within) {
                try await endpoint.json(
                    .POST, "/moderations", body, upTo: ModerationDetector.largestAnswer)
            }
        } catch {
            throw DetectorFailure(error)
        }
        return try categories.detections(in: answer, about: texts.count)
            .filter { behaviors.contains($0.behavior) }
    }
}
