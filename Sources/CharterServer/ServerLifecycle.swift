internal import CharterEngine
internal import Hummingbird
internal import HummingbirdCore
internal import HummingbirdHTTP2
public import Logging
internal import NIOCore
internal import ServiceLifecycle
internal import UnixSignals

/// A gateway as a server, from its start to its end: it listens, follows its files while it runs, and lets
/// answers end that are being given when it is told to.
public struct ServerLifecycle: Sendable {
    private let server: GatewayServer
    private let origin: SettingsOrigin
    private let logger: Logger

    private static let mostConnections = 8_192

    /// A server of this gateway, which is not running yet.
    ///
    /// - Parameter origin: where its settings come from, to be read again while it runs.
    /// - Throws: where the store of the settings cannot be opened.
    public init(_ gateway: Gateway, _ origin: SettingsOrigin, logger: Logger) throws {
        ProcessResources.take()
        server = try GatewayServer(gateway, logger: logger)
        self.origin = origin
        self.logger = logger
    }

    /// Serves until the process is told to end, by SIGTERM or SIGINT; then nobody new is let in, and answers
    /// have the settings' `drain` to end.
    ///
    /// - Parameter onReady: is told the port when requests are answered.
    public func run(onReady: @escaping @Sendable (Int) async -> Void) async throws {
        let settings = server.gateway.settings
        let phase = ServerPhase()
        let inForce = InForce(InForce.Version(server, phase))
        let retired = RetiredClients()
        let shares = LoopShares()
        defer { shares.close() }
        let application = Application(
            responder: InForceResponder(inForce: inForce),
            server: try ServerLifecycle.builder(settings, inForce, shares),
            configuration: .init(
                address: .hostname(settings.host, port: settings.port),
                serverName: nil,
                backlog: 1_024,
                availableConnectionsDelegate: MaximumAvailableConnections(
                    ServerLifecycle.mostConnections)),
            onServerRunning: { channel in
                phase.begin(.ready)
                await onReady(channel.localAddress?.port ?? 0)
            },
            logger: logger)
        let admin = settings.telemetry.admin.map {
            AdminServer(telemetry: server.telemetry, address: $0, logger: logger)
        }
        let services = ([server.telemetry.exporter, admin] as [(any Service)?]).compactMap(\.self)
        let reloader = Reloader(
            inForce: inForce, phase: phase, origin: origin, retired: retired, logger: logger)
        // The last is told to end first: readiness ends before the connections do.
        var configuration = ServiceGroupConfiguration(
            services: services + [application, reloader],
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: logger)
        configuration.maximumGracefulShutdownDuration = .seconds(settings.drainSeconds)
        let group = ServiceGroup(configuration: configuration)
        let result: Result<Void, any Error>
        do {
            try await withTaskExecutorPreference(EventLoopExecutor.shared) { try await group.run() }
            result = .success(())
        } catch {
            // Answers that were cut off when the time for them was over are no failure of the server's.
            let isDrained = phase.current == .draining && !(error is AdminServer.AddressFailure)
            result = isDrained ? .success(()) : .failure(error)
        }
        try? await inForce.current.server.shutdown()
        await retired.shutdown()
        try result.get()
    }

    private static func builder(
        _ settings: Settings, _ inForce: InForce, _ shares: LoopShares
    ) throws -> HTTPServerBuilder {
        guard let tls = settings.tls else {
            return HTTPServerBuilder { responder in
                LineChannel(inForce: inForce, shares: shares, responder: responder)
            }
        }
        let configuration = try ServerTLS.configuration(tls)
        let timeout = ConnectionHandler.idleTimeout
        return HTTPServerBuilder { responder in
            try SecureChannel(
                configuration,
                .init(
                    idleTimeout: .nanoseconds(timeout.nanoseconds),
                    streamConfiguration: .init(idleTimeout: timeout)),
                responder: responder)
        }
    }
}
