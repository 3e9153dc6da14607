internal import CharterGateway
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Which methods each path has.
struct AllowedMethods: Sendable {
    private let paths: [(segments: [Substring], methods: [String])]

    /// Those of a router's routes; `HEAD` goes where `GET` does.
    init(_ router: Router<some RequestContext>) {
        paths = Dictionary(grouping: router.routes, by: \.path.description).map { path, routes in
            var methods = Set(routes.map(\.method.rawValue))
            if methods.contains("GET") { methods.insert("HEAD") }
            return (path.split(separator: "/"), methods.sorted())
        }
    }

    /// The methods of a path, in order; none where there is no such path. O(paths).
    func methods(of path: String) -> [String] {
        let segments = path.split(separator: "/")
        return paths.first { known in
            known.segments.count == segments.count
                && zip(known.segments, segments).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
        }?.methods ?? []
    }
}

/// Says in the protocol's own form that there is no such path, or that it does not have this method.
struct UnknownPath<Context: RequestContext>: RouterMiddleware {
    let allowed: AllowedMethods

    func handle(
        _ request: Request, context: Context,
        next: (Request, Context) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as HTTPError where error.status == .notFound {
            let methods = allowed.methods(of: request.uri.path)
            let error: APIError =
                methods.isEmpty ? .notFound("there is no such path") : .methodNotAllowed
            var headers: HTTPFields = [.contentType: "application/json"]
            // RFC 9110 §15.5.6: a 405 lists those that there are.
            if !methods.isEmpty { headers[.allow] = methods.joined(separator: ", ") }
            return Response(
                status: .init(code: error.status), headers: headers,
                body: .init(byteBuffer: ByteBuffer(bytes: error.body)))
        }
    }
}
