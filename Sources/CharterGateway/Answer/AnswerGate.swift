internal import CharterDocuments

/// Watches a streamed answer of blocks, as Anthropic's Messages and OpenAI's Responses have it.
///
/// Each text has a watcher of its own, and an event goes on, as it came and in its order, when its
/// watchers have cleared its texts, with what is said in place of some of them. A call is held until it is whole; one that is stopped is not delivered at
/// all, nor is anything behind it.
struct AnswerGate<Form: AnswerEventForm, Watcher: TextWatcher>: AnswerStream {
    private(set) var state = AnswerState.running
    private(set) var stops: [AnswerStop<Watcher.Violation>] = []

    private(set) var usage: Usage?

    private var form: Form
    private var events: ServerSentEvents
    private var blocks: [Block] = []
    private var waiting: [Waiting] = []
    private var firstWaiting = 0
    private var heldBytes = 0
    private let mostHeld: Int
    private let makeWatcher: @Sendable (AnswerPart) -> Watcher
    private let explanation: @Sendable (AnswerStop<Watcher.Violation>) -> String

    private static var mostWatchers: Int { 1_024 }
    /// The number of what stands beside all blocks.
    private static var beside: Int { -1 }

    private struct Block {
        let number: Int
        let part: AnswerPart
        var watch: PartWatch<Watcher>
        /// Why a call that is not whole yet will be dropped.
        var violation: Watcher.Violation?
        var isWhole = false
        /// Where the answer was stopped in it: nothing more of it goes on.
        var isCut = false
    }

    private struct Waiting {
        let event: AnswerEvent
        let block: Int
        let mark: PartWatch<Watcher>.Mark
    }

    /// - Parameters:
    ///   - form: the protocol.
    ///   - eventLimit: the most bytes of one event.
    ///   - heldLimit: the most bytes of events that wait to be cleared.
    ///   - watcher: makes the watcher of a part of an answer.
    ///   - explanation: what the client is told of a stop.
    init(
        _ form: Form, eventLimit: Int = 4 << 20, heldLimit: Int = 8 << 20,
        watcher: @escaping @Sendable (AnswerPart) -> Watcher,
        explanation: @escaping @Sendable (AnswerStop<Watcher.Violation>) -> String
    ) {
        self.form = form
        events = ServerSentEvents(limit: eventLimit)
        mostHeld = heldLimit
        makeWatcher = watcher
        self.explanation = explanation
    }

    var isModelRefusal: Bool { form.isModelRefusal }

    var watchers: [(choice: Int, part: AnswerPart, watcher: Watcher)] {
        blocks.flatMap { block in block.watch.watchers.map { (0, block.part, $0) } }
    }

    mutating func push(_ piece: [UInt8], into output: inout [UInt8]) {
        guard state == .running else { return }
        events.push(piece)
        do throws(APIError) {
            while state == .running, let event = try nextEvent() {
                if event.data.isEmpty || event.data == ChatChunk.done { continue }
                try take(try form.read(event), into: &output)
            }
        } catch {
            fail(error, into: &output)
        }
    }

    mutating func finish(into output: inout [UInt8]) {
        fail(.upstreamCutOff, into: &output)
    }

    mutating func fail(_ error: APIError, into output: inout [UInt8]) {
        guard state == .running else { return }
        output += form.error(error)
        state = .failed(error)
        forget()
    }

    // MARK: Events

    private mutating func nextEvent() throws(APIError) -> ServerSentEvents.Event? {
        do {
            return try events.next()
        } catch {
            throw .upstreamMalformed("an event of more than \(error.limit) bytes")
        }
    }

    private mutating func take(
        _ event: AnswerEvent, into output: inout [UInt8]
    ) throws(APIError) {
        if event.hasUsage, let said = Usage(of: event.document.root) {
            usage =
                usage.map { usage in
                    var usage = usage
                    usage.formUnion(said)
                    return usage
                } ?? said
        }
        if event.isUrgent { return form.write(event, to: &output) }
        let place = try place(of: event)
        let (mark, pushed) = blocks[place].watch.push(event.texts)
        var violation = pushed
        waiting.append(Waiting(event: event, block: place, mark: mark))
        heldBytes += event.document.source.count
        if let path = event.finished {
            violation = violation ?? blocks[place].watch.finish(path: path)
        }
        if blocks[place].part.isCall {
            // What is wrong with a call is told when it is whole: none of it has been delivered.
            blocks[place].violation = blocks[place].violation ?? violation
            violation = nil
        }
        if case .stops = event.change {
            violation = violation ?? whole(place)
        } else if event.isLast {
            // What the model has not closed is judged as a whole, too.
            for place in blocks.indices { violation = violation ?? whole(place) }
        }
        if let violation {
            return try stop(place, violation, into: &output)
        }
        guard blocks.reduce(0, { $0 + $1.watch.count }) <= Self.mostWatchers else {
            throw .upstreamMalformed("too many parts of an answer")
        }
        while firstWaiting < waiting.count, isCleared(waiting[firstWaiting]) {
            try write(waiting[firstWaiting], to: &output)
            heldBytes -= waiting[firstWaiting].event.document.source.count
            firstWaiting += 1
        }
        if firstWaiting == waiting.count || firstWaiting > 64 {
            waiting.removeFirst(firstWaiting)
            firstWaiting = 0
        }
        if event.isLast { return complete() }
        guard heldBytes <= mostHeld else {
            throw .upstreamMalformed("too much that cannot be judged yet")
        }
    }

