/// Watches a streamed chat completion: the upstream's bytes go in, what may be delivered comes out.
///
/// Each text of each answer has a watcher of its own, and an event goes on, as it came, when its
/// watcher has cleared its text. Where a watcher tells a violation exactly what stands before it
/// is delivered, then an explanation as `delta.refusal` and `finish_reason: "content_filter"`; the
/// other answers go on. Whatever the upstream does, what is delivered is never half an answer that
/// looks like a whole one: it ends in `[DONE]` or in an error event.
///
/// How the bytes are cut changes nothing: all that is looked at is whole events.
public struct AnswerWatch<Watcher: TextWatcher>: AnswerStream {
    /// Where it stands.
    public typealias State = AnswerState

    /// Where it stands.
    public private(set) var state = State.running
    /// What was stopped, in order.
    public private(set) var stops: [AnswerStop<Watcher.Violation>] = []
    /// What the model's server says that it read and wrote, where it has said so.
    public private(set) var usage: Usage?

    private var events: ServerSentEvents
    private let expectedChoices: Int
    private let mostHeld: Int
    private let makeWatcher: @Sendable (Int, AnswerPart) -> Watcher
    private let explanation: @Sendable (AnswerStop<Watcher.Violation>) -> String
    private var choices: [WatchedChoice<Watcher>] = []
    private var form: ChunkForm?

    /// - Parameters:
    ///   - choices: how many answers the request asked for.
    ///   - eventLimit: the most bytes of one event.
    ///   - heldLimit: the most bytes of events that wait to be cleared.
    ///   - watcher: makes the watcher of a part of an answer.
    ///   - explanation: what the client is told of a stop.
    public init(
        choices: Int,
        eventLimit: Int = 1 << 20,
        heldLimit: Int = 8 << 20,
        watcher: @escaping @Sendable (Int, AnswerPart) -> Watcher,
        explanation: @escaping @Sendable (AnswerStop<Watcher.Violation>) -> String
    ) {
        expectedChoices = choices
        events = ServerSentEvents(limit: eventLimit)
        mostHeld = heldLimit
        makeWatcher = watcher
        self.explanation = explanation
    }

    /// Every watcher there has been, with what it watched.
    public var watchers: [(choice: Int, part: AnswerPart, watcher: Watcher)] {
        @_specialize(where Watcher == PatternWatcher)
        get {
            choices.flatMap { choice in
                choice.lanes.flatMap { lane in
                    lane.watch.watchers.map { (choice.index, lane.part, $0) }
                }
            }
        }
    }

    /// Takes the next bytes from the upstream, and appends what may be delivered.
    @_specialize(where Watcher == PatternWatcher)
    public mutating func push(_ piece: [UInt8], into output: inout [UInt8]) {
        guard state == .running else { return }
        events.push(piece)
        do throws(APIError) {
            while state == .running, let event = try nextEvent() {
                try read(event, into: &output)
            }
        } catch {
            fail(error, into: &output)
        }
    }

    /// The upstream has ended.
    @_specialize(where Watcher == PatternWatcher)
    public mutating func finish(into output: inout [UInt8]) {
        guard state == .running else { return }
        do throws(APIError) { try complete(into: &output) } catch { fail(error, into: &output) }
    }

    /// Something went wrong (the connection broke, time is up): says so, and ends.
    @_specialize(where Watcher == PatternWatcher)
    public mutating func fail(_ error: APIError, into output: inout [UInt8]) {
        guard state == .running else { return }
        let error = error.judged(by: makeWatcher(0, .other("error")))
        output += error.event
        state = .failed(error)
        for choice in choices.indices { choices[choice].forget() }
    }

    private mutating func nextEvent() throws(APIError) -> ServerSentEvents.Event? {
        do {
            return try events.next()
        } catch {
            throw .upstreamMalformed("an event of more than \(error.limit) bytes")
        }
    }

    private mutating func read(
        _ event: ServerSentEvents.Event,
        into output: inout [UInt8]
    ) throws(APIError) {
        if event.data.isEmpty { return }
        if event.data == ChatChunk.done { return try complete(into: &output) }
        let chunk = try read(event)
        if chunk.choices.isEmpty || chunk.isLast { usage = chunk.usage ?? usage }
        if chunk.choices.isEmpty {
            guard choices.contains(where: \.isEdited) else { return chunk.write(to: &output) }
            return chunk.write(to: &output, keepingUsage: true) { _ in }
        }
        for choicePlace in chunk.choices.indices where state == .running {
            let place = place(of: chunk.choices[choicePlace].index)
            try choices[place].read(choicePlace, of: chunk, into: &output)
            if let stopped = choices[place].takeStops() {
                stops += stopped
                choices[place].end(stopped[0], in: chunk, explanation(stopped[0]), &output)
                endIfNobodyIsLeft(into: &output)
            }
        }
        guard choices.reduce(0, { $0 + $1.heldBytes }) <= mostHeld else {
            throw .upstreamMalformed("too much that cannot be judged yet")
        }
    }

    /// Most events repeat the form of the one before.
    private mutating func read(_ event: ServerSentEvents.Event) throws(APIError) -> ChatChunk {
        if let chunk = form?.chunk(event) { return chunk }
        let chunk = try ChatChunk(event)
        if let new = ChunkForm(chunk) { form = new }
        return chunk
    }

    private mutating func place(of index: Int) -> Int {
        if let place = choices.firstIndex(where: { $0.index == index }) { return place }
        let makeWatcher = makeWatcher
        choices.append(WatchedChoice(index: index) { makeWatcher(index, $0) })
        return choices.count - 1
    }

    /// Where the last answer was stopped the upstream has nothing more to say.
    private mutating func endIfNobodyIsLeft(into output: inout [UInt8]) {
        guard choices.count >= expectedChoices, choices.allSatisfy(\.isOver) else { return }
        output += ChatChunk.doneEvent
        state = .complete
    }

    /// The stream's own end. An answer without a `finish_reason` is not whole.
    private mutating func complete(into output: inout [UInt8]) throws(APIError) {
        guard !choices.isEmpty, choices.allSatisfy(\.isOver) else { throw .upstreamCutOff }
        output += ChatChunk.doneEvent
        state = .complete
    }
}
