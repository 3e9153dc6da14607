internal import CharterGateway
internal import NIOCore
internal import NIOHTTP1

/// A client's connection: calls of a model are answered here, on the event loop; every other request goes
/// on to the router.
///
/// Requests are answered one after the other, in their order, whoever answers them: what comes while one is
/// being answered waits, and where more than a little waits, nothing more is read.
final class ConnectionHandler: ChannelDuplexHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let inForce: InForce
    private let shared: LoopShare
    private var context: ChannelHandlerContext?
    private var state = State.idle
    /// What has come of the body of a call.
    private var body = ByteBuffer()
    /// Whether another request may follow the one that is being answered.
    private var staysOpen = true
    /// The version that the client speaks: one that knows no chunks gets none.
    private var version = HTTPVersion.http1_1
    /// The server is ending.
    private var isQuiescing = false

    private var queue = CircularBuffer<HTTPServerRequestPart>()
    private var queuedBytes = 0
    private var isResuming = false
    private var owesRead = false

    private var lastActivity = NIODeadline.now()
    private var timer: Scheduled<Void>?

    private enum State {
        case idle
        /// The router has a request.
        case elsewhere(isRead: Bool, isAnswered: Bool)
        /// The body of a call is being read.
        case reads(LineCall)
        /// The request was answered before its body was there, of which so many bytes are dropped.
        case drops(Int, since: NIODeadline)
        case answers(LineExchange)
        /// The last answer is on its way.
        case closes
    }

    /// How long a connection may say nothing while a request is awaited or being read.
    static let idleTimeout = TimeAmount.seconds(60)
    /// How long the body of a request may take.
    static let bodyTimeout = TimeAmount.seconds(120)
    /// How long a stream is silent before it says that it is still there.
    static let keepAliveInterval = TimeAmount.seconds(15)
    private static let keepAlive = Array(": keep-alive\n\n".utf8)
    /// What may wait behind a request.
    private static let mostQueued = 64 << 10
    /// The most that is read of a body that nobody wants, so that its sender gets to read why.
    private static let mostDropped = 128 << 20
    private static let longestDrop = TimeAmount.seconds(30)

    init(_ inForce: InForce, _ shared: LoopShare) {
        self.inForce = inForce
        self.shared = shared
    }

    // MARK: Requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        lastActivity = .now()
        let part = unwrapInboundIn(data)
        guard !queue.isEmpty || hasToWait else { return take(part, context) }
        queue.append(part)
        if case .body(let bytes) = part {
            queuedBytes += bytes.readableBytes
        } else {
            queuedBytes += 256
        }
    }

    private var hasToWait: Bool {
        switch state {
        case .answers, .elsewhere(isRead: true, _): true
        default: false
        }
    }

    private func take(_ part: HTTPServerRequestPart, _ context: ChannelHandlerContext) {
        switch (state, part) {
        case (.idle, .head(let head)): begin(head, context)
        case (.idle, _), (.closes, _), (.answers, _): break
        case (.elsewhere(_, let isAnswered), .end):
            state = isAnswered ? .idle : .elsewhere(isRead: true, isAnswered: false)
            context.fireChannelRead(wrapInboundOut(part))
        case (.elsewhere, _): context.fireChannelRead(wrapInboundOut(part))
        case (.reads(let call), .body(let bytes)):
            let limit = call.server.bodyLimit
            guard body.readableBytes + bytes.readableBytes <= limit else {
                return refuse(call, GatewayServer.tooLarge(limit))
            }
            if body.readableBytes == 0 { body = bytes } else { body.writeImmutableBuffer(bytes) }
        case (.reads(let call), .end):
            let exchange = LineExchange(call, self, shared.pool)
            state = .answers(exchange)
            let bytes = Array(body.readableBytesView)
            body = ByteBuffer()
            exchange.start(bytes, on: context.eventLoop)
        case (.reads, .head), (.drops, .head): close()
        case (.drops(let count, let since), .body(let bytes)):
            state = .drops(count + bytes.readableBytes, since: since)
            if count + bytes.readableBytes > Self.mostDropped { close() }
        case (.drops, .end):
            guard staysOpen, !isQuiescing else { return close() }
            state = .idle
            resume()
        }
    }

    private func begin(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let server = inForce.current.server
        // Where detectors are to be awaited it is the router that waits.
        guard server.detectors == nil, let wire = LineCall.wire(of: head) else {
            state = .elsewhere(isRead: false, isAnswered: false)
            return context.fireChannelRead(wrapInboundOut(.head(head)))
        }
        version = head.version
        staysOpen = head.isKeepAlive && head.version == .http1_1 && !isQuiescing
        let id = GatewayServer.newID()
        let expectsGoing =
            head.version == .http1_1
            && head.headers.first(name: "expect")?.lowercased() == "100-continue"
        let observation = Observation(server.telemetry, wire, head, id: id)
        do throws(APIError) {
            let call = try server.admit(head, wire, id, observation, at: lastActivity)
            if expectsGoing {
                context.writeAndFlush(
                    wrapOutboundOut(.head(.init(version: .http1_1, status: .continue))),
                    promise: nil)
            }
            state = .reads(call)
        } catch {
            let reply = ConnectionHandler.reply(error, wire, id, observation)
            guard expectsGoing else { return answerEarly(reply) }
            // Who waits for leave may send the body or not: where the next request begins is not known.
            staysOpen = false
            self.reply(reply)
        }
    }

    private func refuse(_ call: LineCall, _ error: APIError) {
        body = ByteBuffer()
        answerEarly(ConnectionHandler.reply(error, call.wire, call.id, call.observation))
    }

    /// Refuses before deciding, and notes it.
    private static func reply(
        _ error: APIError, _ wire: WireProtocol, _ id: String, _ observation: Observation
    ) -> Exchange.Reply {
        let reply = GatewayServer.reply(error, wire, id, nil)
        observation.note { report in
            report.note(error)
            report.status = reply.status
        }
        return reply
    }

    /// Answers before the request is whole. What is left of it is read and dropped: a connection that is
    /// closed with bytes unread may take its last answer with it.
    private func answerEarly(_ reply: Exchange.Reply) {
        writeWhole(reply)
        context?.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        state = .drops(0, since: .now())
    }

    /// Goes on with what has waited.
    private func resume() {
        guard !isResuming, let context else { return }
        isResuming = true
        while !hasToWait, let part = queue.popFirst() { take(part, context) }
        isResuming = false
        // What stands behind takes what it was given when reading is complete.
        if case .elsewhere = state { context.fireChannelReadComplete() }
        guard queue.isEmpty else { return }
        queuedBytes = 0
        if owesRead {
            owesRead = false
            context.read()
        }
    }

    func read(context: ChannelHandlerContext) {
        if queuedBytes > Self.mostQueued { owesRead = true } else { context.read() }
    }

    // MARK: Answers of an exchange

    /// Whether the client takes bytes as fast as they come.
    var isWritable: Bool { context?.channel.isWritable ?? false }

    /// Answers, whole.
    func reply(_ reply: Exchange.Reply) {
        writeWhole(reply)
        end()
    }

    private func writeWhole(_ reply: Exchange.Reply) {
        guard let context else { return }
        var fields = reply.headers
        fields.append(("content-length", String(reply.body.count)))
        write(.init(statusCode: reply.status), fields)
        if !reply.body.isEmpty {
            let bytes = context.channel.allocator.buffer(bytes: reply.body)
            context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
        }
    }

    /// Begins an answer of events.
    func beginEvents(_ headers: [(name: String, value: String)]) {
        write(
            .ok, headers + [("content-type", "text/event-stream"), ("cache-control", "no-cache")])
    }

    private func write(
        _ status: HTTPResponseStatus, _ fields: [(name: String, value: String)]
    ) {
        var headers = HTTPHeaders(fields.map { ($0.name, $0.value) })
        headers.add(name: "date", value: shared.date.now())
        if !staysOpen { headers.add(name: "connection", value: "close") }
        let head = HTTPResponseHead(version: version, status: status, headers: headers)
        context?.write(wrapOutboundOut(.head(head)), promise: nil)
    }

    /// Writes bytes of an answer; they go out with the next ``flush()``.
    func write(_ bytes: [UInt8]) {
        guard let context else { return }
        lastActivity = .now()
        let bytes = context.channel.allocator.buffer(bytes: bytes)
        context.write(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    }

    /// Sends what was written.
    func flush() { context?.flush() }

    /// Ends an answer.
    func end() {
        guard let context else { return }
        lastActivity = .now()
        if staysOpen, !isQuiescing {
            state = .idle
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
            resume()
        } else {
            state = .closes
            let sent = context.eventLoop.makePromise(of: Void.self)
            sent.futureResult.assumeIsolated().whenComplete { _ in self.close() }
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
        }
    }

    private func close() {
        state = .closes
        context?.close(promise: nil)
    }

    // MARK: Answers of the router

    func write(
        context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?
    ) {
        guard case .end = unwrapOutboundIn(data), case .elsewhere(let isRead, _) = state else {
            return context.write(data, promise: promise)
        }
        lastActivity = .now()
        if isQuiescing {
            state = .closes
            context.writeAndFlush(data, promise: promise)
            return context.close(promise: nil)
        }
        state = isRead ? .idle : .elsewhere(isRead: false, isAnswered: true)
        context.write(data, promise: promise)
        // The router's own flush comes behind this write, and is to come before the next answer.
        context.eventLoop.assumeIsolated().execute { self.resume() }
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        arm(Self.keepAliveInterval)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        timer = nil
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        gone()
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if case .answers(let exchange) = state, context.channel.isWritable {
            exchange.clientIsWritable()
        }
        context.fireChannelWritabilityChanged()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch event {
        case is ChannelShouldQuiesceEvent:
            isQuiescing = true
            if case .idle = state { close() }
        case ChannelEvent.inputClosed:
            // Who says no more than this is gone, or cannot be told from somebody who is.
            switch state {
            case .answers, .reads, .drops:
                gone()
                close()
            case .idle, .elsewhere, .closes: context.fireUserInboundEventTriggered(event)
            }
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch state {
        case .reads(let call) where error is HTTPParserError:
            let error = APIError.invalid(
                "the body broke off, or its framing is broken", param: nil)
            staysOpen = false
            reply(ConnectionHandler.reply(error, call.wire, call.id, call.observation))
        case .answers where error is HTTPParserError:
            // What is wrong stands behind the request that is being answered.
            staysOpen = false
        case .idle, .elsewhere: context.fireErrorCaught(error)
        case .reads, .answers, .drops, .closes:
            gone()
            close()
        }
    }

    private func gone() {
        if case .answers(let exchange) = state { exchange.clientGone() }
        state = .closes
        queue.removeAll()
    }

    // MARK: Time

    private func arm(_ time: TimeAmount) {
        timer = context?.eventLoop.assumeIsolated().scheduleTask(in: time) { [weak self] in
            self?.look()
        }
    }

    /// One timer for all, which is not moved with each byte: where it comes too early it is set again.
    private func look() {
        guard context != nil else { return }
        let now = NIODeadline.now()
        var limit = lastActivity + Self.idleTimeout
        switch state {
        case .answers(let exchange):
            limit = now + Self.keepAliveInterval
            if exchange.isStreaming, now >= lastActivity + Self.keepAliveInterval {
                write(Self.keepAlive)
                flush()
            } else if exchange.isStreaming {
                limit = lastActivity + Self.keepAliveInterval
            }
        case .elsewhere(isRead: true, _): limit = now + Self.idleTimeout
        case .reads(let call): limit = min(limit, call.arrived + Self.bodyTimeout)
        case .drops(_, let since): limit = min(limit, since + Self.longestDrop)
        case .idle, .elsewhere, .closes: break
        }
        if now >= limit { return close() }
        arm(min(limit - now, Self.keepAliveInterval))
    }
}
