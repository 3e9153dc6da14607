public import CharterAnalysis
internal import CharterDocuments
public import CharterEngine
internal import CharterGateway

/// Has a model read what sentences instruct: any server that speaks OpenAI's chat completions and keeps
/// to a JSON schema.
public struct ModelReader: Sendable {
    private let upstream: Settings.Upstream
    private let model: String?

    /// How long one answer may take, to its last byte.
    private static let timeout = Duration.seconds(300)

    /// Why nothing was read.
    public struct Failure: Error, Sendable {
        /// One sentence without a full stop; nothing of an answer is in it.
        public let message: String
    }

    /// - Parameters:
    ///   - url: with its version: `http://127.0.0.1:8081/v1`.
    ///   - model: as the server calls it; nil: the first that it lists.
    public init(url: String, key: String?, model: String?) {
        var upstream = Settings.Upstream(url: url)
        upstream.key = key
        self.upstream = upstream
        self.model = model
    }

    /// Asks about each sentence of the texts once.
    ///
    /// - Parameter progress: is told how many questions are answered, and of how many.
    public func read(
        _ texts: [[UInt8]], _ charter: Charter, progress: (Int, Int) -> Void = { _, _ in }
    ) async throws(Failure) -> ModelReading {
        let endpoint = ChatEndpoint(upstream)
        do {
            var reading = ModelReading(
                model: try await name(endpoint), charter)
            let questions = reading.questions(about: texts)
            for (question, number) in zip(questions, 1...) {
                let content = try await withDeadline(ModelReader.timeout) {
                    try await endpoint.content(answering: question.body)
                }
                try reading.take(content, to: question)
                progress(number, questions.count)
            }
            try await endpoint.shutdown()
            return reading
        } catch {
            try? await endpoint.shutdown()
            throw ModelReader.failure(error)
        }
    }

    private func name(_ endpoint: ChatEndpoint) async throws -> String {
        if let model { return model }
        return try await endpoint.firstModel()
    }

    private static func failure(_ error: any Error) -> Failure {
        switch error {
        case let error as ModelReading.Malformed:
            Failure(message: "the model does not keep to the schema: \(error.message)")
        case let error as ChatEndpoint.Failure: Failure(message: error.message)
        case is DeadlinePassed: Failure(message: "the model's server is too slow")
        default: Failure(message: ModelClient.error(error).message)
        }
    }
}
