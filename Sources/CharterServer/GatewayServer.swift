internal import AsyncHTTPClient
internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway
internal import CharterStore
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import Logging
internal import NIOCore
internal import NIOHTTP1

/// What answers requests with one gateway: sockets and clock around the pure exchange. `ServerLifecycle` puts
/// another one in its place when a file changes.
struct GatewayServer: Sendable {
    let gateway: Gateway
    let decisions: DecisionStore
    let upstreams: Upstreams
    let budgets: Budgets
    private let keyClient: HTTPClient
    /// By operator.
    let tokens: TokenVerifiers
    let userLayers: UserLayers?
    let rollOuts: RollOuts
    /// Nil: nothing is asked beside the patterns.
    let detectors: DetectorSet?
    let telemetry: Telemetry
    private let logger: Logger

    /// - Throws: where the store of the settings cannot be opened.
    init(_ gateway: Gateway, logger: Logger) throws(Store.Failure) {
        let store = try gateway.settings.store.map { file throws(Store.Failure) in
            try Store(path: file.path, secret: file.secret)
        }
        self.gateway = gateway.with(store.map(KeyRing.init))
        userLayers = store.map(UserLayers.init)
        self.logger = logger
        decisions = DecisionStore(capacity: gateway.settings.decisions)
        upstreams = Upstreams(gateway.settings.upstreams)
        budgets = Budgets(gateway.settings, userHash: store.map { store in store.userHash })
        rollOuts = RollOuts(gateway, after: nil)
        telemetry = Telemetry(gateway.settings.telemetry, store)
        detectors = gateway.detectors.map { DetectorSet($0, logger: logger) }
        keyClient = KeySource.client()
        tokens = TokenVerifiers(gateway, keyClient, logger: logger, after: nil)
    }

    /// One that answers with another gateway, and keeps what need not be made anew.
    init(_ gateway: Gateway, after last: GatewayServer) {
        self.gateway = gateway
        decisions = last.decisions
        userLayers = last.userLayers
        logger = last.logger
        keyClient = last.keyClient
        let (settings, before) = (gateway.settings, last.gateway.settings)
        upstreams =
            settings.upstreams == before.upstreams
            ? last.upstreams : Upstreams(settings.upstreams)
        budgets = Budgets(settings, after: last.budgets)
        rollOuts = RollOuts(gateway, after: last.rollOuts)
        telemetry = last.telemetry
        // What is kept of answers was given to the questions of another charter.
        let isSame = gateway.generation == last.gateway.generation
        detectors =
            isSame ? last.detectors : gateway.detectors.map { DetectorSet($0, logger: last.logger) }
        tokens = TokenVerifiers(gateway, keyClient, logger: logger, after: last.tokens)
    }

    /// Every path that there is.
    ///
    /// - Parameter allowed: the methods of those paths; nil: they are not needed yet.
    func router(
        _ phase: ServerPhase, _ allowed: AllowedMethods? = nil
    ) -> Router<GatewayContext> {
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
        router.get("/readyz") { _, _ in readiness(phase) }
        router.get("/charter/v1/status") { request, _ in
            await respond(request) { try status(request) }
        }
        router.get("/v1/models") { request, _ in
            await respond(request) { try await models(request, nil) }
        }
        router.get("/v1/models/:id") { request, context in
            // Names have slashes, which clients write as %2F.
            let id = context.parameters.get("id").map { $0.removingPercentEncoding ?? $0 } ?? ""
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
        router.get("/charter/v1/candidate") { request, _ in
            await respond(request) { try candidate(request) }
        }
        router.delete("/charter/v1/candidate") { request, _ in
            await respond(request) { try takeBackCandidate(request) }
        }
        router.get("/charter/v1/adjustments") { request, _ in
            await respond(request) { try adjustments(request) }
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
            router(ServerPhase()).routes.map { "\($0.method.rawValue) \($0.path)" },
            AdminServer.router(telemetry).routes.map { "\($0.method.rawValue) \($0.path)" }
        )
    }

    func shutdown() async throws {
        // All are to end, whatever one of them says.
        async let keys: Void = keyClient.shutdown()
        async let models: Void = upstreams.shutdown()
        async let detecting: Void? = detectors?.shutdown()
        async let traces: Void? = telemetry.exporter?.shutdown()
        _ = try await (keys, models, detecting, traces)
    }

    // MARK: What else there is

    /// The models that the caller may ask for, or one of them.
    private func models(_ request: Request, _ id: String?) async throws -> Response {
        let identity = try identity(of: request)
        let lists = try await upstreams.models(
            authorization: passedOn(request.headers),
            fields: GatewayServer.passedOnFields(request.headers))
        let list = try ModelList(lists, only: identity.models)
        let dialect = GatewayServer.dialect(of: request)
        guard let id else { return json(list.body(in: dialect)) }
        guard let entry = list.body(ofModel: id, in: dialect) else {
            throw APIError.notFound("there is no such model for this key")
        }
        return json(entry)
    }

    // MARK: Requests and responses

    func identity(of request: Request) throws(APIError) -> Gateway.Identity {
        let identity = try gateway.identity(
            authorization: GatewayServer.authorization(request.headers),
            at: GatewayServer.now().seconds)
        Observation.current?.identified(identity.enforcement.operatorName)
        return identity
    }

    private static let versionField = HTTPField.Name("anthropic-version")

    /// Whose clients ask so, where the path does not say it.
    private static func dialect(of request: Request) -> Dialect {
        versionField.flatMap { request.headers[$0] } == nil ? .openAI : .anthropic
    }

    func enforcement(of request: Request) throws(APIError) -> Enforcement {
        try identity(of: request).enforcement
    }

    /// The same as ``caller(_:_:_:)`` of the fields, for who can wait.
    func caller(
        _ request: Request, _ enforcement: Enforcement, _ now: Instant
    ) async throws(APIError) -> Caller {
        switch try caller(request.headers, enforcement, now) {
        case .known(let caller): caller
        case .awaited(let find): try await find()
        }
    }

    func body(of request: Request, _ channel: any Channel) async throws -> [UInt8] {
        let limit = bodyLimit
        try checkBody(request.headers)
        ContinueResponse.send(for: request, on: channel)
        let deadline = channel.eventLoop.scheduleTask(in: ConnectionHandler.bodyTimeout) {
            channel.close(promise: nil)
        }
        defer { deadline.cancel() }
        do {
            return Array(try await request.body.collect(upTo: limit).readableBytesView)
        } catch is NIOTooManyBytesError {
            throw GatewayServer.tooLarge(limit)
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

    func response(
        _ error: APIError, _ wire: WireProtocol, _ id: String, _ policy: Policy?
    ) -> Response {
        Observation.current?.note { $0.note(error) }
        return response(GatewayServer.reply(error, wire, id, policy))
    }

    func response(_ reply: Exchange.Reply) -> Response {
        Response(
            status: .init(code: reply.status), headers: GatewayServer.fields(reply.headers),
            body: .init(byteBuffer: ByteBuffer(bytes: reply.body)))
    }

    func json(_ bytes: [UInt8]) -> Response {
        Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    static func fields(_ headers: [(name: String, value: String)]) -> HTTPFields {
        var fields = HTTPFields()
        for (name, value) in headers {
            if let name = HTTPField.Name(name) {
                fields.append(HTTPField(name: name, value: value))
            }
        }
        return fields
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
