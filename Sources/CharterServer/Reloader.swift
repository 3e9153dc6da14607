internal import CharterDocuments
internal import CharterEngine
internal import Logging
internal import ServiceLifecycle
internal import Synchronization
internal import UnixSignals

/// Looks at the files once a second, and after SIGHUP whether they have changed or not; puts into force what is
/// right, and keeps what was in force of the rest.
struct Reloader: Service {
    let inForce: InForce
    let phase: ServerPhase
    let origin: SettingsOrigin
    /// Clients of what the settings name no more: answers may still come through them.
    let retired: RetiredClients
    let logger: Logger

    private static let interval = Duration.seconds(1)
    /// How long a file must not have moved: one that is being written is left until the next look.
    private static let stillness = Duration.milliseconds(50)

    /// Runs until the server is told to end.
    func run() async throws {
        let wish = Wish()
        // Reading and compiling takes its time, which the event loops do not have.
        try? await withTaskExecutorPreference(globalConcurrentExecutor) {
            try await cancelWhenGracefulShutdown {
                try await withThrowingTaskGroup(of: Void.self) { group in
                    group.addTask {
                        for await _ in await UnixSignalsSequence(trapping: .sighup) { wish.make() }
                    }
                    group.addTask { try await watch(wish) }
                    defer { group.cancelAll() }
                    try await group.waitForAll()
                }
            }
        }
        phase.begin(.draining)
    }

    private func watch(_ wish: Wish) async throws {
        var watch = FileWatch(inForce.current.server.gateway.contents)
        var told: [String] = []
        while true {
            try await Task.sleep(for: Reloader.interval)
            await retired.endUnused()
            let hasChanged = watch.hasChanged()
            if hasChanged { try await Task.sleep(for: Reloader.stillness) }
            if hasChanged && watch.isStill || wish.take() {
                let gateway = inForce.current.server.gateway
                let rereading = gateway.reread(origin, at: GatewayServer.now())
                tell(rereading, &told)
                put(rereading.gateway)
                watch = FileWatch(rereading.gateway.contents)
            }
            if let aged = inForce.current.server.gateway.aged(at: GatewayServer.now()) { put(aged) }
        }
    }

    /// Puts a gateway into force. One that has the same in force still says how its files stand.
    private func put(_ gateway: Gateway) {
        let last = inForce.current.server
        // One that is already too old is never in force as it was, not for a moment.
        let next = gateway.aged(at: GatewayServer.now()) ?? gateway
        let server = GatewayServer(next, after: last)
        if server.upstreams !== last.upstreams { retired.add(last.upstreams) }
        if let detectors = last.detectors, server.detectors !== detectors {
            retired.add(detectors)
        }
        inForce.replace(with: InForce.Version(server, phase))
        tell(next, after: last.gateway)
    }

    // MARK: Telling

    /// What is wrong, once.
    private func tell(_ rereading: Gateway.Rereading, _ told: inout [String]) {
        let problems =
            rereading.diagnostics.filter { $0.severity == .error }.map { problem in
                "\(problem.file):\(problem.position.line):\(problem.position.column): "
                    + "\(problem.message) (\(problem.id))"
            }
            + rereading.unchangeable.map {
                "`\($0)` cannot change while the gateway runs: start it anew"
            }
        for problem in problems where !told.contains(problem) { logger.warning("\(problem)") }
        told = problems
    }

    /// What is in force now, and what is not.
    private func tell(_ gateway: Gateway, after last: Gateway) {
        if gateway.generation != last.generation {
            logger.notice(
                "another version is in force", metadata: ["generation": "\(gateway.generation)"])
        }
        for (name, policy) in gateway.policies.sorted(by: { $0.key < $1.key }) {
            let before = last.policies[name]
            if policy.isCautious, before?.isCautious != true {
                logger.error(
                    "the most cautious values are in force: its files have been wrong for too long",
                    metadata: ["operator": "\(name)"])
            }
            guard policy.sources != before?.sources else { continue }
            for source in policy.sources where !source.isRight {
                logger.warning(
                    "a file is not in force",
                    metadata: [
                        "operator": "\(name)", "file": "\(source.name)",
                        "state": "\(source.state.rawValue)",
                    ])
            }
            if policy.staleSince == nil, before?.staleSince != nil {
                logger.notice("every file is in force again", metadata: ["operator": "\(name)"])
            }
        }
    }

    /// Whether somebody has asked for the files to be read.
    private final class Wish: Sendable {
        private let isMade = Mutex(false)

        func make() { isMade.withLock { $0 = true } }

        /// Whether it was made since this was last asked.
        func take() -> Bool {
            isMade.withLock { isMade in
                defer { isMade = false }
                return isMade
            }
        }
    }
}

/// Clients that answer no new requests, kept until the last answer that comes through them has ended: nobody
/// is cut off by a new upstream.
final class RetiredClients: Sendable {
    private struct Clients {
        var upstreams: [Upstreams] = []
        var detectors: [DetectorSet] = []
    }

    private let clients = Mutex(Clients())

    func add(_ upstreams: Upstreams) { clients.withLock { $0.upstreams.append(upstreams) } }

    func add(_ detectors: DetectorSet) { clients.withLock { $0.detectors.append(detectors) } }

    /// How many are kept.
    var count: Int { clients.withLock { $0.upstreams.count + $0.detectors.count } }

    /// Ends those that nobody holds any more.
    func endUnused() async {
        await RetiredClients.end(
            clients.withLock { clients in
                Clients(
                    upstreams: RetiredClients.takeUnused(&clients.upstreams),
                    detectors: RetiredClients.takeUnused(&clients.detectors))
            })
    }

    /// Ends all of them.
    func shutdown() async {
        await RetiredClients.end(
            clients.withLock { clients in
                defer { clients = Clients() }
                return clients
            })
    }

    private static func takeUnused<Client: AnyObject>(_ clients: inout [Client]) -> [Client] {
        var unused: [Client] = []
        for index in clients.indices.reversed()
        where isKnownUniquelyReferenced(&clients[index]) {
            unused.append(clients.remove(at: index))
        }
        return unused
    }

    private static func end(_ clients: Clients) async {
        for upstreams in clients.upstreams { try? await upstreams.shutdown() }
        for detectors in clients.detectors { try? await detectors.shutdown() }
    }
}
