internal import CharterDetection
internal import CharterDocuments

/// Watches a streamed answer of blocks, as Anthropic's Messages and OpenAI's Responses have it.
///
/// Each text has a watcher of its own, and an event goes on, as it came and in its order, when its
/// watchers have cleared its texts, with what is said in place of some of them. A call is held until it is
/// whole; one that is stopped is not delivered at all, nor is anything behind it. What people read as one text
/// has a watcher of its own, from block to block: models are made to cut their sentences there, as by
/// citations. What would have to be replaced across blocks ends the answer.
struct AnswerGate<Form: AnswerEventForm, Watcher: TextWatcher>: AnswerStream {
    private(set) var state = AnswerState.running
    private(set) var stops: [AnswerStop<Watcher.Violation>] = []

    private(set) var usage: Usage?

    private var form: Form
    private var events: ServerSentEvents
    private var blocks: [Block] = []
    private var spoken: PartWatch<Watcher>
    /// What has replaced something in texts that are whole, and of which part.
    private var replaced: [(part: AnswerPart, watcher: Watcher)] = []
    private var waiting: [Waiting] = []
    private var firstWaiting = 0
    private var heldBytes = 0
    private let mostHeld: Int
    private let makeWatcher: @Sendable (AnswerPart) -> Watcher
    private let explanation: @Sendable (AnswerStop<Watcher.Violation>) -> String

