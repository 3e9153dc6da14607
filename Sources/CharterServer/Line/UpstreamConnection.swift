internal import NIOCore
internal import NIOHTTP1

/// Who waits for an answer of a model's server; called on the connection's event loop.
protocol UpstreamReceiver: AnyObject {
    /// The head of the answer.
    func upstreamAnswered(_ head: HTTPResponseHead)
    /// Bytes of its body.
    func upstreamSent(_ bytes: ByteBuffer)
    /// All that has arrived so far has been handed over.
    func upstreamPaused()
    /// The answer is whole.
    func upstreamEnded()
    /// There will be no more of it.
    func upstreamFailed(_ failure: UpstreamFailure)
}

/// Why there is no answer, or no more of it.
enum UpstreamFailure: Error {
    /// Nobody listens there, or no connection came about in time; nothing was sent.
    case unreachable
    /// It was silent for too long.
    case timedOut
    /// The connection ended.
    case broken
    /// What came first over it is no HTTP.
    case notHTTP
    /// The status is none that HTTP knows (RFC 9110, 15), or one that was not asked for.
    case notAStatus
}

extension UpstreamFailure {
    /// Whether another server may be asked, where no answer has begun: what came was no answer in part.
    var isRetried: Bool {
        switch self {
        case .unreachable, .timedOut, .broken: true
        case .notHTTP, .notAStatus: false
        }
    }
}

/// A connection to a model's server, with one request at a time; on its event loop alone.
///
/// One that is idle stays readable, so that its end is seen at once. An answer that comes without a
/// question, or before the question is out, ends it.
final class UpstreamConnection: ChannelDuplexHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundIn = HTTPClientRequestPart
    typealias OutboundOut = HTTPClientRequestPart

    let address: UpstreamTarget.Address
    /// Since when it waits for a request.
    private(set) var idleSince = NIODeadline.now()
    private let pool: UpstreamPool
    private var context: ChannelHandlerContext?
    private var receiver: (any UpstreamReceiver)?
    private var stage = Stage.idle
    /// Whether another request may follow this one.
    private var staysOpen = false
    private var isWritten = false

    private var silence = TimeAmount.seconds(0)
    private var firstSilence = TimeAmount.seconds(0)
    private var lastActivity = NIODeadline.now()
    private var timer: Scheduled<Void>?

    private var isHeldBack = false
    private var owesRead = false

    private enum Stage: Equatable {
        case idle
        /// For the head of an answer.
        case waits
        case reads
        /// Nobody wants the rest of the answer, of which so many bytes are dropped.
        case drops(Int)
        case closed
    }

    /// The most that is read of an answer that nobody wants, so that the connection can be used again.
    private static let mostDropped = 4_096
    private static let longestDrop = TimeAmount.milliseconds(500)

    init(_ address: UpstreamTarget.Address, _ pool: UpstreamPool) {
        self.address = address
        self.pool = pool
    }

    /// Whether it may be given a request.
    var isIdle: Bool { stage == .idle && context?.channel.isActive ?? false }

    /// Sends a request; what is answered goes to the receiver.
    func send(
        _ head: HTTPRequestHead, _ body: [UInt8], of target: UpstreamTarget,
        to receiver: any UpstreamReceiver
    ) {
        guard isIdle, let context else { return receiver.upstreamFailed(.broken) }
        self.receiver = receiver
        let lastSilence = silence
        silence = target.silence
        firstSilence = target.firstSilence
        stage = .waits
        isWritten = false
        lastActivity = .now()
        // A timer is kept from one request to the next, unless it may come too late for this one.
        if timer == nil || firstSilence != lastSilence {
            timer?.cancel()
            arm(firstSilence)
        }
        let written = context.eventLoop.makePromise(of: Void.self)
        written.futureResult.assumeIsolated().whenSuccess { self.isWritten = true }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        let bytes = context.channel.allocator.buffer(bytes: body)
        context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: written)
    }

    /// Nobody wants the answer any more: ends the connection, and with it the model's work.
    func abandon() {
        receiver = nil
        close()
    }

    /// Nobody wants the rest of an answer that says itself that it is over.
    func drop() {
        receiver = nil
        switch stage {
        case .reads: stage = .drops(0)
        case .waits: close()
        case .idle, .drops, .closed: break
        }
    }

    /// Whether more is read; where not the server is slowed down.
    func reads(_ isWanted: Bool) {
        isHeldBack = !isWanted
        if isWanted, owesRead {
            owesRead = false
            lastActivity = .now()
            context?.read()
        }
    }

    private func close() {
        guard stage != .closed else { return }
        stage = .closed
        context?.close(promise: nil)
    }

    private func fail(_ failure: UpstreamFailure) {
        let receiver = receiver
        self.receiver = nil
        close()
        receiver?.upstreamFailed(failure)
    }

    // MARK: Time

    /// The timer is not moved with each byte: where it comes too early it is set again.
    private func arm(_ time: TimeAmount) {
        timer = context?.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            self?.look()
        }
    }

    private func look() {
        timer = nil
        guard stage == .waits || stage == .reads else { return }
        let left = lastActivity + (stage == .waits ? firstSilence : silence) - .now()
        if left > .nanoseconds(0) { arm(left) } else { fail(.timedOut) }
    }

    // MARK: The channel

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func read(context: ChannelHandlerContext) {
        if isHeldBack { owesRead = true } else { context.read() }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastActivity = .now()
        switch (unwrapInboundIn(data), stage) {
        case (_, .closed): return
        case (.head(let head), .waits):
            guard head.status.code >= 200 else { return fail(.notAStatus) }
            staysOpen = head.isKeepAlive
            stage = .reads
            receiver?.upstreamAnswered(head)
        case (.body(let bytes), .reads): receiver?.upstreamSent(bytes)
        case (.body(let bytes), .drops(let count)):
            let count = count + bytes.readableBytes
            if count > Self.mostDropped { close() } else { stage = .drops(count) }
        case (.end, .reads), (.end, .drops): end()
        default: fail(.broken)
        }
    }

    private func end() {
        let receiver = receiver
        self.receiver = nil
        if staysOpen, isWritten {
            stage = .idle
            idleSince = lastActivity
            isHeldBack = false
            pool.keep(self)
        } else {
            close()
        }
        receiver?.upstreamEnded()
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        receiver?.upstreamPaused()
        guard case .drops = stage else { return }
        context.eventLoop.assumeIsolated().scheduleTask(in: Self.longestDrop) { [weak self] in
            if case .drops? = self?.stage { self?.close() }
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        pool.forget(self)
        fail(.broken)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(stage == .waits && error is HTTPParserError ? .notHTTP : .broken)
    }
}
