internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// AuthZEN's Authorization API 1.0 over HTTP: its own paths, statuses and errors.
struct AccessRoutes: Sendable {
    let gateway: Gateway
    let now: @Sendable () -> Instant

    private static let requestID = HTTPField.Name("X-Request-ID")

    func add(to router: some RouterMethods<some RequestContext>) {
        post("evaluation", router) { try $0.evaluation($1, at: $2) }
        post("evaluations", router) { try $0.evaluations($1, at: $2) }
        post("search/subject", router) { try $0.search(.subject, $1, at: $2) }
        post("search/resource", router) { try $0.search(.resource, $1, at: $2) }
        post("search/action", router) { try $0.search(.action, $1, at: $2) }
        router.get("/.well-known/authzen-configuration") { request, _ in
            guard let url = gateway.settings.publicURL else {
                return AccessRoutes.error(404, "the settings have no `public_url`", request)
            }
            return AccessRoutes.json(AccessRoutes.metadata(url), request)
        }
    }

    private func post(
        _ path: String, _ router: some RouterMethods<some RequestContext>,
        _ answer: @escaping @Sendable (AccessPoint, [UInt8], Instant) throws -> [UInt8]
    ) {
        router.post("/access/v1/\(path)") { request, _ in
            do {
                let point = try gateway.accessPoint(
                    authorization: request.headers[.authorization], at: now().seconds)
                guard let point else {
                    return AccessRoutes.error(403, "the operator answers no AuthZEN", request)
                }
                let type = request.headers[.contentType]?.lowercased().split(separator: ";").first
                guard type?.filter({ $0 != " " }) == "application/json" else {
                    return AccessRoutes.error(
                        400, "the content type must be application/json", request)
                }
                let body = try await request.body.collect(upTo: AccessPoint.limits.bytes)
                return AccessRoutes.json(
                    try answer(point, Array(body.readableBytesView), now()), request)
            } catch let error as AccessError {
                return AccessRoutes.error(error.status, error.message, request)
            } catch let error as APIError {
                return AccessRoutes.error(error.status, error.message, request)
            } catch is NIOTooManyBytesError {
                return AccessRoutes.error(413, "the body is too large", request)
            } catch {
                return AccessRoutes.error(400, "the body broke off", request)
            }
        }
    }

    private static func metadata(_ url: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("policy_decision_point", url)
            let endpoints = [
                ("access_evaluation_endpoint", "evaluation"),
                ("access_evaluations_endpoint", "evaluations"),
                ("search_subject_endpoint", "search/subject"),
                ("search_resource_endpoint", "search/resource"),
                ("search_action_endpoint", "search/action"),
            ]
            for (name, path) in endpoints { writer.member(name, "\(url)/access/v1/\(path)") }
        }
        return writer.bytes
    }

    private static func json(_ bytes: [UInt8], _ request: Request) -> Response {
        var response = Response(
            status: .ok, headers: [.contentType: "application/json"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
        echo(request, &response)
        return response
    }

    /// An error is a status with a sentence, and never a decision.
    private static func error(_ status: Int, _ message: String, _ request: Request) -> Response {
        var response = Response(
            status: .init(code: status), headers: [.contentType: "text/plain; charset=utf-8"],
            body: .init(byteBuffer: ByteBuffer(string: message)))
        if status == 401 { response.headers[.wwwAuthenticate] = "Bearer" }
        echo(request, &response)
        return response
    }

    private static func echo(_ request: Request, _ response: inout Response) {
        guard let name = requestID, let id = request.headers[name] else { return }
        response.headers[name] = id
    }
}
