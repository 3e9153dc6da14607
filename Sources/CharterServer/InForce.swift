internal import Hummingbird
internal import Synchronization

/// What a request is answered by: taken once, at its start, and kept to its end. A swap drops nothing, and no
/// request sees two versions.
final class InForce: Sendable {
    /// Everything that answers requests at one time.
    struct Version: Sendable {
        let server: GatewayServer
        let responder: RouterResponder<GatewayContext>

        init(_ server: GatewayServer, _ phase: ServerPhase) {
            self.server = server
            responder =
                server.router(phase, AllowedMethods(server.router(phase))).buildResponder()
        }
    }

    private let version: Mutex<Version>

    init(_ version: Version) {
        self.version = Mutex(version)
    }

    /// What answers a request that begins now.
    var current: Version { version.withLock { $0 } }

    /// Puts another version into force, for whoever comes from now on.
    func replace(with version: Version) {
        self.version.withLock { $0 = version }
    }
}

/// Answers each request by the version that is in force when it begins.
struct InForceResponder: HTTPResponder {
    let inForce: InForce

    func respond(to request: Request, context: GatewayContext) async throws -> Response {
        try await inForce.current.responder.respond(to: request, context: context)
    }
}

/// Where a server is between its start and its end.
final class ServerPhase: Sendable {
    enum Phase: String, Sendable {
        case starting, ready, draining
    }

    private let phase = Mutex(Phase.starting)

    var current: Phase { phase.withLock { $0 } }

    /// Goes on to a phase; there is no way back.
    func begin(_ next: Phase) {
        phase.withLock { phase in
            if phase != .draining { phase = next }
        }
    }
}
