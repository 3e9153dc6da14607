internal import AsyncHTTPClient
internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway
public import CharterStore
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import HummingbirdCore
public import Logging
internal import NIOCore
internal import NIOHTTP1
internal import ServiceLifecycle

/// The gateway as a server: sockets and clock around the pure exchange.
public struct GatewayServer: Sendable {
    let gateway: Gateway
    let decisions: DecisionStore
    private let model: ModelClient
    private let keyClient: HTTPClient
    /// By operator.
    private let tokens: [String: TokenVerifier]
    let userLayers: UserLayers?
    private let logger: Logger

    /// How long a connection may say nothing while a request is awaited or being read.
    private static let idleTimeout = TimeAmount.seconds(60)
    /// How long the body of a request may take.
    private static let bodyTimeout = TimeAmount.seconds(120)
    private static let mostConnections = 8_192

    /// A server of this gateway, which is not running yet.
    ///
    /// - Throws: where the store of the settings cannot be opened.
    public init(_ gateway: Gateway, logger: Logger) throws(Store.Failure) {
        let store = try gateway.settings.store.map { file throws(Store.Failure) in
            try Store(path: file.path, secret: file.secret)
        }
        self.gateway = store.map { gateway.with(KeyRing($0)) } ?? gateway
        userLayers = store.map(UserLayers.init)
        self.logger = logger
        decisions = DecisionStore(capacity: gateway.settings.decisions)
        model = ModelClient(gateway.settings.upstream)
        keyClient = KeySource.client()
        var tokens: [String: TokenVerifier] = [:]
        for entry in gateway.settings.operators {
            guard let settings = entry.tokens else { continue }
            tokens[entry.name] = TokenVerifier(settings, keyClient, logger: logger)
        }
        self.tokens = tokens
    }

