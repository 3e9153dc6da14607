internal import AsyncHTTPClient
internal import CharterDetection
internal import CharterEngine
internal import CharterGateway
internal import HummingbirdCore
internal import NIOCore

/// Passes a stream of events on as far as detectors have looked at it.
///
/// While one looks the stream is held, for the window at most; then the tier of what is looked for decides
/// whether it ends or flows.
struct JudgedStream {
    private let detectors: DetectorSet
    private let conversation: [DetectedText]
    private let open: Set<BehaviorID>
    private let began = ContinuousClock.now
    private var hold: AnswerHold

    /// While more bytes than this wait the upstream is not read.
    private static let mostHeld = 4 << 20

    private enum Event: Sendable {
        case piece(ByteBuffer)
        case over((any Error)?)
        case looked([Int: DetectorFindings])
        case due
    }

    init(_ detectors: DetectorSet, _ exchange: Exchange) {
        self.detectors = detectors
        conversation = exchange.texts
        open = exchange.openInAnswer
        hold = AnswerHold(window: detectors.window)
    }

    /// Passes all of an answer on.
    ///
    /// - Parameter write: throws where the client is gone.
    mutating func relay(
        _ answer: HTTPClientResponse, _ exchange: inout Exchange, _ usage: inout StreamUsage?,
        write: (ByteBuffer) async throws -> Void
    ) async throws {
        let (events, source) = AsyncStream.makeStream(of: Event.self)
        let (credits, credit) = AsyncStream.makeStream(of: Void.self)
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            group.addTask { await JudgedStream.pump(answer, source, credits) }
            var isOver = false
            var timer: Duration?
            var owesCredit = false
            for await event in events {
                var output: [UInt8] = []
                switch event {
                case .piece(let piece):
                    exchange.push(piece.readableBytesView, into: &output)
                    usage?.push(piece.readableBytesView)
                    isOver = !exchange.needsUpstream
                    owesCredit = true
                case .over(nil):
                    exchange.finish(into: &output)
                    isOver = true
                case .over(let error?):
                    exchange.fail(ModelClient.error(error, hasBegun: true), into: &output)
                    isOver = true
                case .looked(let findings):
                    if exchange.end(by: findings, into: &output) {
                        return try await write(ByteBuffer(bytes: output))
                    }
                    try await deliver(hold.release(), write)
                case .due:
                    timer = nil
                    guard hold.isOverdue(at: now) else { break }
                    if exchange.end(by: detectors.overdue(open), into: &output) {
                        return try await write(ByteBuffer(bytes: output))
                    }
                    try await deliver(hold.releaseOverdue(at: now), write)
                }
                hold.hold(output, at: now)
                if isOver { hold.complete() }
                if hold.ask(at: now) {
                    let (detectors, conversation, open) = (detectors, conversation, open)
                    let texts = exchange.answerTexts
                    group.addTask {
                        source.yield(.looked(await detectors.look(at: texts, conversation, open)))
                    }
                }
                if isOver, hold.isEmpty { return }
                if owesCredit, hold.byteCount < JudgedStream.mostHeld {
                    owesCredit = false
                    credit.yield()
                }
                if let due = hold.due, timer.map({ due < $0 }) ?? true {
                    timer = due
                    let wait = due - now
                    group.addTask {
                        try? await Task.sleep(for: max(wait, .zero))
                        source.yield(.due)
                    }
                }
            }
            // Nothing ends the events but that the client has gone.
            throw CancellationError()
        }
    }

    private var now: Duration { ContinuousClock.now - began }

    private func deliver(_ bytes: [UInt8], _ write: (ByteBuffer) async throws -> Void) async throws
    {
        if !bytes.isEmpty { try await write(ByteBuffer(bytes: bytes)) }
    }

    /// Hands the upstream's pieces over one by one: what nobody has taken yet is not read.
    private static func pump(
        _ answer: HTTPClientResponse, _ events: AsyncStream<Event>.Continuation,
        _ credits: AsyncStream<Void>
    ) async {
        var credits = credits.makeAsyncIterator()
        do {
            for try await piece in answer.body {
                events.yield(.piece(piece))
                guard await credits.next() != nil else { return }
            }
            events.yield(.over(nil))
        } catch {
            events.yield(.over(error))
        }
    }
}
