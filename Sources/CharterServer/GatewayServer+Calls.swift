internal import AsyncHTTPClient
internal import CharterEngine
internal import CharterGateway
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import NIOHTTP1

/// Calls of a model that go the router's way: by TLS, or where detectors have to be awaited. The others are
/// the line's.
extension GatewayServer {
    func exchange(
        _ wire: WireProtocol, _ id: String, _ request: Request, _ channel: any Channel
    ) async throws -> Response {
        let identity = try identity(of: request)
        let enforcement = identity.enforcement
        let body = try await body(of: request, channel)
        let now = GatewayServer.now()
        let arrival = Exchange.Arrival(
            id: id, at: now, wire: wire, caller: try await caller(request, enforcement, now),
            models: identity.models)
        let observation = Observation.current
        var exchange: Exchange
        let ticket: BudgetTicket
        do throws(APIError) {
            exchange =
                if let detectors, wire.isSpoken {
                    try await detectors.exchange { detected throws(APIError) in
                        try decide(body, arrival, enforcement, observation, detected: detected)
                    }
                } else {
                    try decide(body, arrival, enforcement, observation)
                }
            ticket = try admit(exchange, identity, observation)
        } catch {
            return response(error, wire, id, enforcement.policy)
        }
        switch exchange.start {
        case .reply(let reply):
            ticket.finish(Usage())
            ended(exchange)
            return response(reply)
        case .forward: return await forward(&exchange, ticket, request, channel)
        }
    }

    private func forward(
        _ exchange: inout Exchange, _ ticket: BudgetTicket, _ request: Request,
        _ channel: any Channel
    ) async -> Response {
        let (upstreams, authorization) = (upstreams, passedOn(request.headers))
        let client = ClientConnection(channel: channel)
        let fields = GatewayServer.passedOnFields(request.headers)
        exchange.keepsAnswers = detectors?.looksAtAnswers(of: exchange) ?? false
        do {
            let (isStreamed, asked) = (exchange.isStreamed, exchange)
            let (answer, upstream, bytes) = try await client.whileOpen {
                do {
                    let answer = try await upstreams.send(for: asked.upstreamModel) {
                        upstream throws(APIError) in
                        let call = try asked.call(in: upstream.dialects)
                        return UpstreamRequest(
                            method: .POST, path: call.path, body: call.body,
                            authorization: authorization, fields: fields)
                    }
                    let response = answer.response
                    let isEvents =
                        isStreamed && response.status == .ok
                        && response.headers.isEventStream
                    return (
                        response, answer.upstream,
                        isEvents ? nil : try await ModelClient.body(of: response)
                    )
                } catch {
                    // What failed has cost nothing; what a client has left may have.
                    if !Task.isCancelled { ticket.finish(Usage()) }
                    throw error
                }
            }
            exchange.awaitAnswer(in: upstream.dialects)
            let requestBytes = exchange.budgetDemand.requestBytes
            guard let bytes else {
                let usage = ticket.isCounted ? StreamUsage(request: requestBytes) : nil
                return stream(answer, exchange, client, ticket, usage)
            }
            ticket.finish(
                status: Int(answer.status.code), bytes, requestBytes: requestBytes)
            guard !exchange.isStreamed || answer.status.code >= 400 else {
                let reply = exchange.reply(status: 502, body: bytes)
                ended(exchange)
                Observation.current?.note(exchange)
                return response(reply)
            }
            var reply = exchange.reply(status: Int(answer.status.code), body: bytes)
            if let detectors, exchange.keepsAnswers, reply.status < 400 {
                let (texts, conversation) = (exchange.answerTexts, exchange.texts)
                let open = exchange.openInAnswer
                let judged = try await client.whileOpen {
                    await detectors.look(at: texts, conversation, open)
                }
                reply = exchange.reply(status: 200, body: bytes, judged: judged)
            }
            if let seconds = answer.headers.first(name: "retry-after"), reply.status >= 400 {
                reply.headers.append(("retry-after", seconds))
            }
            ended(exchange)
            Observation.current?.note(exchange)
            return response(reply)
        } catch {
            ended(exchange)
            let error = error as? APIError ?? .upstreamUnreachable
            Observation.current?.note { $0.note(error) }
            return response(exchange.reply(error))
        }
    }

    /// What became of a request: kept, and counted for what is tried and used. Once for each.
    func ended(_ exchange: Exchange) {
        let record = exchange.record
        decisions.keep(record)
        if record.isNeedlessRefusal { telemetry.noteNeedlessRefusal() }
        rollOuts.note(record, at: GatewayServer.now())
    }

    /// Passes the events on as they are cleared; a client that goes away ends the upstream, too.
    private func stream(
        _ answer: HTTPClientResponse, _ exchange: Exchange, _ client: ClientConnection,
        _ ticket: BudgetTicket, _ usage: StreamUsage?
    ) -> Response {
        var headers = GatewayServer.fields(exchange.headers)
        headers[.contentType] = "text/event-stream"
        headers[.cacheControl] = "no-cache"
        let (detectors, observation) = (detectors, Observation.current)
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                var exchange = exchange
                exchange.beginStream()
                // Lent to the one task below, which is awaited before anything here goes on.
                nonisolated(unsafe) var lentExchange = exchange
                nonisolated(unsafe) var lentWriter = writer
                nonisolated(unsafe) var lentUsage = usage
                defer {
                    ended(lentExchange)
                    observation?.heard()
                    observation?.note(lentExchange)
                    ticket.finish(lentUsage?.usage ?? Usage())
                }
                try await client.whileOpen {
                    try await GatewayServer.relay(
                        answer, &lentExchange, &lentUsage, &lentWriter, detectors)
                }
                try await lentWriter.finish(nil)
            })
    }

    private static func relay(
        _ answer: HTTPClientResponse, _ exchange: inout Exchange, _ usage: inout StreamUsage?,
        _ writer: inout any ResponseBodyWriter, _ detectors: DetectorSet?
    ) async throws {
        if let detectors, exchange.keepsAnswers {
            var stream = JudgedStream(detectors, exchange)
            return try await stream.relay(answer, &exchange, &usage) { try await writer.write($0) }
        }
        var output: [UInt8] = []
        do {
            for try await piece in answer.body {
                exchange.push(piece.readableBytesView, into: &output)
                usage?.push(piece.readableBytesView)
                if !output.isEmpty {
                    do { try await writer.write(ByteBuffer(bytes: output)) } catch {
                        throw ClientGone()
                    }
                    output.removeAll(keepingCapacity: true)
                }
                guard exchange.needsUpstream else { return }
            }
            exchange.finish(into: &output)
        } catch let error as ClientGone {
            throw error
        } catch {
            if Task.isCancelled { throw ClientGone() }
            exchange.fail(ModelClient.error(error, hasBegun: true), into: &output)
        }
        if !output.isEmpty { try await writer.write(ByteBuffer(bytes: output)) }
    }
}

/// The client has closed the connection before its answer was whole.
private struct ClientGone: Error {}
