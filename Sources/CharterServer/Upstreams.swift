internal import AsyncHTTPClient
internal import CharterGateway
internal import NIOHTTP1
internal import Synchronization

/// Asks the models' servers: the one whose turn it is, and another one where it fails.
final class Upstreams: Sendable {
    /// The head of an answer, and who gives it.
    struct Answer: Sendable {
        let response: HTTPClientResponse
        /// As the settings describe it. Which one it is, is the operator's business, and told to no client.
        let upstream: Settings.Upstream
    }

    private let clients: [ModelClient]
    /// The same servers, for the hot path.
    let targets: [UpstreamTarget]
    private let choice: Mutex<UpstreamChoice>

    /// How long a list of models is waited for, where there are others.
    private static let listTimeout = Duration.seconds(10)

    init(_ upstreams: [Settings.Upstream]) {
        clients = upstreams.map(ModelClient.init)
        targets = upstreams.map(UpstreamTarget.init)
        choice = Mutex(
            UpstreamChoice(
                upstreams.map {
                    .init(name: $0.name, models: $0.models, order: $0.order, weight: $0.weight)
                }))
    }

    func shutdown() async throws {
        var failure: (any Error)?
        for client in clients {
            do { try await client.shutdown() } catch { failure = error }
        }
        if let failure { throw failure }
    }

    /// How all of them do, in the order of the settings.
    var health: [UpstreamChoice.Health] { choice.withLock { $0.health(at: Uptime.now) } }

    /// Sends a request and waits for the head of an answer.
    ///
    /// Another server is asked where one cannot be reached, is silent, or says that it cannot serve now; never
    /// where anything else has been answered. What the last one says or does is what counts.
    ///
    /// - Parameters:
    ///   - model: the model that is asked for; nil: whichever.
    ///   - request: what a server is asked, which may depend on what it speaks.
    func send(
        for model: String?,
        _ request: @Sendable (Settings.Upstream) throws(APIError) -> UpstreamRequest
    ) async throws(APIError) -> Answer {
        var tried: [Int] = []
        var last: Result<Answer, APIError> = .failure(.upstreamUnreachable)
        while let attempt = try begin(for: model, after: tried) {
            let client = clients[attempt.index]
            let isRetried: Bool
            do {
                let response = try await client.send(try request(client.upstream))
                let status = Int(response.status.code)
                end(attempt, UpstreamChoice.isFailure(status: status) ? .failed : .answered)
                last = .success(Answer(response: response, upstream: client.upstream))
                isRetried = UpstreamChoice.isRetried(status: status)
            } catch {
                end(attempt, Upstreams.outcome(error))
                last = .failure(ModelClient.error(error))
                isRetried = ModelClient.isRetried(error) && !Task.isCancelled
            }
            guard isRetried else { break }
            tried.append(attempt.index)
        }
        return try last.get()
    }

    /// The lists of models of all servers, each with the models that the settings leave it; those that do
    /// not give one are left out.
    ///
    /// - Throws: what went wrong, where none does.
    func models(
        authorization: String?, fields: [(name: String, value: String)]
    ) async throws(APIError) -> [ModelList.Source] {
        let request = UpstreamRequest(
            method: .GET, path: "/models", authorization: authorization, fields: fields)
        if clients.count == 1 {
            let list = try await Upstreams.models(of: clients[0], request)
            return [(list, clients[0].upstream.models)]
        }
        typealias Reading = (index: Int, list: Result<[UInt8], APIError>)
        let readings = await withTaskGroup(of: Reading.self) { group in
            for (index, client) in clients.enumerated() {
                group.addTask {
                    do {
                        let list = try await withDeadline(Upstreams.listTimeout) {
                            try await Upstreams.models(of: client, request)
                        }
                        return (index, .success(list))
                    } catch {
                        let isLate = error is DeadlinePassed
                        return (
                            index, .failure(isLate ? .upstreamTimeout : ModelClient.error(error))
                        )
                    }
                }
            }
            return await group.reduce(into: [Reading]()) { $0.append($1) }
        }
        var lists: [ModelList.Source] = []
        var failure: APIError?
        for (index, list) in readings.sorted(by: { $0.index < $1.index }) {
            do { lists.append((try list.get(), clients[index].upstream.models)) } catch {
                failure = error
            }
        }
        if lists.isEmpty, let failure { throw failure }
        return lists
    }

    /// A caller's own key is meant for one server; of several it is not known which.
    func passedOn(_ authorization: String?) -> String? {
        clients.count == 1 ? authorization : nil
    }

    private static func models(
        of client: ModelClient, _ request: UpstreamRequest
    ) async throws(APIError) -> [UInt8] {
        let answer: HTTPClientResponse
        do { answer = try await client.send(request) } catch { throw ModelClient.error(error) }
        let body = try await ModelClient.body(of: answer)
        guard answer.status == .ok else {
            throw UpstreamError.error(status: Int(answer.status.code), body: body)
        }
        return body
    }

    /// The next server that a request is sent to; nil where there is none left to try. It is to be ended.
    func begin(
        for model: String?, after tried: [Int]
    ) throws(APIError) -> UpstreamChoice.Attempt? {
        try choice.withLock { choice throws(APIError) in
            var random = SystemRandomNumberGenerator()
            return try choice.begin(for: model, after: tried, at: Uptime.now, using: &random)
        }
    }

    /// What became of an attempt.
    func end(_ attempt: UpstreamChoice.Attempt, _ outcome: CircuitBreaker.Outcome) {
        choice.withLock { $0.end(attempt, outcome, at: Uptime.now) }
    }

    /// That a client went away, or that nothing could be sent, says nothing of a server.
    private static func outcome(_ error: any Error) -> CircuitBreaker.Outcome {
        let isOurs = error is CancellationError || error is APIError || Task.isCancelled
        return isOurs ? .abandoned : .failed
    }
}