    private static var mostWatchers: Int { 1_024 }
    /// The most texts that are judged each by itself.
    private static var mostTexts: Int { 10_000 }
    private var textCount = 0
    /// What is said in place of texts that were whole when they came, where they are told again.
    private var wholeTexts: [[UInt8]: [UInt8]] = [:]
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
        /// Of what is read from block to block.
        let spoken: PartWatch<Watcher>.Mark?
        /// Whether a text that is whole with it may not be delivered.
        let isStopped: Bool
        /// What is said in place of texts that are whole with it.
        let whole: Redaction
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
        spoken = PartWatch { watcher(.content) }
        self.explanation = explanation
    }

    var isModelRefusal: Bool { form.isModelRefusal }

    var watchers: [(choice: Int, part: AnswerPart, watcher: Watcher)] {
        blocks.flatMap { block in block.watch.watchers.map { (0, block.part, $0) } }
            + spoken.watchers.map { (0, .content, $0) }
            + replaced.map { (0, $0.part, $0.watcher) }
    }

    @_specialize(where Form == MessagesForm, Watcher == PatternWatcher)
    @_specialize(where Form == ResponsesForm, Watcher == PatternWatcher)
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

    @_specialize(where Form == MessagesForm, Watcher == PatternWatcher)
    @_specialize(where Form == ResponsesForm, Watcher == PatternWatcher)
    mutating func finish(into output: inout [UInt8]) {
        fail(.upstreamCutOff, into: &output)
    }

    @_specialize(where Form == MessagesForm, Watcher == PatternWatcher)
    @_specialize(where Form == ResponsesForm, Watcher == PatternWatcher)
    mutating func fail(_ error: APIError, into output: inout [UInt8]) {
        guard state == .running else { return }
        let error = error.judged(by: makeWatcher(.other("error")))
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
        var violatedPlace = place
        var spokenMark: PartWatch<Watcher>.Mark?
        var spokenViolation: Watcher.Violation?
        if let text = event.spoken {
            let (mark, pushed) = spoken.push([("", text)])
            (spokenMark, spokenViolation) = (mark, pushed)
        }
        textCount += event.whole.count
        guard textCount <= Self.mostTexts else {
            throw .upstreamMalformed("too many parts of an answer")
        }
        let (whole, wrong) = judge(event.whole, of: blocks[place].part)
        violation = violation ?? wrong
        waiting.append(
            Waiting(
                event: event, block: place, mark: mark, spoken: spokenMark,
                isStopped: wrong != nil, whole: whole))
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
            violation = violation ?? finish(place)
        } else if event.isLast {
            // What the model has not closed is judged as a whole, too.
            for place in blocks.indices where violation == nil {
                violation = finish(place)
                violatedPlace = place
            }
            spokenViolation = spokenViolation ?? spoken.finish().first
        }
        if let violation { return try stop(violatedPlace, violation, into: &output) }
        if let spokenViolation { return try stop(nil, spokenViolation, into: &output) }
        guard blocks.reduce(0, { $0 + $1.watch.count }) <= Self.mostWatchers else {
            throw .upstreamMalformed("too many parts of an answer")
        }
        while firstWaiting < waiting.count, isCleared(waiting[firstWaiting]) {
            if let (_, violation) = try crossing(waiting[firstWaiting]) {
                return try stop(nil, violation, isCrossing: true, into: &output)
            }
            try write(waiting[firstWaiting], to: &output)
            heldBytes -= waiting[firstWaiting].event.document.source.count
            firstWaiting += 1
        }
        if firstWaiting == waiting.count || firstWaiting > 64 {
            waiting.removeFirst(firstWaiting)
            firstWaiting = 0
        }
        if event.isLast {
            guard waiting.isEmpty else { throw .upstreamMalformed("text behind its end") }
            return complete()
        }
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

    /// Judges texts that are whole, each by itself: what is said in their place, or why they may not be.
    private mutating func judge(
        _ texts: [(path: String, text: ArraySlice<UInt8>)], of part: AnswerPart
    ) -> (Redaction, Watcher.Violation?) {
        var redaction = Redaction()
        for (path, text) in texts {
            var watcher = makeWatcher(part)
            if AnswerPiece.isOfKeys(path) { watcher.forbidEdits() }
            if let violation = watcher.push(text) ?? watcher.finish() {
                return (redaction, violation)
            }
            guard let new = watcher.edits.applied(to: text, at: 0) else { continue }
            replaced.append((part, watcher))
            redaction[text] = new
            wholeTexts[Array(text)] = new
        }
        return (redaction, nil)
    }

    /// A block is whole: what is left of it is judged.
    private mutating func finish(_ place: Int) -> Watcher.Violation? {
        guard !blocks[place].isWhole else { return nil }
        let violations = [blocks[place].violation].compactMap { $0 } + blocks[place].watch.finish()
        // What stands beside goes on being added to.
        blocks[place].isWhole = violations.isEmpty && blocks[place].number != Self.beside
        return violations.first
    }

    private func isCleared(_ held: Waiting) -> Bool {
        let block = blocks[held.block]
        return !block.isCut && !held.isStopped && block.watch.isCleared(held.mark)
            && held.spoken.map(spoken.isCleared) ?? true
            && (!block.part.isCall || block.isWhole)
    }

    /// Writes an event that is cleared, and in it what is said in place of its texts, and of those that
    /// it repeats.
    private mutating func write(
        _ held: Waiting, to output: inout [UInt8]
    ) throws(APIError) {
        let event = held.event
        var redaction = held.whole
        redaction.withoutTokens = true
        for (text, number) in zip(event.texts, 0...) {
            redaction[text.text] = blocks[held.block].watch
                .delivery(of: text.text, number, at: held.mark)
        }
        for said in event.repeats {
            if let (number, path) = said.origin {
                guard let block = blocks.first(where: { $0.number == number }) else { continue }
                redaction[said.text] = block.watch.delivery(repeating: said.text, path: path)
            } else if !wholeTexts.isEmpty {
                redaction[said.text] = wholeTexts[Array(said.text)]
            }
        }
        if redaction.isEmpty { return form.write(event, to: &output) }
        if event.isDelta, let text = event.texts.first?.text, let new = redaction[text] {
            return form.write(event, shortenedTo: new[...], to: &output)
        }
        form.write(try event.replacing(redaction), to: &output)
    }

    /// Where what is read from block to block has to be replaced in an event, and its own texts have not: words
    /// that go over several blocks cannot be.
    private func crossing(
        _ held: Waiting
    ) throws(APIError) -> (place: Int, violation: Watcher.Violation)? {
        guard let mark = held.spoken, let text = held.event.spoken else { return nil }
        let together = spoken.edits(in: text, at: mark)
        if together.isEmpty { return nil }
        let number = held.event.texts.firstIndex { $0.text.startIndex == text.startIndex }
        let watch = blocks[held.block].watch
        let own = number.map { watch.edits(in: text, $0, at: held.mark) } ?? []
        guard
            let place = together.first(where: { edit in
                !own.contains { $0.range.contains(edit.range) }
            })?.range.lowerBound
        else { return nil }
        guard let violation = spoken.violation(replacedAt: place, in: text, at: mark) else {
            throw .upstreamMalformed("words that cannot be replaced")
        }
        return (place, violation)
    }

    // MARK: Ends

    /// The answer ends here: what stands before is delivered, and why.
    ///
    /// - Parameters:
    ///   - place: of the block; nil: what is wrong goes over several.
    ///   - isCrossing: whether it is what cannot be replaced there.
    private mutating func stop(
        _ place: Int?, _ violation: Watcher.Violation, isCrossing: Bool = false,
        into output: inout [UInt8]
    ) throws(APIError) {
        let part = place.map { blocks[$0].part } ?? .content
        stops = [AnswerStop(choice: 0, part: part, violation: violation)]
        // The other texts end here too; as far as they have come they are judged as a whole. A call that is
        // cut off with them has done nothing that could be told.
        for other in blocks.indices where other != place && !blocks[other].part.isCall {
            for violation in blocks[other].watch.finish() {
                let part = blocks[other].part
                stops.append(AnswerStop(choice: 0, part: part, violation: violation))
            }
        }
        let together = spoken.finish()
        if !stops.contains(where: { $0.part == .content }) {
            stops += together.map { AnswerStop(choice: 0, part: .content, violation: $0) }
        }
        for held in waiting[firstWaiting...] {
            let crossing = try crossing(held)
            if isCleared(held), crossing == nil, !held.event.isLast {
                try write(held, to: &output)
                continue
            }
            let left = left(of: held, upTo: crossing?.place ?? .max)
            if !left.isEmpty { form.write(held.event, shortenedTo: left[...], to: &output) }
            blocks[held.block].isCut = true
            if let crossing, !isCrossing {
                let stop = AnswerStop(choice: 0, part: .content, violation: crossing.violation)
                stops.insert(stop, at: 0)
            }
            // What goes on behind it in other blocks is not to be read without it.
            if place == nil || crossing != nil { break }
        }
        form.end(explanation(stops[0]), to: &output)
        complete()
    }

    /// What may be delivered of the text of an event in which the answer ends.
    private func left(of held: Waiting, upTo limit: Int) -> [UInt8] {
        let block = blocks[held.block]
        guard !block.isCut, held.event.isDelta, !block.part.isCall,
            let text = held.event.texts.first?.text
        else { return [] }
        let together = held.spoken.map { spoken.cleared(of: text, at: $0) } ?? text
        let limit = min(limit, together.count)
        return block.watch.delivery(of: text, at: held.mark, upTo: limit) ?? Array(text)
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