    private mutating func place(of event: AnswerEvent) throws(APIError) -> Int {
        let number = event.block ?? Self.beside
        if let place = blocks.firstIndex(where: { $0.number == number }) {
            if case .starts = event.change {
                throw .upstreamMalformed("a block that begins twice")
            }
            guard !blocks[place].isWhole else {
                throw .upstreamMalformed("text behind the end of a block")
            }
            return place
        }
        let part: AnswerPart
        if case .starts(let started) = event.change {
            part = started
        } else if event.block == nil {
            part = .other("")
        } else {
            throw .upstreamMalformed("a block that has not begun")
        }
        let makeWatcher = makeWatcher
        blocks.append(
            Block(number: number, part: part, watch: PartWatch { makeWatcher(part) }))
        return blocks.count - 1
    }

    /// A block is whole: what is left of it is judged.
    private mutating func whole(_ place: Int) -> Watcher.Violation? {
        guard !blocks[place].isWhole else { return nil }
        let violations = [blocks[place].violation].compactMap { $0 } + blocks[place].watch.finish()
        // What stands beside goes on being added to.
        blocks[place].isWhole = violations.isEmpty && blocks[place].number != Self.beside
        return violations.first
    }

    private func isCleared(_ held: Waiting) -> Bool {
        let block = blocks[held.block]
        return !block.isCut && block.watch.isCleared(held.mark)
            && (!block.part.isCall || block.isWhole)
    }

    /// Writes an event that is cleared, and in it what is said in place of its texts, and of those that
    /// it repeats.
    private mutating func write(
        _ held: Waiting, to output: inout [UInt8]
    ) throws(APIError) {
        let event = held.event
        var redaction = Redaction()
        redaction.withoutTokens = true
        for (text, number) in zip(event.texts, 0...) {
            redaction[text.text] = blocks[held.block].watch
                .delivery(of: text.text, number, at: held.mark)
        }
        for said in event.repeats {
            guard let block = blocks.first(where: { $0.number == said.block }) else { continue }
            redaction[said.text] = block.watch.delivery(repeating: said.text, path: said.path)
        }
        if redaction.isEmpty { return form.write(event, to: &output) }
        if event.isDelta, let text = event.texts.first?.text, let new = redaction[text] {
            return form.write(event, shortenedTo: new[...], to: &output)
        }
        form.write(try event.replacing(redaction), to: &output)
    }

    // MARK: Ends

    /// The answer ends here: what stands before is delivered, and why.
    private mutating func stop(
        _ place: Int, _ violation: Watcher.Violation, into output: inout [UInt8]
    ) throws(APIError) {
        stops = [AnswerStop(choice: 0, part: blocks[place].part, violation: violation)]
        // The other texts end here too; as far as they have come they are judged as a whole. A call that is
        // cut off with them has done nothing that could be told.
        for other in blocks.indices where other != place && !blocks[other].part.isCall {
            for violation in blocks[other].watch.finish() {
                let part = blocks[other].part
                stops.append(AnswerStop(choice: 0, part: part, violation: violation))
            }
        }
        for held in waiting[firstWaiting...] {
            if isCleared(held), !held.event.isLast {
                try write(held, to: &output)
                continue
            }
            if !blocks[held.block].isCut, held.event.isDelta, !blocks[held.block].part.isCall,
                let text = held.event.texts.first?.text
            {
                let watch = blocks[held.block].watch
                let left = watch.delivery(of: text, at: held.mark) ?? Array(text)
                if !left.isEmpty {
                    form.write(held.event, shortenedTo: left[...], to: &output)
                }
            }
            blocks[held.block].isCut = true
        }
        form.end(explanation(stops[0]), to: &output)
        complete()
    }

    private mutating func complete() {
        state = .complete
        forget()
    }

    private mutating func forget() {
        waiting = []
        firstWaiting = 0
        heldBytes = 0
    }
}
