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
    private var ticket: BudgetTicket?
    /// What a stream uses, where that matters to anybody.
    private var usage: StreamUsage?
    /// The servers that have failed the request, and the one that is being asked.
    private var tried: [Int] = []
    private var attempt: UpstreamChoice.Attempt?
    private var connection: UpstreamConnection?
    private var answerHead: HTTPResponseHead?
    private var answer = ByteBuffer()
    private var output: [UInt8] = []

    private enum Stage {
        case decides
        /// For a connection, or the head of an answer.
        case waits
        case collects
        case streams
        case over
    }

    init(
        _ call: LineCall, _ client: ConnectionHandler, _ pool: UpstreamPool
    ) {
        server = call.server
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
            let arrival = Exchange.Arrival(
                id: call.id, at: GatewayServer.now(), wire: call.wire, caller: caller,
                models: call.identity.models)
            exchange = try server.decide(
                body, arrival, call.identity.enforcement, call.observation)
            ticket = try server.admit(exchange, call.identity, call.observation)
        } catch {
            return reply(error, isDecided: true)
        }
        self.exchange = exchange
        switch exchange.start {
        case .reply(let reply):
            ticket?.finish(Usage())
            self.reply(reply)
        case .forward:
            stage = .waits
            do throws(APIError) {
                if try begin() { ask() } else { fail(.upstreamUnreachable) }
            } catch {
                fail(error)
            }
        }
    }

    // MARK: Asking

    /// Takes the next of the servers that may be asked; false: there is none left.
    private func begin() throws(APIError) -> Bool {
        attempt = try server.upstreams.begin(for: exchange?.upstreamModel, after: tried)
        return attempt != nil
    }

    private func ask() {
        guard let attempt else { return }
        let target = server.upstreams.targets[attempt.index]
        call.observation.asks(target.name)
        if let connection = pool.take(target.address) { return send(on: connection, target) }
        pool.connect(target) { result in
            switch result {
            case .success(let connection) where self.stage == .waits:
                self.send(on: connection, target)
            case .success(let connection): self.pool.keep(connection)
            case .failure(let failure): self.upstreamFailed(failure)
            }
        }
    }

    private func send(on connection: UpstreamConnection, _ target: UpstreamTarget) {
        let sent: Exchange.Call
        do throws(APIError) {
            guard let call = try exchange?.call(in: target.dialects) else { return }
            sent = call
        } catch {
            pool.keep(connection)
            end(.abandoned, status: nil)
            return fail(error)
        }
        self.connection = connection
        let fields =
            GatewayServer.passedOnFields(call.head.headers) + call.observation.traceFields
        let head = target.head(
            sent, authorization: server.passedOn(call.head.headers), more: fields)
        connection.send(head, sent.body, of: target, to: self)
    }

    /// The server that is being asked has answered, with this status, or has not.
    private func end(_ outcome: CircuitBreaker.Outcome, status: Int?) {
        guard let attempt else { return }
        self.attempt = nil
        server.upstreams.end(attempt, outcome)
        call.observation.hears(status)
    }

    /// Asks the next server, where there is one.
    private func askNext(after index: Int) -> Bool {
        tried.append(index)
        guard (try? begin()) ?? false else { return false }
        connection = nil
        ask()
        return true
    }

    // MARK: What the model's server answers

    func upstreamAnswered(_ head: HTTPResponseHead) {
        guard let index = attempt?.index else { return }
        let status = Int(head.status.code)
        do throws(APIError) {
            try head.headers.checkCoding(status: status)
        } catch {
            end(.abandoned, status: status)
            connection?.abandon()
            return fail(error)
        }
        end(UpstreamChoice.isFailure(status: status) ? .failed : .answered, status: status)
        let connection = connection
        if UpstreamChoice.isRetried(status: status), askNext(after: index) {
            connection?.drop()
            return
        }
        exchange?.awaitAnswer(in: server.upstreams.targets[index].dialects)
        answerHead = head
        guard exchange?.isStreamed ?? false, head.status == .ok, head.headers.isEventStream else {
            stage = .collects
            return
        }
        stage = .streams
        if ticket?.isCounted ?? false, let exchange {
            usage = StreamUsage(request: exchange.budgetDemand.requestBytes)
        }
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
            usage?.push(bytes.readableBytesView)
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
            case .broken, .notHTTP: stage == .waits ? .upstreamUnreachable : .upstreamCutOff
            }
        switch stage {
        case .waits:
            guard let index = attempt?.index else { return }
            end(.failed, status: nil)
            if !failure.isRetried || !askNext(after: index) { fail(error) }
        case .collects: fail(error)
        case .streams:
            exchange?.fail(error, into: &output)
            endStream()
        case .decides, .over: break
        }
    }

    /// What failed has cost nothing.
    private func fail(_ error: APIError) {
        ticket?.finish(Usage())
        reply(error)
    }

    private func replyWhole() {
        guard let head = answerHead, var exchange else { return }
        let body = Array(answer.readableBytesView)
        let status = Int(head.status.code)
        ticket?.finish(status: status, body, requestBytes: exchange.budgetDemand.requestBytes)
        // One object is no stream.
        let isOther = exchange.isStreamed && status < 400
        var reply = exchange.reply(status: isOther ? 502 : status, body: body)
        self.exchange = exchange
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
        self.reply(reply, error)
    }

    private func reply(_ reply: Exchange.Reply, _ error: APIError? = nil) {
        let client = client
        end(status: reply.status, error)
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
        ticket?.finish(usage?.usage ?? Usage())
        end(status: 200)
        client?.end()
    }

    /// The exchange is over: what has become of it is kept.
    private func end(status: Int, _ error: APIError? = nil) {
        stage = .over
        client = nil
        connection = nil
        if answerHead != nil { call.observation.heard() }
        if let exchange {
            server.ended(exchange)
            call.observation.note(exchange)
        }
        call.observation.note { report in
            if let error { report.note(error) }
            report.status = status
        }
        exchange = nil
        ticket = nil
    }

    // MARK: What the client does

    /// The client has gone: nobody waits for the model any more.
    func clientGone() {
        guard stage != .over else { return }
        let connection = connection
        // What it was to be answered is not known.
        var status = 502
        if stage == .streams {
            status = 200
            ticket?.finish(usage?.usage ?? Usage())
        }
        end(.abandoned, status: nil)
        end(status: status)
        connection?.abandon()
    }

    /// The client takes bytes again.
    func clientIsWritable() {
        connection?.reads(true)
    }
}
