internal import AsyncHTTPClient
public import CharterAnalysis
internal import CharterDocuments
public import CharterEngine
internal import CharterGateway
internal import NIOHTTP1

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
        let client = ModelClient(upstream)
        do {
            var reading = ModelReading(model: try await name(client), charter)
            let questions = reading.questions(about: texts)
            for (question, number) in zip(questions, 1...) {
                let root = try await withDeadline(ModelReader.timeout) {
                    try await json(client, .POST, "/chat/completions", question.body)
                }
                var choices = root["choices"]?.children
                let choice = choices?.next()
                guard choice?["finish_reason"]?.string != "length" else {
                    throw Failure(
                        message:
                            "the model's answer was cut off at its length: give its server more context, or take another model"
                    )
                }
                guard let content = choice?["message"]?["content"]?.text else {
                    throw Failure(message: "the model's answer has no text")
                }
                try reading.take(Array(content), to: question)
                progress(number, questions.count)
            }
            try await client.shutdown()
            return reading
        } catch {
            try? await client.shutdown()
            throw ModelReader.failure(error)
        }
    }

    private static func failure(_ error: any Error) -> Failure {
        switch error {
        case let error as Failure: error
        case let error as ModelReading.Malformed:
            Failure(message: "the model does not keep to the schema: \(error.message)")
        case is DeadlinePassed: Failure(message: "the model's server is too slow")
        default: Failure(message: ModelClient.error(error).message)
        }
    }

    private func name(_ client: ModelClient) async throws -> String {
        if let model { return model }
        let root = try await json(client, .GET, "/models", nil)
        var models = root["data"]?.children
        guard let name = models?.next()?["id"]?.string else {
            throw Failure(message: "the model's server lists no model; name one")
        }
        return name
    }

    private func json(
        _ client: ModelClient, _ method: HTTPMethod, _ path: String, _ body: [UInt8]?
    ) async throws -> JSONValue {
        let answer = try await client.send(UpstreamRequest(method: method, path: path, body: body))
        let bytes = try await ModelClient.body(of: answer)
        guard answer.status == .ok else {
            throw Failure(message: "the model's server answers \(answer.status.code)")
        }
        guard let root = (try? JSONDocument(bytes))?.root else {
            throw Failure(message: "the model's server answers no JSON")
        }
        return root
    }
}
