internal import CharterGateway
internal import NIOCore
internal import NIOHTTP1

/// One exchange between sockets: the pure `Exchange`, with a client on one side and a model's server on the
/// other.
///
/// All of it happens on the event loop of the client's connection, to which the server's connection
/// belongs, too. What has to be awaited before deciding is the one thing that happens elsewhere.
final class LineExchange: UpstreamReceiver {
    private let server: GatewayServer
    private let call: LineCall
    private let pool: UpstreamPool
    /// Nil where the exchange is over, or the client is gone.
    private var client: ConnectionHandler?
    private var stage = Stage.decides
    private var exchange: Exchange?
    private var targets: ArraySlice<UpstreamTarget> = []
    private var connection: UpstreamConnection?
    private var answerHead: HTTPResponseHead?
    private var answer = ByteBuffer()
    private var output: [UInt8] = []
    private var decided, answered: NIODeadline?

    private enum Stage {
        case decides
        /// For a connection, or the head of an answer.
        case waits
        case collects
        case streams
        case over
    }

    init(
        _ server: GatewayServer, _ call: LineCall, _ client: ConnectionHandler, _ pool: UpstreamPool
    ) {
        self.server = server
        self.call = call
        self.client = client
        self.pool = pool
    }

    /// Whether the answer is being streamed.
    var isStreaming: Bool { stage == .streams }

    // MARK: Deciding

    /// Decides about the body, and does what comes of it.
    func start(_ body: [UInt8], on eventLoop: any EventLoop) {
        do throws(APIError) {
            switch try server.caller(of: call) {
            case .known(let caller): decide(body, caller)
            case .awaited(let find):
                eventLoop.makeFutureWithTask(find).assumeIsolated().whenComplete { result in
                    guard self.stage == .decides else { return }
                    switch result {
                    case .success(let caller): self.decide(body, caller)
                    case .failure(let error):
                        self.reply(
                            error as? APIError ?? .unavailable("the request could not be handled"))
                    }
                }
            }
        } catch {
            reply(error)
        }
    }

    private func decide(_ body: [UInt8], _ caller: Caller) {
        let exchange: Exchange
        do throws(APIError) {
            exchange = try server.decide(body, call, caller)
        } catch {
            return reply(error, isDecided: true)
        }
        decided = .now()
        self.exchange = exchange
        switch exchange.start {
        case .reply(let reply): self.reply(reply)
        case .forward:
            stage = .waits
            targets = server.targets(for: exchange)[...]
            ask()
        }
    }

    // MARK: Asking

    /// Asks the first of the servers that are left.
    private func ask() {
        guard let target = targets.first else { return reply(.upstreamUnreachable) }
        if let connection = pool.take(target.address) { return send(on: connection, target) }
        pool.connect(target) { result in
            switch result {
            case .success(let connection) where self.stage == .waits:
                self.send(on: connection, target)
            case .success(let connection): self.pool.keep(connection)
            case .failure where self.stage == .waits: self.askNext(.upstreamUnreachable)
            case .failure: break
            }
        }
    }

    /// Nothing has been sent to a server: another one may be asked.
    private func askNext(_ error: APIError) {
        targets = targets.dropFirst()
        if targets.isEmpty { reply(error) } else { ask() }
    }

    private func send(on connection: UpstreamConnection, _ target: UpstreamTarget) {
        let sent: Exchange.Call
        do throws(APIError) {
            guard let call = try exchange?.call(in: target.dialects) else { return }
            sent = call
        } catch {
            pool.keep(connection)
            return reply(error)
        }
        self.connection = connection
        let head = target.head(
            sent, authorization: server.passedOn(call.head.headers),
            more: GatewayServer.passedOnFields(call.head.headers))
        connection.send(head, sent.body, silence: target.silence, to: self)
    }

    // MARK: What the model's server answers

