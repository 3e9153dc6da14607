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
    /// Where calls of a model are sent.
    let target: UpstreamTarget
    /// What else is asked of the model's server.
    private let model: ModelClient
    private let keyClient: HTTPClient
    /// By operator.
    let tokens: [String: TokenVerifier]
    let userLayers: UserLayers?
    private let logger: Logger

    private static let mostConnections = 8_192

    /// A server of this gateway, which is not running yet.
    ///
    /// - Throws: where the store of the settings cannot be opened.
    public init(_ gateway: Gateway, logger: Logger) throws(Store.Failure) {
        ProcessResources.take()
        let store = try gateway.settings.store.map { file throws(Store.Failure) in
            try Store(path: file.path, secret: file.secret)
        }
        self.gateway = store.map { gateway.with(KeyRing($0)) } ?? gateway
        userLayers = store.map(UserLayers.init)
        self.logger = logger
        decisions = DecisionStore(capacity: gateway.settings.decisions)
        target = UpstreamTarget(gateway.settings.upstream)
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
        let shares = LoopShares()
        defer { shares.close() }
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
            // Calls of a model are answered by the line, everything else by the router.
            server: HTTPServerBuilder { responder in
                LineChannel(server: self, shares: shares, responder: responder)
            },
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

    // MARK: What else there is

    /// The models that the caller may ask for, or one of them.
    private func models(_ request: Request, _ id: String?) async throws -> Response {
        let identity = try identity(of: request)
        let answer = try await model.send(
            .GET, "/models", authorization: passedOn(request.headers),
            fields: GatewayServer.passedOnFields(request.headers))
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
            authorization: GatewayServer.authorization(request.headers),
            at: GatewayServer.now().seconds)
    }

    private static let versionField = HTTPField.Name("anthropic-version")

    /// Whose clients ask so, where the path does not say it.
    private static func dialect(of request: Request) -> Dialect {
        versionField.flatMap { request.headers[$0] } == nil ? .openAI : .anthropic
    }

    func enforcement(of request: Request) throws(APIError) -> Enforcement {
        try identity(of: request).enforcement
    }

    /// Who is asking, where it is not a call of a model.
    func caller(
        _ request: Request, _ enforcement: Enforcement, _ now: Instant
    ) async throws(APIError) -> Caller {
        switch try caller(request.headers, enforcement, now) {
        case .known(let caller): return caller
        case .awaited(let find):
            do { return try await find() } catch {
                throw error as? APIError ?? .unavailable("the request could not be handled")
            }
        }
    }

    func body(of request: Request, _ channel: any Channel) async throws -> [UInt8] {
        let limit = gateway.settings.bodyLimit
        if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
            throw APIError(JSONError.tooLarge(limit))
        }
        let deadline = channel.eventLoop.scheduleTask(in: ConnectionHandler.bodyTimeout) {
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
        let id = GatewayServer.newID()
        do {
            return try await body()
        } catch let error as APIError {
            return response(GatewayServer.reply(error, wire, id, nil))
        } catch {
            logger.error("a request failed", metadata: ["error": "\(type(of: error))"])
            let error = APIError.unavailable("the request could not be handled")
            return response(GatewayServer.reply(error, wire, id, nil))
        }
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
