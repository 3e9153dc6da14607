internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway
internal import Hummingbird
internal import NIOCore

/// How the server stands: for whoever sends it requests, and for each operator what is its own.
extension GatewayServer {
    func readiness(_ phase: ServerPhase) -> Response {
        let (isReady, bytes) = gateway.readiness(phase.current)
        var response = json(bytes)
        response.headers[.cacheControl] = "no-store"
        if !isReady { response.status = .serviceUnavailable }
        return response
    }

    /// `/charter/v1/status`: what is in force for the caller's operator, and the files that it is made of.
    func status(_ request: Request) throws -> Response {
        let name = try gateway.operatorName(
            authorization: GatewayServer.authorization(request.headers),
            at: GatewayServer.now().seconds)
        guard let policy = gateway.policies[name] else { throw APIError.unknownKey }
        Observation.current?.identified(name)
        let inForce = policy.inForce?.enforcement.policy
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("operator", name)
            writer.member("in_force", policy.staleSince == nil && inForce != nil)
            writer.member("cautious", policy.isCautious)
            writer.member("policy", inForce?.digest.map { "\($0)" })
            writer.object("charter") { writer in
                writer.member("name", inForce?.charter.name)
                writer.member("version", inForce?.charter.version)
            }
            writer.member("generation", gateway.generation)
            writer.member("since", policy.since.time)
            writer.member("stale_since", policy.staleSince?.time)
            writer.list("modes") { writer in
                for mode in policy.inForce?.enforcement.logOnly ?? [] {
                    let behaviors =
                        mode.behaviors.map {
                            $0.map(\.text.string).sorted().joined(separator: " ")
                        } ?? "all"
                    writer.value("log_only by the \(mode.level.name): \(behaviors)")
                }
                if let rollOut = rollOuts.rollOut(of: name) {
                    writer.value(rollOut.words)
                }
            }
            writer.list("upstreams") { writer in
                for health in upstreams.health { writer.value(health.words) }
            }
            writer.list("sources") { writer in
                for source in policy.sources { write(source, to: &writer) }
            }
        }
        return json(writer.bytes)
    }

    private func write(_ source: PolicySource, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("kind", source.kind.rawValue)
            writer.member("file", source.name)
            writer.member("state", source.state.rawValue)
            writer.member("digest", source.digest.map { "\($0)" })
            writer.member("since", source.since.time)
        }
    }
}

extension Gateway {
    /// `/readyz`: whether requests are decided by what people wrote. It names files that are not in force, and
    /// nothing of what they say.
    func readiness(_ phase: ServerPhase.Phase) -> (isReady: Bool, json: [UInt8]) {
        let isReady = phase == .ready && isDecidedByWord
        var writer = JSONWriter()
        writer.object { writer in
            writer.member(
                "status", phase == .ready && !isDecidedByWord ? "cautious" : phase.rawValue)
            writer.member("generation", generation)
            writer.list("not_in_force") { writer in
                for source in notInForce {
                    writer.object { writer in
                        writer.member("file", source.name)
                        writer.member("state", source.state.rawValue)
                        writer.member("since", source.since.time)
                    }
                }
            }
        }
        return (isReady, writer.bytes)
    }
}

extension Instant {
    /// RFC 3339, in UTC, to the second.
    fileprivate var time: String {
        let second = ((seconds % 86_400) + 86_400) % 86_400
        let parts = [second / 3_600, second / 60 % 60, second % 60]
        return date + "T" + parts.map { $0 < 10 ? "0\($0)" : "\($0)" }.joined(separator: ":") + "Z"
    }
}

extension RollOut {
    /// How it goes, in a few words.
    fileprivate var words: String {
        switch state {
        case .running where share == 0: "candidate: shadow"
        case .running: "candidate: for \(Double(share) / 100) % of users"
        case .takenBack: "candidate: taken back"
        case .closed(let gate): "candidate: closed by \(gate)"
        }
    }
}

extension UpstreamChoice.Health {
    /// How it does, in a few words.
    fileprivate var words: String {
        switch state {
        case .closed: name
        case .open: "\(name) (not asked: \(failures) failures in a row)"
        case .halfOpen: "\(name) (tried again)"
        }
    }
}