    /// Serves until the process is told to end; in-flight answers are finished.
    public func run(onReady: @escaping @Sendable (Int) async -> Void) async throws {
        let router = Router(context: GatewayContext.self)
        router.addMiddleware { UnknownPath() }
        for method in [HTTPRequest.Method.get, .head] {
            router.on("/healthz", method: method) { _, _ in
                Response(status: .ok, body: .init(byteBuffer: .init(string: "ok\n")))
            }
        }
        router.get("/v1/models") { request, _ in
            await respond(request) { try await models(request, nil) }
        }
        router.get("/v1/models/**") { request, context in
            let id = context.parameters.getCatchAll().joined(separator: "/")
            return await respond(request) { try await models(request, id) }
        }
        for wire in WireProtocol.allCases {
            router.post(RouterPath("/v1" + wire.path)) { request, context in
                await respond(request, wire) { id throws in
                    try await exchange(wire, id, request, context.channel)
                }
            }
        }
        let layerPath: RouterPath = "/charter/v1/users/:id/layer"
        router.put(layerPath) { request, context in
            await respond(request) { try await putLayer(request, context) }
        }
        router.get(layerPath) { request, context in
            await respond(request) { try layer(request, context) }
        }
        router.delete(layerPath) { request, context in
            await respond(request) { try removeLayer(request, context) }
        }
        router.get("/charter/v1/matrix") { request, _ in
            await respond(request) { try await matrix(request) }
        }
        for (path, trail) in [("/charter/v1/decide", false), ("/charter/v1/explain", true)] {
            router.post(RouterPath(path)) { request, context in
                await respond(request) {
                    try await plainDecision(request, context.channel, trail: trail)
                }
            }
        }
        router.get("/charter/v1/decisions/:id") { request, context in
            let id = context.parameters.get("id") ?? ""
            return await respond(request) { try decision(request, id) }
        }
        AccessRoutes(gateway: gateway, now: GatewayServer.now).add(to: router)
        let application = Application(
            router: router,
            server: .http1(configuration: .init(idleTimeout: GatewayServer.idleTimeout)),
            configuration: .init(
                address: .hostname(gateway.settings.host, port: gateway.settings.port),
                serverName: nil,
                backlog: 1_024,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    GatewayServer.mostConnections)),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? 0) },
            logger: logger)
        do {
            try await withTaskExecutorPreference(EventLoopExecutor.shared) {
                try await application.runService()
            }
        } catch {
            try? await shutdown()
            throw error
        }
        try await shutdown()
    }

    private func shutdown() async throws {
        // Both are to end, whatever one of them says.
        async let keys: Void = keyClient.shutdown()
        async let models: Void = model.shutdown()
        _ = try await (keys, models)
    }

    // MARK: Calls of a model

    private func exchange(
        _ wire: WireProtocol, _ id: String, _ request: Request, _ channel: any Channel
    ) async throws -> Response {
        let identity = try identity(of: request)
        let enforcement = identity.enforcement
        let body = try await body(of: request, channel)
        let now = GatewayServer.now()
        let arrival = Exchange.Arrival(
            id: id, at: now, wire: wire, caller: try await caller(request, enforcement, now),
            models: identity.models)
        var exchange: Exchange
        do {
            exchange = try Exchange(body, arrival, enforcement) { user throws(APIError) in
                try userLayers?.layer(of: user, enforcement)
            }
        } catch {
            return response(error, wire, id, enforcement.policy)
        }
        decisions.keep(exchange.record)
        switch exchange.start {
        case .reply(let reply): return response(reply)
        case .forward: return await forward(&exchange, request, channel)
        }
    }

    private func forward(
        _ exchange: inout Exchange, _ request: Request, _ channel: any Channel
    ) async -> Response {
        let (model, authorization) = (model, passedOn(request))
        let client = ClientConnection(channel: channel)
        let fields = GatewayServer.passedOnFields(request)
        do {
            let call = try exchange.call(in: model.dialects)
            let isStreamed = exchange.isStreamed
            let (answer, bytes) = try await client.whileOpen {
                let answer = try await model.send(
                    .POST, call.path, body: call.body, authorization: authorization,
                    fields: fields)
                let isEvents = isStreamed && answer.status == .ok && isEventStream(answer)
                return (answer, isEvents ? nil : try await model.body(of: answer))
            }
            guard let bytes else { return stream(answer, exchange, client) }
            guard !exchange.isStreamed || answer.status.code >= 400 else {
                return response(exchange.reply(status: 502, body: bytes))
            }
            var reply = exchange.reply(status: Int(answer.status.code), body: bytes)
            if let seconds = answer.headers.first(name: "retry-after"), reply.status >= 400 {
                reply.headers.append(("retry-after", seconds))
            }
            decisions.keep(exchange.record)
            return response(reply)
        } catch {
            return response(exchange.reply(error as? APIError ?? .upstreamUnreachable))
        }
    }

    private func isEventStream(_ answer: HTTPClientResponse) -> Bool {
        answer.headers.first(name: "content-type")?.lowercased().hasPrefix("text/event-stream")
            ?? false
    }

    /// Passes the events on as they are cleared; a client that goes away ends the upstream, too.
    private func stream(
        _ answer: HTTPClientResponse, _ exchange: Exchange, _ client: ClientConnection
    ) -> Response {
        var headers = GatewayServer.fields(exchange.headers)
        headers[.contentType] = "text/event-stream"
        headers[.cacheControl] = "no-cache"
        let decisions = decisions
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                var exchange = exchange
                exchange.beginStream()
                // Lent to the one task below, which is awaited before anything here goes on.
                nonisolated(unsafe) var lentExchange = exchange
                nonisolated(unsafe) var lentWriter = writer
                defer { decisions.keep(lentExchange.record) }
                try await client.whileOpen {
                    try await GatewayServer.relay(answer, &lentExchange, &lentWriter)
                }
                try await lentWriter.finish(nil)
            })
    }

    private static func relay(
        _ answer: HTTPClientResponse, _ exchange: inout Exchange,
        _ writer: inout any ResponseBodyWriter
    ) async throws {
        var output: [UInt8] = []
        do {
            for try await piece in answer.body {
                exchange.push(piece.readableBytesView, into: &output)
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

    // MARK: What else there is

    /// The models that the caller may ask for, or one of them.
    private func models(_ request: Request, _ id: String?) async throws -> Response {
        let identity = try identity(of: request)
        let answer = try await model.send(
            .GET, "/models", authorization: passedOn(request),
            fields: GatewayServer.passedOnFields(request))
        let body = try await model.body(of: answer)
        guard answer.status == .ok else {
            throw UpstreamError.error(status: Int(answer.status.code), body: body)
        }
        let list = try ModelList(body, only: identity.models)
        let dialect = GatewayServer.dialect(of: request)
        guard let id else { return json(list.body(in: dialect)) }
        guard let entry = list.body(ofModel: id, in: dialect) else {
            throw APIError.notFound("there is no such model for this key")
        }
        return json(entry)
    }

    // MARK: Requests and responses

    private func identity(of request: Request) throws(APIError) -> Gateway.Identity {
        try gateway.identity(
            authorization: GatewayServer.authorization(request), at: GatewayServer.now().seconds)
    }

    /// The key that a request carries, where OpenAI's clients put it or where Anthropic's do.
    private static func authorization(_ request: Request) -> String? {
        request.headers[.authorization]
            ?? keyField.flatMap { request.headers[$0] }.map { "Bearer \($0)" }
    }

    private static let keyField = HTTPField.Name("x-api-key")
    private static let versionField = HTTPField.Name("anthropic-version")

    /// Whose clients ask so, where the path does not say it.
    private static func dialect(of request: Request) -> Dialect {
        versionField.flatMap { request.headers[$0] } == nil ? .openAI : .anthropic
    }

    /// Fields of a request's head that belong to its protocol.
    private static func passedOnFields(_ request: Request) -> [(name: String, value: String)] {
        ["anthropic-version", "anthropic-beta", "openai-beta"].compactMap { name in
            HTTPField.Name(name).flatMap { request.headers[$0] }.map { (name, $0) }
        }
    }

    func enforcement(of request: Request) throws(APIError) -> Enforcement {
        try identity(of: request).enforcement
    }

    /// The `Charter-*` fields count with an operator's key only.
    func caller(
        _ request: Request, _ enforcement: Enforcement, _ now: Instant
    ) async throws(APIError) -> Caller {
        guard gateway.hasOperators else { return Caller() }
        func values(_ name: String) -> [String] {
            HTTPField.Name(name).map { request.headers[values: $0] } ?? []
        }
        guard !request.headers.contains(where: { Caller.isMisspelled($0.name.canonicalName) })
        else {
            throw .invalid(
                "there is no such `Charter-` field; there are "
                    + Caller.fieldNames.sorted().joined(separator: ", "), param: nil)
        }
        var caller = try Caller(fields: values)
        let tokens = values("charter-token")
        guard let token = tokens.first else { return caller }
        guard tokens.count == 1 else {
            throw .invalid("the field has more than one value", param: "charter-token")
        }
        guard let verifier = self.tokens[enforcement.operatorName] else {
            throw .invalid("the operator takes no tokens", param: "charter-token")
        }
        let identity: TokenIdentity
        do { identity = try await verifier.identity(of: token, at: now) } catch {
            throw APIError(error)
        }
        try caller.take(identity, known: enforcement.policy.roles)
        return caller
    }

    /// Without operators a caller's own key is meant for the model's server.
    private func passedOn(_ request: Request) -> String? {
        gateway.hasOperators ? nil : GatewayServer.authorization(request)
    }

    func body(of request: Request, _ channel: any Channel) async throws -> [UInt8] {
        let limit = gateway.settings.bodyLimit
        guard request.headers[.contentEncoding]?.lowercased() ?? "identity" == "identity" else {
            throw APIError.unsupportedEncoding
        }
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw APIError(JSONError.tooLarge(limit))
        }
        ContinueResponse.send(for: request, on: channel)
        let deadline = channel.eventLoop.scheduleTask(in: GatewayServer.bodyTimeout) {
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        do {
            return Array(try await request.body.collect(upTo: limit).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw APIError(JSONError.tooLarge(limit))
        } catch {
            throw APIError.invalid(
                "the body broke off, or its framing is broken", param: nil)
        }
    }

    /// Runs a handler; what it throws is said in the protocol's own form.
    private func respond(
        _ request: Request, _ body: () async throws -> Response
    ) async -> Response {
        let wire: WireProtocol =
            GatewayServer.dialect(of: request) == .anthropic ? .messages : .chatCompletions
        return await respond(request, wire) { _ in try await body() }
    }

    /// The same for a call of a protocol; the handler is given the request's id.
    private func respond(
        _ request: Request, _ wire: WireProtocol,
        _ body: (_ id: String) async throws -> Response
    ) async -> Response {
        let id = GatewayServer.newID()
        do {
            return try await body(id)
        } catch let error as APIError {
            return response(error, wire, id, nil)
        } catch {
            logger.error("a request failed", metadata: ["error": "\(type(of: error))"])
            return response(.unavailable("the request could not be handled"), wire, id, nil)
        }
    }

    private func response(
        _ error: APIError, _ wire: WireProtocol, _ id: String, _ policy: Policy?
    ) -> Response {
        var headers = DecisionRecord.idFields(id, wire)
        if let digest = policy?.digest {
            headers += [("charter-decision", id), ("charter-policy", "\(digest)")]
        }
        return response(Exchange.reply(error, wire, id: id, headers: headers))
    }

    private func response(_ reply: Exchange.Reply) -> Response {
        Response(
            status: .init(code: reply.status), headers: GatewayServer.fields(reply.headers),
            body: .init(byteBuffer: ByteBuffer(bytes: reply.body)))
    }

    func json(_ bytes: [UInt8]) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    private static func fields(_ headers: [(name: String, value: String)]) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) {
                fields.append(HTTPField(name: name, value: value))
            }
        }
        return fields
    }

    /// 128 random bits as 32 hexadecimal digits.
    private static func newID() -> String {
        var generator = SystemRandomNumberGenerator()
        return (0..<2).map { _ in
            let digits = String(generator.next() as UInt64, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    static func now() -> Instant {
        let now = Date().timeIntervalSince1970
        let seconds = now.rounded(.down)
        return Instant(
            seconds: Int64(seconds), attoseconds: Int64((now - seconds) * 1e9) * 1_000_000_000)
    }
}

/// A request with the connection that it came on.
struct GatewayContext: RequestContext {
    var coreContext: CoreRequestContextStorage
    let channel: any Channel

    init(source: ApplicationRequestContextSource) {
        coreContext = .init(source: source)
        channel = source.channel
    }
}

/// The client has closed the connection before its answer was whole.
private struct ClientGone: Error {}

/// Says in the protocol's own form that there is no such path.
private struct UnknownPath: RouterMiddleware {
    func handle(
        _ request: Request, context: GatewayContext,
        next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError
            where error.status == .notFound || error.status == .methodNotAllowed
        {
            let error = APIError.notFound("there is no such path")
            return Response(
                status: .init(code: error.status), headers: [.contentType: "application/json"],
                body: .init(byteBuffer: ByteBuffer(bytes: error.body)))
        }
    }
}
