internal import AsyncHTTPClient
internal import CharterDocuments
internal import CharterGateway
internal import NIOHTTP1

/// A server of chat completions that is asked something by the gateway itself, and not for a client.
struct ChatEndpoint: Sendable {
    private let client: ModelClient

    /// Why there is no answer.
    struct Failure: Error {
        /// One sentence without a full stop; nothing of an answer is in it.
        let message: String
        /// Whether the server answered, and what it answered is of no use.
        let hasAnswered: Bool

        init(_ message: String, hasAnswered: Bool = false) {
            self.message = message
            self.hasAnswered = hasAnswered
        }
    }

    init(_ upstream: Settings.Upstream) {
        client = ModelClient(upstream)
    }

    func shutdown() async throws {
        try await client.shutdown()
    }

    /// The text of the first choice that a chat completion comes to, whole.
    ///
    /// - Parameter largest: the most bytes of the answer around it.
    func content(
        answering body: [UInt8], upTo largest: Int = ModelClient.largestAnswer
    ) async throws(Failure) -> [UInt8] {
        let root = try await json(.POST, "/chat/completions", body, upTo: largest)
        var choices = root["choices"]?.children
        let choice = choices?.next()
        guard choice?["finish_reason"]?.string != "length" else {
            throw Failure(
                "the model's answer was cut off at its length: give its server more context, or take another model",
                hasAnswered: true)
        }
        guard let content = choice?["message"]?["content"]?.text else {
            throw Failure("the model's answer has no text", hasAnswered: true)
        }
        return Array(content)
    }

    /// The name of the first model that the server lists.
    func firstModel() async throws(Failure) -> String {
        let root = try await json(.GET, "/models")
        var models = root["data"]?.children
        guard let name = models?.next()?["id"]?.string else {
            throw Failure("the model's server lists no model; name one", hasAnswered: true)
        }
        return name
    }

    /// Sends a request and reads what comes back, where it is JSON.
    func json(
        _ method: HTTPMethod, _ path: String, _ body: [UInt8]? = nil,
        upTo largest: Int = ModelClient.largestAnswer
    ) async throws(Failure) -> JSONValue {
        let (status, bytes): (UInt, [UInt8])
        do {
            let answer = try await client.send(
                UpstreamRequest(method: method, path: path, body: body))
            status = answer.status.code
            bytes = try await ModelClient.body(of: answer, upTo: largest)
        } catch {
            throw Failure(ModelClient.error(error).message)
        }
        guard status == 200 else { throw Failure("the model's server answers \(status)") }
        guard let root = (try? JSONDocument(bytes))?.root else {
            throw Failure("the model's server answers no JSON", hasAnswered: true)
        }
        return root
    }
}
