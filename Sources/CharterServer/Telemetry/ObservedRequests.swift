internal import CharterEngine
internal import CharterGateway
internal import HTTPTypes
internal import Hummingbird

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
        report.trace = trace(of: request)
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

    /// Goes on with the caller's trace; begins one where there is none, and traces are wanted.
    private func trace(of request: Request) -> TraceContext? {
        func values(_ name: HTTPField.Name?) -> [String] {
            name.map { request.headers[values: $0] } ?? []
        }
        let headers = values(ObservedRequests.traceParent)
        guard telemetry.exporter != nil || headers.count == 1 else { return nil }
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
                state: values(ObservedRequests.traceState).joined(separator: ","), spans)
        {
            return trace
        }
        guard telemetry.exporter != nil else { return nil }
        return TraceContext.TraceID(high: generator.next(), low: generator.next()).map {
            TraceContext(trace: $0, spans)
        }
    }

    private static let traceParent = HTTPField.Name("traceparent")
    private static let traceState = HTTPField.Name("tracestate")
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
