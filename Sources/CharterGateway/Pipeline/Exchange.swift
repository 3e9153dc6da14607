internal import CharterAnalysis
public import CharterDetection
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

    /// What takes time before something is asked of the model.
    public enum Step: Sendable {
        /// Demands and instructions are looked for, what is found is decided, and what that comes to is done.
        case detect, decide, act
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
    /// The model that is asked for; nil where the protocol lets it be unsaid.
    public var upstreamModel: String? { request.model.isEmpty ? nil : request.model }
    /// Whether the client wants the answer as events.
    public var isStreamed: Bool { request.isStreamed }
    let arrival: Arrival
    private let enforcement: Enforcement
    let request: any ModelRequest
    /// The body that goes on, in the protocol of the client.
    private let body: [UInt8]
    private let decision: Decision
    private let wording: Wording
    private let judge: AnswerJudge
    private let comparison: Candidate.Comparison?
    /// What is kept of the decision, as far as no stream is watched.
    private var decided: DecisionRecord
    private var watch: (any AnswerStream<PatternWatcher>)?
    /// Whether texts of answers are kept for detectors that look at them.
    public var keepsAnswers = false
    /// The texts of the answer so far, by choice, where they are kept.
    private var answers: [Int: DetectedText] = [:]
    /// What detectors said of the answer, by choice.
    private var judged: [Int: DetectorFindings] = [:]
    private var translation: Translation?
    private var wholeUsage: Usage?
    private var wholeFailure: APIError?

    /// Receives a request of a caller that was identified, and comes to its verdict.
    ///
    /// - Parameters:
    ///   - detected: what was found in `texts` beside what the patterns find.
    ///   - entering: told of each step that begins, for whoever has a clock.
    ///   - isTried: whether the candidate decides for a user.
    ///   - userLayer: what a user has set.
    /// - Throws: what is wrong with the request, in no protocol's form yet.
    public init(
        _ body: [UInt8], _ arrival: Arrival, _ inForce: Enforcement,
        limits: JSONLimits = JSONLimits(), detected: DetectorFindings = DetectorFindings(),
        entering: (Step) -> Void = { _ in }, isTried: (Text?) -> Bool = { _ in false },
        userLayer: (Text) throws(APIError) -> UserLayer? = { _ throws(APIError) in nil }
    ) throws(APIError) {
        // receive
        request = try Exchange.read(body, arrival.wire, limits)
        guard arrival.models?.contains(request.model) ?? true else {
            throw .forbidden("the key may not ask for this model", code: "model_not_allowed")
        }
        self.arrival = arrival
        let user = arrival.caller.user ?? request.user.map { Text($0) }
        let enforcement =
            inForce.candidate.flatMap { isTried(user) ? $0.enforcement : nil } ?? inForce
        self.enforcement = enforcement
        wording = Wording(
            enforcement: enforcement, language: arrival.caller.language?.string)
        // identify, detect
        entering(.detect)
        let demands = try Exchange.detect(request, enforcement, detected) + detected.assumed
        var question = Request(
            user: user, roles: arrival.caller.roles,
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
        entering(.decide)
        let decision = try Exchange.decide(
            &question, layer, enforcement.rows, assuming: detected.assumedDuties)
        let enforced = LogOnly.enforced(
            decision, question.demands, enforcement.logOnly, enforcement.policy)
        self.decision = enforced.decision
        judge = AnswerJudge(
            enforcement, enforced.decision, demands, language: arrival.caller.language?.string)
        comparison = enforcement.candidate.flatMap {
            try? Candidate.Comparison($0, question, layer, enforced.decision, enforcement)
        }
        decided = DecisionRecord(
            arrival, enforcement, question, layer, decision, enforced,
            comparison == nil && enforcement.candidate != nil
                ? .unknownChannel : comparison?.flip)
        decided.findings = detected
        // act
        entering(.act)
        var acting = enforced.decision
        var (going, goingBody) = (request, body)
        if acting.verdict.act == .transform {
            if let redaction = Exchange.redaction(
                of: request, arrival.wire, limits, acting, judge, detected)
            {
                going = redaction.request
                goingBody = going.document.source
                acting.verdict = redaction.verdict
                decided.redacted = redaction.behaviors.map { enforcement.policy.charter[$0].id }
            } else {
                acting.verdict.act = .refuse
                decided.act = .refuse
            }
        }
        let verdict = acting.verdict
        let owes = !verdict.duties.isEmpty
        switch verdict.act {
        case .guide where arrival.wire.isSpoken, .allow where owes && arrival.wire.isSpoken:
            guard
                let guided = going.body(
                    adding: wording.guide(acting), role: enforcement.guideRole)
            else {
                // Nobody can be guided in this protocol.
                fallthrough
            }
            self.body = guided
            start = .forward
        case .refuse, .ask, .transform:
            self.body = []
            var explained = decided.explained ?? decision
            explained.verdict = verdict
            start = .reply(
                Exchange.refusal(
                    request, arrival, decided, wording.refusal(explained), wording, explained,
                    asError: enforcement.refusesWithError))
        case .guide, .allow:
            self.body = goingBody
            start = .forward
        }
    }

    /// The behaviors of which one more demand could still change the verdict.
    public var openBehaviors: Set<BehaviorID> {
        decision.open(enforcement.policy.charter, after: judge.demands)
    }

    /// What other detectors than the patterns look at.
    public var texts: [DetectedText] { request.detectedTexts }

    /// The fields that every reply of this exchange carries.
    public var headers: [(name: String, value: String)] { decided.headers }

    /// The model that is asked for.
    public var model: String { request.model }

    /// What the model's server says that it read and wrote, where it has said so.
    public var usage: Usage? { watch?.usage ?? wholeUsage }

    /// Why there was no answer, or a stream of events broke off.
    public var failure: APIError? {
        if case .failed(let error)? = watch?.state { error } else { wholeFailure }
    }

    /// What is kept of the decision: with what was stopped and passed of the answer so far.
    public var record: DecisionRecord {
        guard let watch else { return decided }
        return noting(
            watch.stops, watch.watchers.map(\.watcher), isModelRefusal: watch.isModelRefusal)
    }

    /// What is sent to a model's server that speaks these dialects.
    ///
    /// - Throws: a 400 where none of them has such a call, or all of what it asks for.
    public func call(in dialects: Set<Dialect>) throws(APIError) -> Call {
        try Translation(arrival.wire, to: dialects)?.call(body)
            ?? Call(path: arrival.wire.path, body: body)
    }

    /// The answer comes from a server that speaks these dialects.
    public mutating func awaitAnswer(in dialects: Set<Dialect>) {
        translation = try? Translation(arrival.wire, to: dialects)
    }

    // MARK: The answer, whole

    /// The upstream's whole answer.
    ///
    /// - Parameter judged: what detectors said of `answerTexts`, which this has kept before.
    public mutating func reply(
        status: Int, body: [UInt8], judged: [Int: DetectorFindings] = [:]
    ) -> Reply {
        guard (200..<300).contains(status) else {
            let error = told(UpstreamError.error(status: status, body: body))
            wholeFailure = error
            return reply(error)
        }
        self.judged = judged
        do throws(APIError) {
            let answer = try looked(at: try translation?.answer(body) ?? body)
            answers = Exchange.texts(of: answer.watchers)
            wholeUsage = Usage(answer: body)
            decided = noting(
                answer.stops, answer.watchers.map(\.watcher),
                isModelRefusal: answer.isModelRefusal)
            return Reply(
                status: 200, headers: headers + [("content-type", "application/json")],
                body: answer.body)
        } catch {
            let error = told(error)
            wholeFailure = error
            return reply(error)
        }
    }

    /// An error of the model's server may repeat what it wrote: it is looked at, too.
    private func told(_ error: APIError) -> APIError {
        error.judged(by: PatternWatcher(enforcement, judge, .other("error")))
    }

    private func looked(
        at body: [UInt8]
    ) throws(APIError) -> JudgedAnswer<PatternWatcher> {
        let watcher = watcher
        let first = { @Sendable part in watcher(0, part) }
        switch arrival.wire {
        case .completions:
            return try CompletionsAnswer.judge(body, watcher: watcher, explanation: explanation)
        case .chatCompletions:
            let answer = try ChatAnswer<PatternWatcher>(
                body: body, watcher: watcher, explanation: explanation)
            return JudgedAnswer(body: answer.body, stops: answer.stops, watchers: answer.watchers)
        case .messages:
            return try MessagesAnswer.judge(body, watcher: first, explanation: explanation)
        case .responses:
            return try ResponsesAnswer.judge(
                body, instructions: instructions, watcher: first, explanation: explanation)
        case .embeddings, .moderations, .countTokens:
            return JudgedAnswer(body: try NumbersAnswer.checked(body), stops: [], watchers: [])
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
        let watcher = watcher
        let first = { @Sendable part in watcher(0, part) }
        let chat = AnswerWatch(
            choices: request.choices, watcher: watcher, explanation: explanation)
        let stream: any AnswerStream<PatternWatcher> =
            switch arrival.wire {
            case .messages:
                AnswerGate(MessagesForm(), watcher: first, explanation: explanation)
            case .responses:
                AnswerGate(
                    ResponsesForm(instructions: instructions), watcher: first,
                    explanation: explanation)
            case .completions: CompletionsStream(chat)
            default: chat
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

    /// Takes in what detectors said of `answerTexts`; where the answer must end it appends the end.
    ///
    /// What of an answer has been delivered is not known here: one chat completion ends as where a pattern
    /// stops it, all else with an error.
    ///
    /// - Returns: whether nothing more may be delivered.
    public mutating func end(
        by judged: [Int: DetectorFindings], into output: inout [UInt8]
    ) -> Bool {
        self.judged = judged
        let violations = judged.sorted { $0.key < $1.key }
            .compactMap { choice, findings in
                judge.violation(by: findings).map { (choice, $0) }
            }
        guard let (choice, violation) = violations.first else { return false }
        let explanation = explanation(
            AnswerStop(choice: choice, part: .content, violation: violation))
        if arrival.wire == .chatCompletions, request.choices == 1 {
            output +=
                AnswerEnding(
                    id: "chatcmpl-\(arrival.id)", created: Int(arrival.at.seconds),
                    model: request.model, explanation: explanation
                ).events
        } else {
            output += APIError.refused(explanation).event(in: arrival.wire.dialect)
        }
        return true
    }

    /// The texts of the answer so far, by choice, where they are kept.
    public var answerTexts: [Int: DetectedText] {
        watch.map { Exchange.texts(of: $0.watchers) } ?? answers
    }

    /// The behaviors that detectors look for in an answer.
    public var openInAnswer: Set<BehaviorID> { judge.open }

    /// Whether more of the upstream's bytes are of use.
    public var needsUpstream: Bool { watch?.needsUpstream ?? true }

    /// Whether the model itself has ended its stream: nothing was stopped, and nothing went wrong.
    public var isOverByItself: Bool {
        guard let watch else { return false }
        return watch.state == .complete && watch.stops.isEmpty
    }

    // MARK: What is told

    private static func refusal(
        _ request: any ModelRequest, _ arrival: Arrival, _ record: DecisionRecord, _ text: String,
        _ wording: Wording, _ decision: Decision, asError: Bool
    ) -> Reply {
        let refusal = Refusal(
            id: arrival.id, created: Int(arrival.at.seconds), text: text,
            note: record.note(wording, decision))
        guard !asError, let reply = request.reply(with: refusal) else {
            var error = APIError.refused(text)
            error.note = refusal.note
            return reply(error, arrival.wire, id: arrival.id, headers: record.headers)
        }
        return Reply(
            status: 200,
            headers: record.headers
                + [("content-type", reply.contentType), ("x-should-retry", "false")],
            body: reply.body)
    }

    private var watcher: @Sendable (Int, AnswerPart) -> PatternWatcher {
        let (enforcement, judge, keepsText) = (enforcement, judge, keepsAnswers)
        let endings = judged.compactMapValues(judge.violation(by:))
        return { choice, part in
            PatternWatcher(
                enforcement, judge, part, endingBy: endings[choice], keepsText: keepsText)
        }
    }

    private static func texts(
        of watchers: [(choice: Int, part: AnswerPart, watcher: PatternWatcher)]
    ) -> [Int: DetectedText] {
        Dictionary(grouping: watchers.filter { !$0.watcher.text.isEmpty }, by: \.choice)
            .mapValues { parts in
                let text = Array(
                    parts.map(\.watcher.text).joined(separator: [UInt8(ascii: "\n")]))
                return DetectedText(speaker: .assistant, place: .answer, bytes: text[...])
            }
    }

    /// What the client is told where an answer was stopped.
    private var explanation: @Sendable (AnswerStop<PatternWatcher.Violation>) -> String {
        let (wording, decision, enforcement, decided) = (wording, decision, enforcement, decided)
        return { stop in
            let behavior: BehaviorIndex? =
                switch stop.violation {
                case .match(let pattern): enforcement.exercised[pattern]?.behavior
                case .judged(let behavior): behavior
                case .undetermined, .unwatchable: nil
                }
            guard let behavior else { return "The answer could not be checked any further." }
            return wording.refusal(of: behavior, decided.explained ?? decision)
        }
    }

    private func noting(
        _ stops: [AnswerStop<PatternWatcher.Violation>], _ watchers: [PatternWatcher],
        isModelRefusal: Bool
    ) -> DecisionRecord {
        let patterns = enforcement.patterns.patterns
        let charter = enforcement.policy.charter
        var record = decided
        // A stream that detectors have ended has no stop of its own.
        let violations =
            stops.map(\.violation)
            + (watch == nil ? [] : judged.values.compactMap(judge.violation(by:)))
        var ended: Set<Int> = []
        record.stopped = violations.compactMap { violation in
            switch violation {
            case .match(let pattern):
                ended.insert(pattern)
                return patterns[pattern].behavior.text.string
            case .judged(let index), .undetermined(let index): return charter[index].id.text.string
            case .unwatchable: return nil
            }
        }
        let passed = watchers.reduce(into: Set<Int>()) { $0.formUnion($1.passed) }
        let found = judged.values.flatMap(\.demands).map(\.behavior.text.string)
        let redacted = watchers.reduce(into: Set<Int>()) { $0.formUnion($1.redacted) }
        record.answerRedacted = Set(redacted.map { patterns[$0].behavior }).sorted {
            $0.text < $1.text
        }
        record.passed = Set(passed.map { patterns[$0].behavior.text.string } + found)
            .subtracting(record.stopped).sorted()
        record.answerFindings = DetectorFindings(
            merging: judged.sorted { $0.key < $1.key }.map(\.value))
        if let comparison {
            let answer = comparison.answer(passed.union(ended).union(redacted), judge, enforcement)
            if !answer.isEmpty {
                record.flip =
                    record.flip
                    ?? Candidate.Flip(
                        act: comparison.decision.verdict.act, unmet: [], adjustments: [])
                record.flip?.answer = answer
            }
        }
        let isRefused = isModelRefusal || watchers.contains { $0.isRefusal }
        record.isNeedlessRefusal =
            isRefused && violations.isEmpty && record.decidedAct == .allow
        return record
    }
}
