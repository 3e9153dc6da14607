internal import CharterEngine
internal import CharterGateway
internal import NIOCore
internal import NIOHTTP1

/// A call of a model, as far as its head says.
struct LineCall: Sendable {
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

    /// The most bytes that a head says its body has, and will have; nil where it does not say.
    static func length(of head: HTTPRequestHead) -> Int? {
        head.headers.first(name: "content-length").flatMap { Int($0) }
    }

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

/// What became of an exchange, told when it is over.
struct LineEnd: Sendable {
    enum Outcome: Sendable {
        /// It was answered, be it by an error.
        case answered(status: Int)
        /// The client went away before its answer was whole.
        case clientGone
    }

    let call: LineCall
    let outcome: Outcome
    /// The model's server that was asked last; nil: none was.
    let target: UpstreamTarget.Address?
    /// From the head of the request to its decision, to the head of the model's answer and to the end.
    let decided, answered: TimeAmount?
    let whole: TimeAmount
}