    func upstreamAnswered(_ head: HTTPResponseHead) {
        answered = .now()
        answerHead = head
        let isEvents =
            head.headers.first(name: "content-type")?.lowercased().hasPrefix("text/event-stream")
            ?? false
        guard exchange?.isStreamed ?? false, head.status == .ok, isEvents else {
            stage = .collects
            return
        }
        stage = .streams
        exchange?.beginStream()
        client?.beginEvents(exchange?.headers ?? [])
    }

    func upstreamSent(_ bytes: ByteBuffer) {
        switch stage {
        case .collects:
            guard answer.readableBytes + bytes.readableBytes <= GatewayServer.largestAnswer else {
                connection?.abandon()
                return upstreamFailed(.broken)
            }
            if answer.readableBytes == 0 {
                answer = bytes
            } else {
                answer.writeImmutableBuffer(bytes)
            }
        case .streams:
            exchange?.push(bytes.readableBytesView, into: &output)
            guard exchange?.needsUpstream ?? false else {
                if exchange?.isOverByItself ?? false {
                    connection?.drop()
                } else {
                    connection?.abandon()
                }
                return endStream()
            }
        case .decides, .waits, .over: break
        }
    }

    func upstreamPaused() {
        guard stage == .streams else { return }
        deliver()
        client?.flush()
    }

    func upstreamEnded() {
        switch stage {
        case .collects: replyWhole()
        case .streams:
            exchange?.finish(into: &output)
            endStream()
        case .decides, .waits, .over: break
        }
    }

    func upstreamFailed(_ failure: UpstreamFailure) {
        let error: APIError =
            switch failure {
            case .notAStatus: .upstreamMalformed("a status")
            case .timedOut: .upstreamTimeout
            case .unreachable: .upstreamUnreachable
            case .broken: stage == .waits ? .upstreamUnreachable : .upstreamCutOff
            }
        switch stage {
        case .waits, .collects: reply(error)
        case .streams:
            exchange?.fail(error, into: &output)
            endStream()
        case .decides, .over: break
        }
    }

    private func replyWhole() {
        guard let head = answerHead, let isStreamed = exchange?.isStreamed else { return }
        // One object is no stream.
        let isOther = isStreamed && head.status.code < 400
        let reply = exchange?.reply(
            status: isOther ? 502 : Int(head.status.code), body: Array(answer.readableBytesView))
        guard var reply else { return }
        if reply.status >= 400, let time = head.headers.first(name: "retry-after"),
            time.isFieldValue
        {
            reply.headers.append(("retry-after", time))
        }
        self.reply(reply)
    }

    // MARK: What the client gets

    private func reply(_ error: APIError, isDecided: Bool = false) {
        let reply =
            exchange?.reply(error)
            ?? GatewayServer.reply(
                error, call.wire, call.id, isDecided ? call.identity.enforcement.policy : nil)
        self.reply(reply)
    }

    private func reply(_ reply: Exchange.Reply) {
        let client = client
        end(.answered(status: reply.status))
        client?.reply(reply)
    }

    private func deliver() {
        guard !output.isEmpty, let client else { return }
        client.write(output)
        output.removeAll(keepingCapacity: true)
        if !client.isWritable { connection?.reads(false) }
    }

    private func endStream() {
        deliver()
        let client = client
        end(.answered(status: 200))
        client?.end()
    }

    private func end(_ outcome: LineEnd.Outcome) {
        stage = .over
        let target = decided == nil ? nil : targets.first?.address
        client = nil
        connection = nil
        server.ended(
            LineEnd(
                call: call, outcome: outcome, target: target,
                decided: decided.map { $0 - call.arrived },
                answered: answered.map { $0 - call.arrived }, whole: .now() - call.arrived),
            exchange)
        exchange = nil
    }

    // MARK: What the client does

    /// The client has gone: nobody waits for the model any more.
    func clientGone() {
        guard stage != .over else { return }
        let connection = connection
        end(.clientGone)
        connection?.abandon()
    }

    /// The client takes bytes again.
    func clientIsWritable() {
        connection?.reads(true)
    }
}
