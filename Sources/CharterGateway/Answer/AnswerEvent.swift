internal import CharterDocuments

/// What one event adds to an answer of blocks, as its protocol reads it.
struct AnswerEvent: Sendable {
    /// The event's type.
    let type: String
    /// Its data.
    private(set) var document: JSONDocument
    /// The number of the block that it belongs to; nil: it stands beside them.
    var block: Int?
    /// What becomes of the block.
    var change = Change.none
    /// The texts that it adds, each to those of its path in the block.
    var texts: [(path: String, text: ArraySlice<UInt8>)] = []
    /// The texts in it that repeat what was added before, in whichever block.
    var repeats: [Repeat] = []
    /// The path whose text is over with it.
    var finished: String?
    /// Texts that are whole with it, and continue none; a path tells whether one is of keys.
    var whole: [(path: String, text: ArraySlice<UInt8>)] = []
    /// What of the texts people read as one text, from block to block: clients put it together.
    var spoken: ArraySlice<UInt8>?
    /// Whether its one text may be written anew: where the answer is stopped in it, or some of it replaced.
    var isDelta = false
    /// Whether it goes on at once, whatever waits.
    var isUrgent = false
    /// Whether the answer is whole with it.
    var isLast = false
    /// Whether it may say what was read and written.
    var hasUsage: Bool { isLast || type == "message_start" || type == "message_delta" }

    /// What becomes of a block.
    enum Change: Sendable {
        case none
        /// It begins, as this part of the answer.
        case starts(AnswerPart)
        /// It is whole.
        case stops
    }

    /// A text that was said before.
    struct Repeat: Sendable {
        let text: ArraySlice<UInt8>
        /// The path of a block under which all of it was added; nil: it was whole.
        let origin: (block: Int, path: String)?
    }

    init(_ type: String, _ document: JSONDocument) {
        self.type = type
        self.document = document
    }

    /// The event with what is said in place of some of its texts.
    func replacing(_ redaction: Redaction) throws(APIError) -> AnswerEvent {
        var data: [UInt8] = []
        redaction.write(document.root, to: &data)
        var event = self
        do { event.document = try JSONDocument(data) } catch {
            throw .upstreamMalformed("\(error)")
        }
        return event
    }
}

/// A protocol whose streamed answers are events with a type, in blocks: texts, thoughts, calls.
///
/// It remembers what was delivered, so that it can end an answer that is stopped.
protocol AnswerEventForm: Sendable {
    /// Whether the model's server has said that the model refuses.
    var isModelRefusal: Bool { get }
    /// Reads an event.
    ///
    /// - Throws: the upstream's own error where it tells one, else why this is no event of the protocol.
    mutating func read(_ event: ServerSentEvents.Event) throws(APIError) -> AnswerEvent
    /// Writes an event as it came.
    mutating func write(_ event: AnswerEvent, to output: inout [UInt8])
    /// Writes an event with what is left, or said in place, of its one text.
    mutating func write(
        _ event: AnswerEvent, shortenedTo text: ArraySlice<UInt8>, to output: inout [UInt8])
    /// Ends an answer that is stopped: what is open is closed, and the explanation is given.
    mutating func end(_ explanation: String, to output: inout [UInt8])
    /// An error behind which the stream ends.
    func error(_ error: APIError) -> [UInt8]
}
