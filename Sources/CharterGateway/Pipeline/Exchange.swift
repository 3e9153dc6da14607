internal import CharterAnalysis
internal import CharterDetection
public import CharterDocuments
public import CharterEngine

/// One request with its answer, from arrival to reply: the whole line that enforcement is.
///
/// `receive → identify → detect → decide → arbitrate → act → watch → record → reply`. A state
/// machine over bytes: whoever holds the sockets gives it the request, sends on what `start` says,
/// and pushes the upstream's bytes through it. It reads no clock and makes no random number.
public struct Exchange: Sendable {
    /// What an exchange needs to know of a request, beside its body.
    public struct Arrival: Sendable {
        /// The decision's id, unique and hard to guess.
        public var id: String
        /// When the request came.
        public var at: Instant
        /// Who is asking.
        public var caller: Caller
        /// The models that may be asked for; nil: any.
        public var models: [String]?

        /// What is known of a request that has just come.
        public init(id: String, at: Instant, caller: Caller, models: [String]? = nil) {
            self.id = id
            self.at = at
            self.caller = caller
            self.models = models
        }
    }

    /// What takes time before something is asked of the model.
    public enum Step: Sendable {
        /// Demands and instructions are looked for, what is found is decided, and what that comes to is done.
        case detect, decide, act
    }

    /// What to do first.
    public enum Start: Sendable {
        /// Nothing is asked of the model.
        case reply(Reply)
        /// This body is sent to the model's server.
        case forward([UInt8])
    }

    /// An answer that is whole.
    public struct Reply: Sendable {
        /// The HTTP status.
        public var status: Int
        /// Besides its length.
        public var headers: [(name: String, value: String)]
        /// The body, in whatever form the headers say.
        public var body: [UInt8]

        /// An answer of these parts.
        public init(status: Int, headers: [(name: String, value: String)], body: [UInt8]) {
            self.status = status
            self.headers = headers
            self.body = body
        }
    }

    /// What is to be done first.
    public let start: Start
    /// Whether the client wants the answer as events.
    public let isStreamed: Bool
    private let arrival: Arrival
    private let enforcement: Enforcement
    private let request: ChatRequest
    private let decision: Decision
    private let wording: Wording
    private let judge: AnswerJudge
    /// What is kept of the decision, as far as no stream is watched.
    private var decided: DecisionRecord
    private var watch: AnswerWatch<PatternWatcher>?
    private var wholeUsage: TokenUsage?
    private var wholeFailure: APIError?

    /// Receives a request of a caller that was identified, and comes to its verdict.
    ///
    /// - Parameters:
    ///   - entering: told of each step that begins, for whoever has a clock.
    ///   - userLayer: what a user has set.
    /// - Throws: what is wrong with the request, in the protocol's own form.
    public init(
        _ body: [UInt8], _ arrival: Arrival, _ enforcement: Enforcement,
        limits: JSONLimits = JSONLimits(), entering: (Step) -> Void = { _ in },
        userLayer: (Text) throws(APIError) -> UserLayer? = { _ throws(APIError) in nil }
    ) throws(APIError) {
        // receive
        request = try ChatRequest(body: body, limits: limits)
        guard arrival.models?.contains(request.model) ?? true else {
            throw .forbidden("the key may not ask for this model", code: "model_not_allowed")
        }
        isStreamed = request.isStreamed
        self.arrival = arrival
        self.enforcement = enforcement
        wording = Wording(
            enforcement: enforcement, language: arrival.caller.language?.string)
        // identify, detect
        entering(.detect)
        let demands = try Exchange.detect(request, enforcement)
        var question = Request(
            user: arrival.caller.user ?? request.user.map { Text($0) }, roles: arrival.caller.roles,
            channel: arrival.caller.channel, surface: arrival.caller.surface,
            model: Text(request.model), language: arrival.caller.language, at: arrival.at,
            claims: arrival.caller.claims)
        question.demands = demands
        let layer = try question.user.map { user throws(APIError) in try userLayer(user) } ?? nil
        let messages = try Exchange.messages(request)
        // What somebody shows goes before what they say.
        question.claims.merge(enforcement.statedClaims.claims(in: messages)) { shown, _ in shown }
        question.instructions = try Exchange.instructions(messages, question, layer, enforcement)
        // decide, arbitrate
        entering(.decide)
        decision = try Exchange.decide(question, layer, enforcement.policy)
        judge = AnswerJudge(enforcement, decision, demands)
        decided = DecisionRecord(arrival, enforcement, question, layer, decision)
        // act
        entering(.act)
        switch decision.verdict.act {
        case .refuse, .ask, .transform:
            let explained = decided.explained ?? decision
            start = .reply(
                Exchange.refusal(
                    request, arrival, decided, wording.refusal(explained), wording, explained))
        case .guide:
            start = .forward(
                request.body(adding: wording.guide(decision), role: enforcement.guideRole))
        case .allow where !decision.verdict.duties.isEmpty:
            start = .forward(
                request.body(adding: wording.guide(decision), role: enforcement.guideRole))
        case .allow: start = .forward(body)
        }
    }

    /// The fields that every reply of this exchange carries.
    public var headers: [(name: String, value: String)] { decided.headers }

    /// The model that is asked for.
    public var model: String { request.model }

    /// What the model's server says that it read and wrote, where it has said so.
    public var usage: TokenUsage? { watch?.usage ?? wholeUsage }

    /// Why there was no answer, or a stream of events broke off.
    public var failure: APIError? {
        if case .failed(let error)? = watch?.state { error } else { wholeFailure }
    }

