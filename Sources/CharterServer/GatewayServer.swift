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
    let telemetry: Telemetry
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
        telemetry = Telemetry(gateway.settings.telemetry, store)
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

    /// Every path, with what it does.
    ///
    /// - Parameter allowed: the methods of those paths; nil: they are not needed yet.
    private func router(_ allowed: AllowedMethods? = nil) -> Router<GatewayContext> {
        let router = Router(
            context: GatewayContext.self, options: .autoGenerateHeadEndpoints)
        router.addMiddleware {
            ObservedRequests(telemetry: telemetry)
            if let allowed { UnknownPath<GatewayContext>(allowed: allowed) }
        }
        router.get("/healthz") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "text/plain; charset=utf-8"],
                body: .init(byteBuffer: .init(string: "ok\n")))
        }
        router.get("/v1/models") { request, _ in
            await respond(request) { try await models(request) }
        }
        router.post("/v1/chat/completions") { request, context in
            await respond(request) { try await chat(request, context.channel) }
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
        router.get("/charter/v1/inherit") { request, _ in
            await respond(request) { try inheritance(request) }
        }
        router.get("/charter/v1/openapi.yaml") { _, _ in
            Response(
                status: .ok, headers: [.contentType: "application/yaml"],
                body: .init(byteBuffer: ByteBuffer(bytes: InterfaceDescription.yaml)))
        }
        AccessRoutes(gateway: gateway, now: GatewayServer.now).add(to: router)
        return router
    }

    /// The paths that it has, by method: those of clients, and those for who runs it.
    package var routes: (clients: [String], admin: [String]) {
        (
            router().routes.map { "\($0.method.rawValue) \($0.path)" },
            AdminServer.router(telemetry).routes.map { "\($0.method.rawValue) \($0.path)" }
        )
    }

    /// Serves until the process is told to end; in-flight answers are finished.
    public func run(onReady: @escaping @Sendable (Int) async -> Void) async throws {
        let router = router(AllowedMethods(router()))
        let application = Application(
            router: router,
            server: .http1(configuration: .init(idleTimeout: GatewayServer.idleTimeout)),
            configuration: .init(
                address: .hostname(gateway.settings.host, port: gateway.settings.port),
                serverName: nil,
                backlog: 1_024,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    GatewayServer.mostConnections)),
            services: services,
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

    /// What runs beside this server, for those who run it.
    private var services: [any Service] {
        let admin = gateway.settings.telemetry.admin.map {
            AdminServer(telemetry: telemetry, address: $0, logger: logger)
        }
        return ([telemetry.exporter, admin] as [(any Service)?]).compactMap(\.self)
    }

    /// Ends the connections of a server that does not run.
    package func shutdown() async throws {
        // All are to end, whatever one of them says.
        async let keys: Void = keyClient.shutdown()
        async let models: Void = model.shutdown()
        async let traces: Void? = telemetry.exporter?.shutdown()
        _ = try await (keys, models, traces)
    }

    // MARK: Chat completions

    private func chat(_ request: Request, _ channel: any Channel) async throws -> Response {
        let identity = try identity(of: request)
        let enforcement = identity.enforcement
        let body = try await body(of: request, channel)
        let now = GatewayServer.now()
        let arrival = Exchange.Arrival(
            id: GatewayServer.newID(), at: now, caller: try await caller(request, enforcement, now),
            models: identity.models)
        let observation = Observation.current
        var exchange: Exchange
        do {
            exchange = try Exchange(
                body, arrival, enforcement, entering: { observation?.enters($0) }
            ) { user throws(APIError) in
                try userLayers?.layer(of: user, enforcement)
            }
        } catch {
            return response(error, id: arrival.id, enforcement.policy)
        }
        decisions.keep(exchange.record)
        observation?.note(exchange)
        switch exchange.start {
        case .reply(let reply): return response(reply)
        case .forward(let body):
            return await forward(body, &exchange, request, channel)
        }
    }

    private func forward(
        _ body: [UInt8], _ exchange: inout Exchange, _ request: Request, _ channel: any Channel
    ) async -> Response {
        let (model, authorization) = (model, passedOn(request))
        let client = ClientConnection(channel: channel)
        do {
            let isStreamed = exchange.isStreamed
            let (answer, bytes) = try await client.whileOpen {
                let answer = try await model.send(
                    .POST, "/chat/completions", body: body, authorization: authorization)
                let isEvents = isStreamed && answer.status == .ok && isEventStream(answer)
                return (answer, isEvents ? nil : try await model.body(of: answer))
            }
            guard let bytes else { return stream(answer, exchange, client) }
            guard !exchange.isStreamed || answer.status.code >= 400 else {
                let reply = exchange.reply(status: 502, body: bytes)
                Observation.current?.note(exchange)
                return response(reply)
            }
            var reply = exchange.reply(status: Int(answer.status.code), body: bytes)
            if let seconds = answer.headers.first(name: "retry-after"), reply.status >= 400 {
                reply.headers.append(("retry-after", seconds))
            }
            decisions.keep(exchange.record)
            Observation.current?.note(exchange)
            return response(reply)
        } catch {
            let error = error as? APIError ?? .upstreamUnreachable
            Observation.current?.note { $0.note(error) }
            return response(exchange.reply(error))
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
        let (decisions, observation) = (decisions, Observation.current)
        return Response(
            status: .ok, headers: headers,
            body: ResponseBody { writer in
                var exchange = exchange
                exchange.beginStream()
                // Lent to the one task below, which is awaited before anything here goes on.
                nonisolated(unsafe) var lentExchange = exchange
                nonisolated(unsafe) var lentWriter = writer
                defer {
                    decisions.keep(lentExchange.record)
                    observation?.heard()
                    observation?.note(lentExchange)
                }
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

    private func models(_ request: Request) async throws -> Response {
        _ = try enforcement(of: request)
        let answer = try await model.send(.GET, "/models", authorization: passedOn(request))
        let body = try await model.body(of: answer)
        guard answer.status == .ok else {
            throw UpstreamError.error(status: Int(answer.status.code), body: body)
        }
        return Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: body)))
    }

    // MARK: Requests and responses

    private func identity(of request: Request) throws(APIError) -> Gateway.Identity {
        let identity = try gateway.identity(
            authorization: request.headers[.authorization], at: GatewayServer.now().seconds)
        Observation.current?.identified(identity.enforcement.operatorName)
        return identity
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
        gateway.hasOperators ? nil : request.headers[.authorization]
    }

    func body(of request: Request, _ channel: any Channel) async throws -> [UInt8] {
        let limit = gateway.settings.bodyLimit
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw APIError(JSONError.tooLarge(limit))
        }
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
        do {
            return try await body()
        } catch let error as APIError {
            return response(error, id: GatewayServer.newID(), nil)
        } catch {
            logger.error("a request failed", metadata: ["error": "\(type(of: error))"])
            return response(
                .unavailable("the request could not be handled"), id: GatewayServer.newID(), nil)
        }
    }

    private func response(_ error: APIError, id: String, _ policy: Policy?) -> Response {
        Observation.current?.note { $0.note(error) }
        var headers = error.headers + [("x-request-id", id), ("content-type", "application/json")]
        if let digest = policy?.digest {
            headers += [("charter-decision", id), ("charter-policy", "\(digest)")]
        }
        return response(Exchange.Reply(status: error.status, headers: headers, body: error.body))
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
