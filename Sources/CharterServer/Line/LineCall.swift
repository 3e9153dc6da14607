internal import CharterEngine
internal import CharterGateway
internal import NIOCore
internal import NIOHTTP1

/// A call of a model, as far as its head says.
struct LineCall: Sendable {
    /// What answers it: the version that was in force when it began.
    let server: GatewayServer
    /// What is learned of it.
    let observation: Observation
    /// Which call.
    let wire: WireProtocol
    /// The decision's id.
    let id: String
    /// Who asks.
    let identity: Gateway.Identity
    /// The head of the request.
    let head: HTTPRequestHead
    /// When its head had come.
    let arrived: NIODeadline

    /// The call that a request is; nil where it is none, and somebody else's to answer.
    ///
    /// Paths are read as the router reads them: what stands behind `?` or `#` and empty parts do not count.
    static func wire(of head: HTTPRequestHead) -> WireProtocol? {
        guard head.method == .POST else { return nil }
        if let wire = paths[head.uri] { return wire }
        var path = head.uri[...]
        if !path.hasPrefix("/"), let scheme = path.firstRange(of: "://") {
            path = path[scheme.upperBound...].drop { $0 != "/" }
        }
        path = path.prefix { $0 != "?" && $0 != "#" }
        return paths["/" + path.split(separator: "/").joined(separator: "/")]
    }

    private static let paths = Dictionary(
        uniqueKeysWithValues: WireProtocol.allCases.map { ("/v1" + $0.path, $0) })
}
