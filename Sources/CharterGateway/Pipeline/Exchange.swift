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
        /// What was called.
        public var wire: WireProtocol
        /// Who is asking.
        public var caller: Caller
        /// The models that may be asked for; nil: any.
        public var models: [String]?

        /// What is known of a request that has just come; unsaid: a chat completion, for any model.
        public init(
            id: String, at: Instant, wire: WireProtocol = .chatCompletions, caller: Caller,
            models: [String]? = nil
        ) {
            self.id = id
            self.at = at
            self.wire = wire
            self.caller = caller
            self.models = models
        }
    }

    /// What to do first.
    public enum Start: Sendable {
        /// Nothing is asked of the model.
        case reply(Reply)
        /// The model's server is called.
        case forward
    }

    /// What is sent to the model's server.
    public struct Call: Sendable {
        /// Behind the version, as in `/chat/completions`.
        public let path: String
        /// The body.
        public let body: [UInt8]
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
    /// The model that is asked for; empty where the protocol lets it be unsaid.
    public var model: String { request.model }
    /// Whether the client wants the answer as events.
    public var isStreamed: Bool { request.isStreamed }
    private let arrival: Arrival
    private let enforcement: Enforcement
    private let request: any ModelRequest
    /// The body that goes on, in the protocol of the client.
    private let body: [UInt8]
    private let decision: Decision
    private let wording: Wording
    private let judge: AnswerJudge
    /// What is kept of the decision, as far as no stream is watched.
    private var decided: DecisionRecord
    private var watch: (any AnswerStream<PatternWatcher>)?
    private var translation: Translation?

    /// Receives a request of a caller that was identified, and comes to its verdict.
    ///
    /// - Parameter userLayer: what a user has set.
    /// - Throws: what is wrong with the request, in no protocol's form yet.
    public init(
        _ body: [UInt8], _ arrival: Arrival, _ enforcement: Enforcement,
        limits: JSONLimits = JSONLimits(),
        userLayer: (Text) throws(APIError) -> UserLayer? = { _ throws(APIError) in nil }
    ) throws(APIError) {
        // receive
        request = try Exchange.read(body, arrival.wire, limits)
        guard arrival.models?.contains(request.model) ?? true else {
            throw .forbidden("the key may not ask for this model", code: "model_not_allowed")
        }
        self.arrival = arrival
        self.enforcement = enforcement
        wording = Wording(
            enforcement: enforcement, language: arrival.caller.language?.string)
        // identify, detect
        let demands = try Exchange.detect(request, enforcement)
        var question = Request(
            user: arrival.caller.user ?? request.user.map { Text($0) }, roles: arrival.caller.roles,
            channel: arrival.caller.channel, surface: arrival.caller.surface,
            model: Text(request.model), language: arrival.caller.language, at: arrival.at,
            claims: arrival.caller.claims)
        question.demands = demands
        let layer = try question.user.map { user throws(APIError) in try userLayer(user) } ?? nil
        if arrival.wire.isSpoken {
            let messages = try Exchange.messages(request, arrival.wire)
            // What somebody shows goes before what they say.
            question.claims.merge(enforcement.statedClaims.claims(in: messages)) { shown, _ in
                shown
            }
            question.instructions = try Exchange.instructions(
                messages, question, layer, enforcement)
        }
        // decide, arbitrate
        decision = try Exchange.decide(question, layer, enforcement.rows)
        judge = AnswerJudge(enforcement, decision, demands)
        decided = DecisionRecord(arrival, enforcement, question, layer, decision)
        // act
        let owes = !decision.verdict.duties.isEmpty
        switch decision.verdict.act {
        case .guide where arrival.wire.isSpoken, .allow where owes && arrival.wire.isSpoken:
            guard
                let guided = request.body(
                    adding: wording.guide(decision), role: enforcement.guideRole)
            else {
                // Nobody can be guided in this protocol.
                fallthrough
            }
            self.body = guided
            start = .forward
        case .refuse, .ask, .transform:
            self.body = []
            let explained = decided.explained ?? decision
            start = .reply(
                Exchange.refusal(
                    request, arrival, decided, wording.refusal(explained), wording, explained))
        case .guide, .allow:
            self.body = body
            start = .forward
        }
    }

    /// The fields that every reply of this exchange carries.
    public var headers: [(name: String, value: String)] { decided.headers }

    /// What is kept of the decision: with what was stopped and passed of the answer so far.
    public var record: DecisionRecord {
        guard let watch else { return decided }
        return noting(watch.stops, watch.watchers.map(\.watcher))
    }

    /// What is sent to a model's server that speaks these dialects, and whose answer is then awaited.
    ///
    /// - Throws: a 400 where none of them has such a call, or all of what it asks for.
    public mutating func call(in dialects: Set<Dialect>) throws(APIError) -> Call {
        translation = nil
        if !dialects.contains(arrival.wire.dialect), let dialect = dialects.first {
            translation = try Translation(arrival.wire, to: dialect)
        }
        return try translation?.call(body) ?? Call(path: arrival.wire.path, body: body)
    }

    // MARK: The answer, whole

    /// The upstream's whole answer.
    public mutating func reply(status: Int, body: [UInt8]) -> Reply {
        guard status < 400 else {
            return reply(UpstreamError.error(status: status, body: body))
        }
        do throws(APIError) {
            let answer = try judged(try translation?.answer(body) ?? body)
            decided = noting(answer.stops, answer.watchers.map(\.watcher))
            return Reply(
                status: 200, headers: headers + [("content-type", "application/json")],
                body: answer.body)
        } catch {
            return reply(error)
        }
    }

    private func judged(_ body: [UInt8]) throws(APIError) -> JudgedAnswer<PatternWatcher> {
        let (enforcement, judge) = (enforcement, judge)
        let watcher = { @Sendable part in PatternWatcher(enforcement, judge, part) }
        switch arrival.wire {
        case .chatCompletions, .completions:
            let answer = try ChatAnswer<PatternWatcher>(
                body: body, watcher: { _, part in watcher(part) }, explanation: explanation)
            return JudgedAnswer(body: answer.body, stops: answer.stops, watchers: answer.watchers)
        case .messages:
            return try MessagesAnswer.judge(body, watcher: watcher, explanation: explanation)
        case .responses:
            return try ResponsesAnswer.judge(
                body, instructions: instructions, watcher: watcher, explanation: explanation)
        case .embeddings, .moderations, .countTokens:
            return JudgedAnswer(body: body, stops: [], watchers: [])
        }
    }

    /// What the client itself said as `instructions`.
    private var instructions: [UInt8] {
        request.document.root["instructions"].map { Array($0.raw) } ?? Array("null".utf8)
    }

    /// An error instead of an answer.
    public func reply(_ error: APIError) -> Reply {
        Exchange.reply(error, arrival.wire, id: arrival.id, headers: headers)
    }

    /// An error in a protocol's own form.
    public static func reply(
        _ error: APIError, _ wire: WireProtocol, id: String,
        headers: [(name: String, value: String)] = []
    ) -> Reply {
        Reply(
            status: error.status,
            headers: headers + error.headers + [("content-type", "application/json")],
            body: error.body(in: wire.dialect, id: id))
    }

    // MARK: The answer, as events

    /// Begins to watch a stream of events.
    public mutating func beginStream() {
        let (enforcement, judge) = (enforcement, judge)
        let watcher = { @Sendable part in PatternWatcher(enforcement, judge, part) }
        let stream: any AnswerStream<PatternWatcher> =
            switch arrival.wire {
            case .messages:
                AnswerGate(MessagesForm(), watcher: watcher, explanation: explanation)
            case .responses:
                AnswerGate(
                    ResponsesForm(instructions: instructions), watcher: watcher,
                    explanation: explanation)
            default:
                AnswerWatch(
                    choices: request.choices, watcher: { _, part in watcher(part) },
                    explanation: explanation)
            }
        let includesUsage = (request as? ChatRequest)?.includesUsage ?? false
        watch =
            translation.map {
                TranslatedStream(
                    stream, $0.events(includingUsage: includesUsage), limit: 4 << 20)
            } ?? stream
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

    /// Whether the model itself has ended its stream: nothing was stopped, and nothing went wrong.
    public var isOverByItself: Bool {
        guard let watch else { return false }
        return watch.state == .complete && watch.stops.isEmpty
    }

    // MARK: Steps of the line

    private static func read(
        _ body: [UInt8], _ wire: WireProtocol, _ limits: JSONLimits
    ) throws(APIError) -> any ModelRequest {
        switch wire {
        case .chatCompletions, .completions: try ChatRequest(body: body, limits: limits)
        case .responses: try ResponsesRequest(body: body, limits: limits)
        case .messages: try MessagesRequest(body: body, limits: limits)
        case .moderations: try NumbersRequest(body: body, limits: limits, needsModel: false)
        case .embeddings, .countTokens:
            try NumbersRequest(body: body, limits: limits, needsModel: true)
        }
    }

    private static func detect(
        _ request: any ModelRequest, _ enforcement: Enforcement
    ) throws(APIError) -> [Demand] {
        do {
            return try DemandDetector(enforcement).demands(in: request.texts)
        } catch {
            throw .unavailable("the request could not be looked at")
        }
    }

    private static func messages(
        _ request: any ModelRequest, _ wire: WireProtocol
    ) throws(APIError) -> MessageList {
        let root = request.document.root
        do throws(MessageList.Malformed) {
            // Beside the messages, a chat completion has nothing that instructs.
            return try MessageList(wire == .chatCompletions ? root["messages"] ?? root : root)
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
            let reader = RememberedReader(phrases, enforcement.readSentences)
            return try ConversationInstructions.instructions(
                in: messages, reader, enforcement.policy, question, user: user)
        } catch let error as RequestError {
            throw unknownChannel(error)
        } catch {
            throw .unavailable("the request could not be looked at")
        }
    }

    private static func decide(
        _ question: Request, _ user: UserLayer?, _ rows: PolicyRows
    ) throws(APIError) -> Decision {
        do {
            return try rows.decide(question, user: user)
        } catch {
            throw unknownChannel(error)
        }
    }

    private static func unknownChannel(_ error: RequestError) -> APIError {
        .invalid("the operator has no such channel", param: "charter-channel", code: error.rawValue)
    }

    private static func refusal(
        _ request: any ModelRequest, _ arrival: Arrival, _ record: DecisionRecord, _ text: String,
        _ wording: Wording, _ decision: Decision
    ) -> Reply {
        let refusal = Refusal(
            id: arrival.id, created: Int(arrival.at.seconds), text: text,
            note: record.note(wording, decision))
        guard let reply = request.reply(with: refusal) else {
            return reply(.refused(text), arrival.wire, id: arrival.id, headers: record.headers)
        }
        return Reply(
            status: 200,
            headers: record.headers
                + [("content-type", reply.contentType), ("x-should-retry", "false")],
            body: reply.body)
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
