/// A stream of a model's server that speaks another dialect, translated before it is watched.
struct TranslatedStream<Watcher: TextWatcher>: AnswerStream {
    private var stream: any AnswerStream<Watcher>
    private var events: ServerSentEvents
    private var translated: any TranslatedEvents
    private var bytes: [UInt8] = []

    init(_ stream: any AnswerStream<Watcher>, _ translated: any TranslatedEvents, limit: Int) {
        self.stream = stream
        self.translated = translated
        events = ServerSentEvents(limit: limit)
    }

    var stops: [AnswerStop<Watcher.Violation>] { stream.stops }
    var watchers: [(choice: Int, part: AnswerPart, watcher: Watcher)] { stream.watchers }
    var state: AnswerState { stream.state }
    var usage: Usage? { stream.usage }
    var isModelRefusal: Bool { stream.isModelRefusal }

    mutating func push(_ piece: [UInt8], into output: inout [UInt8]) {
        events.push(piece)
        do throws(APIError) {
            while stream.state == .running, let event = try nextEvent() {
                if event.data.isEmpty { continue }
                bytes.removeAll(keepingCapacity: true)
                try translated.translate(event, to: &bytes)
                stream.push(bytes, into: &output)
            }
        } catch {
            stream.fail(error, into: &output)
        }
    }

    mutating func finish(into output: inout [UInt8]) {
        stream.finish(into: &output)
    }

    mutating func fail(_ error: APIError, into output: inout [UInt8]) {
        stream.fail(error, into: &output)
    }

    private mutating func nextEvent() throws(APIError) -> ServerSentEvents.Event? {
        do {
            return try events.next()
        } catch {
            throw .upstreamMalformed("an event of more than \(error.limit) bytes")
        }
    }
}
