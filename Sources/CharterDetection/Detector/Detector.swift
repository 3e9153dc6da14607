public import CharterEngine

/// Tells which behaviors texts exercise, however it comes to know: by patterns, by a service or by a
/// model.
///
/// What does I/O conforms in the server. A detector only ever adds to what others found: what one of
/// them has seen, none can unsee.
public protocol Detector: Sendable {
    /// What records, logs and counts call it.
    var name: String { get }
    /// The cheap ones are asked first.
    var cost: DetectorCost { get }
    /// What it can look for.
    var behaviors: Set<BehaviorID> { get }
    /// Everything that its answers depend on beside texts and behaviors: two that agree in it answer alike.
    var identity: [UInt8] { get }

    /// Looks for behaviors in texts that stand in one request, in their order.
    ///
    /// - Parameter within: how long anybody waits for the answer.
    /// - Returns: what is exercised; what is not among it is not.
    func detect(
        _ texts: [DetectedText], for behaviors: [BehaviorID], within: Duration
    ) async throws(DetectorFailure) -> [Detection]
}

/// What asking a detector takes, by its order of magnitude.
public enum DetectorCost: Int, Comparable, Sendable {
    /// Microseconds, in the process itself.
    case local
    /// Milliseconds: a classifier somewhere.
    case service
    /// Seconds: a model that reads and writes.
    case model

    /// The order in which detectors are asked.
    public static func < (left: DetectorCost, right: DetectorCost) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// A text to be looked at, with whose word it is and where it stands.
public struct DetectedText: Hashable, Sendable {
    /// Where a text stands.
    public enum Place: String, Sendable {
        /// In what a model is to read.
        case request
        /// In what it wrote.
        case answer
    }

    /// Whose word it is.
    public var speaker: Speaker
    /// Where it stands.
    public var place: Place
    /// UTF-8.
    public var bytes: ArraySlice<UInt8>
    /// Whether it is JSON, whose escapes a reader takes for what they stand for.
    public var isJSON: Bool

    /// A text; unsaid: of a request, and no JSON.
    public init(
        speaker: Speaker, place: Place = .request, bytes: ArraySlice<UInt8>, isJSON: Bool = false
    ) {
        self.speaker = speaker
        self.place = place
        self.bytes = bytes
        self.isJSON = isJSON
    }
}

/// A behavior that a text exercises.
public struct Detection: Hashable, Sendable {
    /// Which behavior.
    public var behavior: BehaviorID
    /// The value that is called for; nil: the one of the highest rank.
    public var value: Text?
    /// Whether it is asked for in so many words.
    public var isAsked: Bool
    /// Whether it makes a duty owed, and calls for no value.
    public var isTriggered: Bool
    /// The number of the text that exercises it, from 0.
    public var text: Int
    /// The bytes of the text that show it, where the detector can tell.
    public var span: Range<Int>?
    /// How sure the detector is, from 0 to 1, where it says.
    public var score: Double?

    /// A behavior that is exercised in a text; unsaid: at its highest value, not asked for, no trigger.
    public init(
        _ behavior: BehaviorID, value: Text? = nil, isAsked: Bool = false,
        isTriggered: Bool = false, text: Int, span: Range<Int>? = nil, score: Double? = nil
    ) {
        self.behavior = behavior
        self.value = value
        self.isAsked = isAsked
        self.isTriggered = isTriggered
        self.text = text
        self.span = span
        self.score = score
    }
}

/// Why a detector gave no answer; nothing of any text is in it.
public enum DetectorFailure: String, Error, Hashable, Sendable {
    /// It cannot be asked, or answered with an error.
    case unreachable
    /// Its answer was not there in time.
    case late
    /// What it answered is outside of the schema.
    case outOfSchema = "out_of_schema"
    /// There is more text than it takes.
    case tooLarge = "too_large"
    /// The request's budget was used up before it was asked.
    case outOfBudget = "out_of_budget"
}

/// What became of asking one detector.
public struct DetectorReport: Sendable {
    /// The detector's name.
    public var detector: String
    /// What it was to look for.
    public var behaviors: [BehaviorID]
    /// What it found, or why it did not look.
    public var outcome: Result<[Detection], DetectorFailure>
    /// How long it took.
    public var duration: Duration

    /// What one detector came to.
    public init(
        detector: String, behaviors: [BehaviorID],
        outcome: Result<[Detection], DetectorFailure>, duration: Duration
    ) {
        self.detector = detector
        self.behaviors = behaviors
        self.outcome = outcome
        self.duration = duration
    }

    /// What it found; nothing where it did not look.
    public var found: [Detection] { (try? outcome.get()) ?? [] }
    /// Why it did not look; nil where it did.
    public var failure: DetectorFailure? {
        if case .failure(let failure) = outcome { failure } else { nil }
    }
}
