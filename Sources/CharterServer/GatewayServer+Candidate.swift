internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway
internal import Hummingbird

/// What is tried, and how what is in force is used (docs/gateway.md).
extension GatewayServer {
    /// How the caller's candidate goes: the flips by adjustment, and the decisions that flipped.
    func candidate(_ request: Request) throws -> Response {
        let enforcement = try enforcement(of: request)
        guard let rollOut = rollOuts.rollOut(of: enforcement.operatorName),
            let candidate = enforcement.candidate
        else { throw APIError.notFound("the operator tries nothing") }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("policy", enforcement.policy.digest.map { "\($0)" })
            writer.member("candidate", candidate.enforcement.policy.digest.map { "\($0)" })
            writer.key("share")
            writer.raw(String(Double(rollOut.share) / 100))
            switch rollOut.state {
            case .running: writer.member("state", rollOut.share > 0 ? "rolling_out" : "shadow")
            case .takenBack: writer.member("state", "taken_back")
            case .closed(let gate):
                writer.member("state", "closed")
                writer.member("gate", gate)
            }
            for (key, group) in [("control", rollOut.control), ("tried", rollOut.tried)] {
                writer.object(key) { writer in
                    writer.member("requests", group.requests)
                    writer.member("refusals", group.refusals)
                    writer.member("needless_refusals", group.needlessRefusals)
                    writer.member("flips", group.flips)
                }
            }
            writer.list("flips") { writer in
                let flips = rollOut.flips.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
                for (adjustment, count) in flips {
                    writer.object { writer in
                        writer.member("adjustment", adjustment)
                        writer.member("flips", count)
                    }
                }
            }
            writer.list("flipped") { writer in rollOut.flipped.forEach { writer.value($0) } }
        }
        return json(writer.bytes)
    }

    /// Takes the caller's candidate back, in one step, until the gateway starts anew.
    func takeBackCandidate(_ request: Request) throws -> Response {
        let enforcement = try enforcement(of: request)
        guard rollOuts.takeBack(enforcement.operatorName) else {
            throw APIError.notFound("the operator tries nothing")
        }
        return try candidate(request)
    }

    /// Each adjustment of the caller's policy: how often it applied and was refused, and when last.
    func adjustments(_ request: Request) throws -> Response {
        let enforcement = try enforcement(of: request)
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("policy", enforcement.policy.digest.map { "\($0)" })
            writer.key("adjustments")
            rollOuts.use(of: enforcement).write(to: &writer)
        }
        return json(writer.bytes)
    }
}
