/// Which of several models' servers is asked, and which one after it.
///
/// Servers of the lowest order are asked first, each by its share of the weights; those of higher orders stand
/// in for them. One whose breaker is open is left out, unless all are: then it is asked all the same, because
/// a breaker only guesses, and nobody is turned away by a guess.
///
/// It reads no clock and makes no random number.
public struct UpstreamChoice: Sendable {
    /// A server as far as the choice goes.
    public struct Candidate: Sendable {
        /// What it is called in the settings.
        public var name: String
        /// The models that it serves; nil: any.
        public var models: Set<String>?
        /// Lower ones are asked first.
        public var order: Int
        /// Its share among those of the same order, 1 or more.
        public var weight: Int

        /// A server; unsaid: of any model, asked first, and as often as another.
        public init(name: String, models: Set<String>? = nil, order: Int = 0, weight: Int = 1) {
            self.name = name
            self.models = models
            self.order = order
            self.weight = weight
        }

        func serves(_ model: String?) -> Bool {
            guard let models, let model else { return true }
            return models.contains(model)
        }
    }

    /// One request to one server.
    public struct Attempt: Sendable {
        /// The place of the server in the list of candidates.
        public let index: Int
        let isProbe: Bool
    }

    /// How a server does, for whoever runs it.
    public struct Health: Sendable, Equatable {
        /// What it is called in the settings.
        public let name: String
        /// Whether it is asked.
        public let state: CircuitBreaker.State
        /// Failures in a row.
        public let failures: Int
    }

    /// How many servers one request is sent to at most.
    public static let mostAttempts = 3

    private let candidates: [Candidate]
    private var breakers: [CircuitBreaker]

    /// A choice among these, none of which has failed.
    public init(_ candidates: [Candidate]) {
        self.candidates = candidates
        breakers = candidates.map { _ in CircuitBreaker() }
    }

    /// The next server that a request is sent to; nil where there is none left to try.
    ///
    /// - Parameters:
    ///   - model: the model that is asked for; nil: whichever.
    ///   - tried: the servers that have failed this request already.
    /// - Throws: a 404 where none serves the model.
    /// - Complexity: linear in the number of servers.
    public mutating func begin(
        for model: String?, after tried: [Int], at now: Duration,
        using random: inout some RandomNumberGenerator
    ) throws(APIError) -> Attempt? {
        let serving = candidates.indices.filter { candidates[$0].serves(model) }
        guard !serving.isEmpty else { throw .unknownModel }
        guard tried.count < UpstreamChoice.mostAttempts else { return nil }
        let left = serving.filter { !tried.contains($0) }
        var eligible = left.filter { breakers[$0].isPassable(at: now) }
        if eligible.isEmpty, tried.isEmpty { eligible = left }
        guard let index = draw(eligible, using: &random) else { return nil }
        return Attempt(index: index, isProbe: breakers[index].begin(at: now))
    }

    /// What became of an attempt: each is ended once.
    public mutating func end(
        _ attempt: Attempt, _ outcome: CircuitBreaker.Outcome, at now: Duration
    ) {
        breakers[attempt.index].end(outcome, isProbe: attempt.isProbe, at: now)
    }

    /// How all servers do, in the order of the settings.
    public func health(at now: Duration) -> [Health] {
        zip(candidates, breakers).map { candidate, breaker in
            Health(
                name: candidate.name, state: breaker.state(at: now), failures: breaker.failures)
        }
    }

    /// Whether a status says that the server cannot serve now, so that another may be asked.
    ///
    /// 500 is not among them: a request that breaks one server would break the next.
    public static func isRetried(status: Int) -> Bool {
        status == 429 || isFailure(status: status)
    }

    /// Whether a status counts against the server. One that limits how often it is asked is well.
    public static func isFailure(status: Int) -> Bool { (502...504).contains(status) }

    /// One of the lowest order among these, each by its weight.
    private func draw(
        _ eligible: [Int], using random: inout some RandomNumberGenerator
    ) -> Int? {
        guard let order = eligible.map({ candidates[$0].order }).min() else { return nil }
        let first = eligible.filter { candidates[$0].order == order }
        if first.count == 1 { return first[0] }
        var place = Int.random(
            in: 0..<first.reduce(0) { $0 + candidates[$1].weight }, using: &random)
        for index in first {
            place -= candidates[index].weight
            if place < 0 { return index }
        }
        return first.last
    }
}

extension APIError {
    /// No model's server has the model that is asked for.
    public static let unknownModel = APIError(
        status: 404, message: "there is no such model here", type: invalidRequest, param: "model",
        code: "model_not_found")
}
