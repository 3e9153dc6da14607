internal import CharterEngine
internal import CharterGateway
internal import HTTPTypes
internal import Hummingbird
internal import NIOHTTP1

/// Observes every request from its arrival to the end of its answer.
struct ObservedRequests: RouterMiddleware {
    typealias Context = GatewayContext

    let telemetry: Telemetry

    func handle(
        _ request: Request, context: GatewayContext,
        next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        // Whoever looks whether the server is there would drown everything else.
        guard request.uri.path != "/healthz" else { return try await next(request, context) }
        var report = RequestReport(
            wire: .init(path: request.uri.path), method: ObservedRequests.name(of: request.method),
            route: ObservedRequests.route(of: context), at: GatewayServer.now())
        report.status = 500
        report.trace = telemetry.trace(of: request.headers)
        let observation = Observation(telemetry, report)
        return try await Observation.$current.withValue(observation) {
            let response = try await next(request, context)
            observation.note { report in
                report.status = response.status.code
                if report.id.isEmpty { report.id = ObservedRequests.id(of: response) }
            }
            return response
        }
    }

    private static let requestID = HTTPField.Name("x-request-id")
    private static let methods: Set<HTTPRequest.Method> = [
        .get, .head, .post, .put, .delete, .patch, .options, .trace, .connect,
    ]

    /// Methods of HTTP by their names; any other is a stranger's word.
    private static func name(of method: HTTPRequest.Method) -> String {
        methods.contains(method) ? method.rawValue : "_OTHER"
    }

    /// The path as it was registered, `/charter/v1/decisions/{id}`.
    private static func route(of context: GatewayContext) -> String? {
        context.endpointPath.flatMap { $0 == "NotFound" ? nil : $0 }
    }

    private static func id(of response: Response) -> String {
        requestID.flatMap { response.headers[$0] } ?? ""
    }
}

extension Observation {
    /// An observation of a call of a model, whose head has come.
    convenience init(
        _ telemetry: Telemetry, _ wire: WireProtocol, _ head: HTTPRequestHead, id: String
    ) {
        let path = "/v1" + wire.path
        var report = RequestReport(
            wire: .init(path: path), method: "POST", route: path, at: GatewayServer.now())
        report.id = id
        report.status = 500
        report.trace = telemetry.trace(of: head.headers)
        self.init(telemetry, report)
    }
}

extension Telemetry {
    /// Goes on with the caller's trace; begins one where there is none, and traces are wanted.
    fileprivate func trace(of fields: some FieldList) -> TraceContext? {
        let headers = fields.values("traceparent")
        guard exporter != nil || headers.count == 1 else { return nil }
        var generator = SystemRandomNumberGenerator()
        func id() -> TraceContext.SpanID? { .init(generator.next()) }
        guard let request = id(), let input = id(), let upstream = id(), let output = id() else {
            return nil
        }
        let spans = TraceContext.SpanIDs(
            request: request, input: input, upstream: upstream, output: output)
        if headers.count == 1,
            let trace = TraceContext(
                header: headers[0],
                state: fields.values("tracestate").joined(separator: ","), spans)
        {
            return trace
        }
        guard exporter != nil else { return nil }
        return TraceContext.TraceID(high: generator.next(), low: generator.next()).map {
            TraceContext(trace: $0, spans)
        }
    }
}
