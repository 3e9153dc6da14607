internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway
internal import CharterStore
internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

/// Charter's own paths, `/charter/v1/…` (docs/gateway.md).
extension GatewayServer {
    // MARK: Decisions

    func matrix(_ request: Request) async throws -> Response {
        let enforcement = try enforcement(of: request)
        let now = GatewayServer.now()
        let caller = try await caller(request, enforcement, now)
        let decision: Decision
        do {
            let layer = try caller.user.map { try userLayers?.layer(of: $0, enforcement) } ?? nil
            decision = try enforcement.policy.decide(caller.request(at: now), user: layer)
        } catch let error as RequestError {
            throw APIError.invalid(
                "the operator has no such channel", param: "charter-channel",
                code: error.rawValue)
        }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("operator", enforcement.operatorName)
            writer.member("policy", enforcement.policy.digest.map { "\($0)" })
            writer.key("behaviors")
            PolicyMatrix(enforcement.policy, decision).writeByBehavior(to: &writer)
        }
        return json(writer.bytes)
    }

    func plainDecision(
        _ request: Request, _ channel: any Channel, trail: Bool
    ) async throws -> Response {
        let enforcement = try enforcement(of: request)
        let type = request.headers[.contentType]?.lowercased().split(separator: ";").first
        guard type.map({ $0.filter { $0 != " " } == "application/json" }) ?? true else {
            throw APIError.unsupportedMediaType
        }
        let body = try await body(of: request, channel)
        return json(
            try PlainDecision.json(body, enforcement, at: GatewayServer.now(), trail: trail) {
                user throws(APIError) in try userLayers?.layer(of: user, enforcement)
            })
    }

    func decision(_ request: Request, _ id: String) throws -> Response {
        let enforcement = try enforcement(of: request)
        guard let record = decisions.record(id, of: enforcement.operatorName) else {
            throw APIError.notFound("there is no such decision")
        }
        return json(record.json())
    }

    func inheritance(_ request: Request) throws -> Response {
        let enforcement = try enforcement(of: request)
        guard let bytes = gateway.inheritance(ofOperator: enforcement.operatorName) else {
            throw APIError.notFound("there is no operator's layer")
        }
        return json(bytes)
    }

    // MARK: What users have set

    private func userLayers(
        _ request: Request, _ context: GatewayContext
    ) throws(APIError) -> (UserLayers, user: String, Enforcement) {
        let enforcement = try enforcement(of: request)
        guard let userLayers, gateway.hasOperators else {
            throw .notFound("the settings have no `store`, or no operators")
        }
        let user = context.parameters.get("id")?.removingPercentEncoding ?? ""
        guard !user.isEmpty, user.utf8.count <= Caller.longestName else {
            throw .invalid("the user's id is empty, or too long", param: "id")
        }
        return (userLayers, user, enforcement)
    }

    func putLayer(_ request: Request, _ context: GatewayContext) async throws -> Response {
        let (layers, user, enforcement) = try userLayers(request, context)
        let bytes: [UInt8]
        do {
            let body = try await request.body.collect(upTo: Store.largestUserLayer)
            bytes = Array(body.readableBytesView)
        } catch {
            throw APIError(JSONError.tooLarge(Store.largestUserLayer))
        }
        guard !bytes.isEmpty else {
            throw APIError.invalid("the body is empty; `DELETE` takes a layer away", param: nil)
        }
        let doubts = try layers.put(
            bytes, of: user, enforcement, at: GatewayServer.now().seconds)
        var writer = JSONWriter()
        writer.object { writer in
            writer.list("warnings") { writer in
                for doubt in doubts where doubt.severity == .warning {
                    writer.value(UserLayers.words(of: [doubt]))
                }
            }
        }
        return json(writer.bytes)
    }

    func layer(_ request: Request, _ context: GatewayContext) throws -> Response {
        let (layers, user, enforcement) = try userLayers(request, context)
        guard let bytes = try layers.document(of: user, enforcement) else {
            throw APIError.notFound("the user has set nothing")
        }
        return Response(
            status: .ok, headers: [.contentType: "application/yaml"],
            body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
    }

    func removeLayer(_ request: Request, _ context: GatewayContext) throws -> Response {
        let (layers, user, enforcement) = try userLayers(request, context)
        guard try layers.remove(of: user, enforcement) else {
            throw APIError.notFound("the user has set nothing")
        }
        return Response(status: .noContent)
    }
}
