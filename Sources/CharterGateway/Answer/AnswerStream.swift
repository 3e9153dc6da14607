/// A streamed answer under watch, of any protocol: the upstream's bytes go in, what may be delivered comes
/// out.
///
/// Exactly what stands before a violation is delivered, then the answer ends in the protocol's own way.
/// Whatever the upstream does, what is delivered is never half an answer that looks like a whole one. How
/// the bytes are cut changes nothing: all that is looked at is whole events.
public protocol AnswerStream<Watcher>: Sendable {
    /// What looks at each text.
    associatedtype Watcher: TextWatcher

    /// What was stopped, in order.
    var stops: [AnswerStop<Watcher.Violation>] { get }
    /// Every watcher there has been, with what it watched.
    var watchers: [(choice: Int, part: AnswerPart, watcher: Watcher)] { get }
    /// Where it stands.
    var state: AnswerState { get }
    /// Whether the model's server has said, in the protocol's own way, that the model refuses.
    var isModelRefusal: Bool { get }
    /// What the model's server says that it read and wrote, where it has said so.
    var usage: Usage? { get }

    /// Takes the next bytes from the upstream, and appends what may be delivered.
    mutating func push(_ piece: [UInt8], into output: inout [UInt8])
    /// The upstream has ended.
    mutating func finish(into output: inout [UInt8])
    /// Something went wrong (the connection broke, time is up): says so, and ends.
    mutating func fail(_ error: APIError, into output: inout [UInt8])
}

/// Where the watch over a streamed answer stands.
public enum AnswerState: Sendable, Equatable {
    /// It waits for more of the answer.
    case running
    /// Everything has been said, the protocol's own end included.
    case complete
    /// The error has been said; the connection has to be closed behind it.
    case failed(APIError)
}

extension AnswerStream {
    /// Whether more of the upstream's bytes are of use; where not it may be cancelled.
    public var needsUpstream: Bool { state == .running }

    /// Where the protocol has no other word for it than the refusal itself.
    public var isModelRefusal: Bool { false }
}
