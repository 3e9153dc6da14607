internal import CharterDocuments

/// One of the answers of a stream, while it is being written.
struct WatchedChoice<Watcher: TextWatcher>: Sendable {
    let index: Int
    private(set) var lanes: [AnswerLane<Watcher>] = []
    private(set) var heldBytes = 0

    private enum State {
        case running, finished, stopped
    }

    private let makeWatcher: @Sendable (AnswerPart) -> Watcher
    private var state = State.running
    private var hasRole = false
    /// Whether some of its text was replaced. From then on nothing passes by the watchers: what this
    /// protocol does not know may repeat what was replaced.
    private(set) var isEdited = false
    private var pieceCount = 0
    private var stops: [AnswerStop<Watcher.Violation>] = []

    private static var mostWatchers: Int { 256 }

    init(index: Int, makeWatcher: @escaping @Sendable (AnswerPart) -> Watcher) {
        self.index = index
        self.makeWatcher = makeWatcher
    }

    /// Whether nothing more of it will be delivered.
    var isOver: Bool { state != .running }

    /// Takes what an event adds to this answer, and appends what may be delivered.
    mutating func read(
        _ choicePlace: Int,
        of chunk: ChatChunk,
        into output: inout [UInt8]
    ) throws(APIError) {
        let choice = chunk.choices[choicePlace]
        switch state {
        case .stopped: return
        case .finished where choice.pieces.contains { !$0.isEmpty }:
            throw .upstreamMalformed("text behind the end of an answer")
        case .finished: return pass(choice, in: chunk, into: &output)
        case .running: break
        }
        if choice.pieces.isEmpty, !choice.isLast { return pass(choice, in: chunk, into: &output) }
        let isAlone = chunk.choices.count == 1 && choice.pieces.count == 1
        if !isAlone, !choice.isLast { writeHead(of: choice, in: chunk, into: &output) }
        for piecePlace in choice.pieces.indices {
            let lane = try lane(of: choice.pieces[piecePlace].part)
            let held = AnswerLane<Watcher>.Held(
                chunk,
                choice: choicePlace,
                piece: piecePlace,
                isWholeEvent: isAlone && !choice.isLast,
                number: pieceCount
            )
            pieceCount += 1
            heldBytes += held.size
            if let violation = lanes[lane].push(held) { return stop(lanes[lane].part, violation) }
            guard lanes.reduce(0, { $0 + $1.watch.count }) <= Self.mostWatchers else {
                throw .upstreamMalformed("too many parts of an answer")
            }
        }
        if choice.isLast { return finish(with: choice, in: chunk, into: &output) }
        for lane in lanes.indices {
            while let held = lanes[lane].next() { write(held, into: &output) }
        }
    }

    /// What was stopped by the last event, if anything was.
    mutating func takeStops() -> [AnswerStop<Watcher.Violation>]? {
        defer { stops = [] }
        return stops.isEmpty ? nil : stops
    }

