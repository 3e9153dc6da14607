internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL

/// The connections of one event loop to models' servers, so that an exchange never changes threads.
///
/// A connection serves one request at a time; the last one that was given back is the next one that is
/// taken. How many there are is bounded by the clients' connections.
final class UpstreamPool {
    private let eventLoop: any EventLoop
    private var idle: [UpstreamTarget.Address: [UpstreamConnection]] = [:]
    private var isSweeping = false

    /// How long a connection waits for its next request, and how often that is looked at.
    private static let longestIdle = TimeAmount.seconds(60)
    private static let sweepInterval = TimeAmount.seconds(15)
    /// The most that wait, for each server.
    private static let mostIdle = 512

    init(_ eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
    }

    /// A connection that waits; nil where there is none.
    func take(_ address: UpstreamTarget.Address) -> UpstreamConnection? {
        while let connection = idle[address]?.popLast() {
            if connection.isIdle { return connection }
        }
        return nil
    }

    /// Makes a connection.
    func connect(
        _ target: UpstreamTarget,
        _ completion: @escaping (Result<UpstreamConnection, UpstreamFailure>) -> Void
    ) {
        let connection = UpstreamConnection(target.address, self)
        let bound = NIOLoopBound(connection, eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .connectTimeout(target.connectTimeout)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if target.address.isSecure {
                        try pipeline.addHandler(UpstreamPool.securing(target))
                    }
                    // Every field is checked where the head is made.
                    try pipeline.addHTTPClientHandlers(enableOutboundHeaderValidation: false)
                    try pipeline.addHandler(bound.value)
                }
            }
            .connect(host: target.address.host, port: target.address.port)
            .assumeIsolated().whenComplete { result in
                switch result {
                case .success: completion(.success(connection))
                case .failure: completion(.failure(.unreachable))
                }
            }
    }

    private struct NotSecured: Error {}

    private static func securing(_ target: UpstreamTarget) throws -> NIOSSLClientHandler {
        guard let context = target.security else { throw NotSecured() }
        let host = target.address.host
        // A certificate of an address is not asked for by name (RFC 6066, 3).
        let isName = (try? SocketAddress(ipAddress: host, port: 0)) == nil
        return try NIOSSLClientHandler(context: context, serverHostname: isName ? host : nil)
    }

    /// Keeps a connection for the next request.
    func keep(_ connection: UpstreamConnection) {
        guard idle[connection.address]?.count ?? 0 < UpstreamPool.mostIdle else {
            return connection.abandon()
        }
        idle[connection.address, default: []].append(connection)
        sweepLater()
    }

    /// A connection has ended.
    func forget(_ connection: UpstreamConnection) {
        idle[connection.address]?.removeAll { $0 === connection }
    }

    /// Ends every connection that waits.
    func close() {
        for connection in idle.values.joined() { connection.abandon() }
        idle = [:]
    }

    private func sweepLater() {
        guard !isSweeping else { return }
        isSweeping = true
        eventLoop.assumeIsolated().scheduleTask(in: UpstreamPool.sweepInterval) { [weak self] in
            self?.sweep()
        }
    }

    private func sweep() {
        isSweeping = false
        let limit = NIODeadline.now() - UpstreamPool.longestIdle
        for (address, connections) in idle {
            // The longest idle stand first.
            let old = connections.prefix { $0.idleSince <= limit }
            idle[address] =
                old.count == connections.count ? nil : Array(connections.dropFirst(old.count))
            for connection in old { connection.abandon() }
        }
        if !idle.isEmpty { sweepLater() }
    }
}