    /// What is kept of the decision: with what was stopped and passed of the answer so far.
    public var record: DecisionRecord {
        guard let watch else { return decided }
        return noting(watch.stops, watch.watchers.map(\.watcher))
    }

    // MARK: The answer, whole

    /// The upstream's whole answer.
    public mutating func reply(status: Int, body: [UInt8]) -> Reply {
        guard status < 400 else {
            let error = UpstreamError.error(status: status, body: body)
            wholeFailure = error
            return reply(error)
        }
        let (enforcement, judge, explain) = (enforcement, judge, explanation)
        do throws(APIError) {
            let answer = try ChatAnswer<PatternWatcher>(
                body: body, watcher: { _, part in PatternWatcher(enforcement, judge, part) },
                explanation: explain)
            wholeUsage = answer.usage
            decided = noting(answer.stops, answer.watchers.map(\.watcher))
            return Reply(
                status: 200, headers: headers + [("content-type", "application/json")],
                body: answer.body)
        } catch {
            wholeFailure = error
            return reply(error)
        }
    }

    /// An error instead of an answer.
    public func reply(_ error: APIError) -> Reply {
        Reply(
            status: error.status,
            headers: headers + error.headers + [("content-type", "application/json")],
            body: error.body)
    }

    // MARK: The answer, as events

    /// Begins to watch a stream of events.
    public mutating func beginStream() {
        let (enforcement, judge) = (enforcement, judge)
        watch = AnswerWatch(
            choices: request.choices,
            watcher: { _, part in PatternWatcher(enforcement, judge, part) },
            explanation: explanation)
    }

    /// Takes the upstream's next bytes; appends what may be delivered.
    public mutating func push(_ piece: some Collection<UInt8>, into output: inout [UInt8]) {
        watch?.push(Array(piece), into: &output)
    }

    /// The upstream has ended.
    public mutating func finish(into output: inout [UInt8]) {
        watch?.finish(into: &output)
    }

    /// The connection to the upstream broke, or time is up.
    public mutating func fail(_ error: APIError, into output: inout [UInt8]) {
        watch?.fail(error, into: &output)
    }

    /// Whether more of the upstream's bytes are of use.
    public var needsUpstream: Bool { watch?.needsUpstream ?? true }

    // MARK: Steps of the line

    private static func detect(
        _ request: ChatRequest, _ enforcement: Enforcement
    ) throws(APIError) -> [Demand] {
        do {
            return try DemandDetector(enforcement).demands(in: request)
        } catch {
            throw .unavailable("the request could not be looked at")
        }
    }

    private static func messages(_ request: ChatRequest) throws(APIError) -> MessageList {
        do throws(MessageList.Malformed) {
            return try MessageList(request.document.root["messages"] ?? request.document.root)
        } catch {
            throw .invalid(error.message, param: error.place)
        }
    }

    private static func instructions(
        _ messages: MessageList, _ question: Request, _ user: UserLayer?,
        _ enforcement: Enforcement
    ) throws(APIError) -> [Instruction] {
        guard let phrases = enforcement.phrases, !phrases.phrases.isEmpty else { return [] }
        do {
            return try ConversationInstructions.instructions(
                in: messages, phrases, enforcement.policy, question, user: user)
        } catch let error as RequestError {
            throw unknownChannel(error)
        } catch {
            throw .unavailable("the request could not be looked at")
        }
    }

    private static func decide(
        _ question: Request, _ user: UserLayer?, _ policy: Policy
    ) throws(APIError) -> Decision {
        do {
            return try policy.decide(question, user: user, withRefused: false)
        } catch {
            throw unknownChannel(error)
        }
    }

    private static func unknownChannel(_ error: RequestError) -> APIError {
        .invalid("the operator has no such channel", param: "charter-channel", code: error.rawValue)
    }

    private static func refusal(
        _ request: ChatRequest, _ arrival: Arrival, _ record: DecisionRecord, _ text: String,
        _ wording: Wording, _ decision: Decision
    ) -> Reply {
        let refusal = ChatRefusal(
            id: "chatcmpl-\(arrival.id)", created: Int(arrival.at.seconds), model: request.model,
            text: text, choices: request.choices, note: record.note(wording, decision))
        let type = request.isStreamed ? "text/event-stream" : "application/json"
        return Reply(
            status: 200,
            headers: record.headers + [("content-type", type), ("x-should-retry", "false")],
            body: request.isStreamed
                ? refusal.events(includingUsage: request.includesUsage) : refusal.body)
    }

    /// What the client is told where an answer was stopped.
    private var explanation: @Sendable (AnswerStop<PatternWatcher.Violation>) -> String {
        let (wording, decision, enforcement, decided) = (wording, decision, enforcement, decided)
        return { stop in
            guard case .match(let pattern) = stop.violation,
                let exercised = enforcement.exercised[pattern]
            else { return "The answer could not be checked any further." }
            return wording.refusal(
                of: exercised.behavior, decided.explained ?? decision)
        }
    }

    private func noting(
        _ stops: [AnswerStop<PatternWatcher.Violation>], _ watchers: [PatternWatcher]
    ) -> DecisionRecord {
        let ended = stops.compactMap { stop in
            if case .match(let pattern) = stop.violation { pattern } else { nil }
        }
        var record = decided
        record.stopped = ended.map { enforcement.patterns.patterns[$0].behavior.text.string }
        let passed = watchers.reduce(into: Set<Int>()) { $0.formUnion($1.passed) }
        record.passed = Set(passed.map { enforcement.patterns.patterns[$0].behavior.text.string })
            .sorted()
        return record
    }
}