    /// Delivers what stands before a stop, says why, and ends the answer.
    mutating func end(
        _ stop: AnswerStop<Watcher.Violation>,
        in chunk: ChatChunk,
        _ explanation: String,
        _ output: inout [UInt8]
    ) {
        let pieces = lanes.indices.flatMap { lanes[$0].cut() }
        for held in pieces.sorted(by: { $0.number < $1.number }) {
            write(held, isAlone: false, into: &output)
        }
        let hasRefused = lanes.contains { $0.part == .refusal && $0.watch.cleared > 0 }
        chunk.write(index, to: &output) { output in
            if !hasRole { output += #""role":"assistant","#.utf8 }
            output += #""refusal":"#.utf8
            JSONText.append((hasRefused ? "\n\n" : "") + explanation, to: &output)
        }
        chunk.write(index, reason: "content_filter", to: &output) { _ in }
        heldBytes = 0
    }

    /// Lets go of everything that waits.
    mutating func forget() {
        for lane in lanes.indices { _ = lanes[lane].cut() }
        heldBytes = 0
    }

    private mutating func stop(_ part: AnswerPart, _ violation: Watcher.Violation) {
        state = .stopped
        stops = [AnswerStop(choice: index, part: part, violation: violation)]
        // The other texts end here too; as far as they have come they are judged as a whole.
        for lane in lanes.indices {
            for violation in lanes[lane].finish(byModel: false) {
                stops.append(
                    AnswerStop(choice: index, part: lanes[lane].part, violation: violation)
                )
            }
        }
    }

    /// The model has ended the answer: what waits is judged as a whole, and goes before its end.
    private mutating func finish(
        with choice: ChatChunk.Choice,
        in chunk: ChatChunk,
        into output: inout [UInt8]
    ) {
        for lane in lanes.indices {
            for violation in lanes[lane].finish(byModel: true) {
                stops.append(
                    AnswerStop(choice: index, part: lanes[lane].part, violation: violation)
                )
            }
        }
        state = stops.isEmpty ? .finished : .stopped
        guard stops.isEmpty else { return dropCalls() }
        var pieces: [AnswerLane<Watcher>.Held] = []
        for lane in lanes.indices {
            while let held = lanes[lane].next() { pieces.append(held) }
        }
        pieces.sort { $0.number < $1.number }
        isEdited = isEdited || pieces.contains { $0.edits != nil }
        // What the last event itself adds goes with it, as it came.
        for held in pieces where isEdited || held.chunk !== chunk {
            write(held, into: &output)
        }
        pass(choice, in: chunk, into: &output)
        heldBytes = 0
    }

    /// Calls behind what was stopped were never made; models make them behind their texts, by number.
    private mutating func dropCalls() {
        stops.sort { $0.part.place < $1.part.place }
        guard let first = stops.first else { return }
        for lane in lanes.indices
        where lanes[lane].part.isCall && first.part.place <= lanes[lane].part.place {
            lanes[lane].drop()
        }
    }

    private mutating func lane(of part: AnswerPart) throws(APIError) -> Int {
        if let lane = lanes.firstIndex(where: { $0.part == part }) { return lane }
        let makeWatcher = makeWatcher
        lanes.append(AnswerLane(part: part) { makeWatcher(part) })
        return lanes.count - 1
    }

    /// Writes what an event adds to this answer as it came.
    private mutating func pass(
        _ choice: ChatChunk.Choice,
        in chunk: ChatChunk,
        into output: inout [UInt8]
    ) {
        if isEdited {
            writeHead(of: choice, in: chunk, into: &output)
            guard choice.isLast else { return }
            let reason = choice.value["finish_reason"]?.string
            return chunk.write(index, reason: reason, keepingUsage: true, to: &output) { _ in }
        }
        noteRole(of: choice)
        if chunk.choices.count == 1 { return chunk.write(to: &output) }
        chunk.write(to: &output) { $0 += choice.value.raw }
    }

    /// Writes what an event that has to be taken apart adds, besides its texts, that is no text.
    private mutating func writeHead(
        of choice: ChatChunk.Choice,
        in chunk: ChatChunk,
        into output: inout [UInt8]
    ) {
        guard let delta = choice.delta else { return }
        var head: [UInt8] = []
        delta.write(to: &head) { member, head in
            !member.isNull
                && (member.writeIfNamed(["role"], to: &head) || member.writeIfHarmless(to: &head))
        }
        if head.count == 2 { return }
        noteRole(of: choice)
        chunk.write(index, to: &output) { $0 += head.dropFirst().dropLast() }
    }

    /// Writes a piece that is cleared, or what is left of it.
    ///
    /// - Parameter isAlone: whether nothing else of its event goes with it.
    private mutating func write(
        _ held: AnswerLane<Watcher>.Held,
        isAlone: Bool = true,
        into output: inout [UInt8]
    ) {
        heldBytes -= held.size
        let chunk = held.chunk
        isEdited = isEdited || (isAlone && held.edits != nil)
        if held.isWholeEvent, held.edits == nil, !isEdited {
            return pass(held.choice, in: chunk, into: &output)
        }
        let isLastOfEvent =
            isAlone && !isEdited && chunk.choices.count == 1
            && !lanes.contains { $0.isHolding(chunk) }
        if isLastOfEvent { return chunk.writeRest(with: held.piece, to: &output) }
        let bringsRole = held.isWholeEvent && !hasRole && held.choice.delta?.present("role") != nil
        chunk.write(index, to: &output) { output in
            if bringsRole { output += #""role":"assistant","#.utf8 }
            held.piece.writeMember(held.edits, to: &output)
        }
        if bringsRole { hasRole = true }
    }

    private mutating func noteRole(of choice: ChatChunk.Choice) {
        if !hasRole { hasRole = choice.delta?.present("role") != nil }
    }
}
