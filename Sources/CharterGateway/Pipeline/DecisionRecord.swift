internal import CharterDetection
internal import CharterDocuments
public import CharterEngine

/// What is kept of a decision, so that it can be explained: no text of any message.
///
/// The explanation is made when somebody asks for it: a decision depends on policy and request
/// alone, so that it comes out the same again.
public struct DecisionRecord: Sendable {
    /// The id that the answer carries in `Charter-Decision`.
    public let id: String
    /// The operator that may read it.
    public let operatorName: String
    /// What decided.
    public let policy: Policy
    /// What was done with the request: `transform` where words in it were replaced, `refuse` where it should
    /// have been so and they could not.
    public internal(set) var act: Act
    /// What was called.
    public let wire: WireProtocol
    /// Behaviors that the verdict found unmet.
    public let unmet: [String]
    /// The policy's digest, as text.
    private let digest: String?
    private let question: Request
    private let user: UserLayer?
    /// Behaviors at which an answer was stopped.
    public internal(set) var stopped: [String] = []
    /// Behaviors whose words were replaced in the request.
    public internal(set) var redacted: [BehaviorID] = []
    /// Behaviors whose words were replaced in an answer.
    public internal(set) var answerRedacted: [BehaviorID] = []
    /// Behaviors that an answer exercised without being stopped.
    public internal(set) var passed: [String] = []

    /// What the charter would have had done, and what was done, where a mode lets things pass.
    public let decidedAct: Act
    /// Behaviors that a mode let pass.
    public let logged: [BehaviorID]
    /// Whether the candidate decided.
    public let isTried: Bool
    /// What the other policy would change; nil: nothing.
    public internal(set) var flip: Candidate.Flip?
    /// Whether the model itself refused what the charter allows.
    public internal(set) var isNeedlessRefusal = false
    /// What other detectors than the patterns came to.
    var findings = DetectorFindings()
    /// What detectors came to that looked at the answer.
    var answerFindings = DetectorFindings()

    init(
        _ arrival: Exchange.Arrival, _ enforcement: Enforcement, _ question: Request,
        _ user: UserLayer?, _ decision: Decision,
        _ enforced: (decision: Decision, passed: [BehaviorIndex]), _ flip: Candidate.Flip?
    ) {
        id = arrival.id
        wire = arrival.wire
        operatorName = enforcement.operatorName
        policy = enforcement.policy
        act = enforced.decision.verdict.act
        decidedAct = decision.verdict.act
        logged = enforced.passed.map { enforcement.policy.charter[$0].id }
        isTried = enforcement.isTried
        self.flip = flip
        unmet = decision.verdict.unmet.map { enforcement.policy.charter[$0].id.text.string }
        digest = enforcement.digest
        self.question = question
        self.user = user
    }

    /// What the policy was asked, as slots of its own; nil where it does not know the channel.
    public var facts: Facts? { try? policy.facts(of: question) }

    /// The id of the user that the request was of.
    package var userID: Text? { question.user }

    /// The decision made again with its refused steps, which only who words a refusal reads.
    var explained: Decision? { try? policy.decide(question, user: user) }

    /// The fields of every reply.
    var headers: [(name: String, value: String)] {
        var headers = [("charter-decision", id)] + DecisionRecord.idFields(id, wire)
        if let digest { headers.append(("charter-policy", digest)) }
        return headers
    }

    /// The fields in which clients look for a request's id, to show it with an error.
    public static func idFields(
        _ id: String, _ wire: WireProtocol
    ) -> [(name: String, value: String)] {
        wire.dialect == .anthropic
            ? [("x-request-id", id), ("request-id", id)] : [("x-request-id", id)]
    }

    /// The member `charter` of a refusing answer, for the user: what they may do or show.
    func note(_ wording: Wording, _ decision: Decision) -> [UInt8] {
        let charter = policy.charter
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("decision", id)
            writer.member("act", decision.verdict.act.rawValue)
            if decision.verdict.act == .ask {
                // What a person is to be asked by; until there is somebody to ask, it is refused.
                writer.member("approval", "apr_\(id)")
            }
            findings.writeClosed(to: &writer)
            writer.list("behaviors") { writer in
                for index in decision.verdict.unmet {
                    writer.object { writer in
                        writer.member("behavior", charter[index].id.text.string)
                        writer.member("title", charter[index].title)
                        writer.list("possible") { writer in
                            for text in wording.possible(index, decision) { writer.value(text) }
                        }
                    }
                }
            }
        }
        return writer.bytes
    }

    /// The decision as its operator reads it: SEMANTICS §8 with the trail, and what became of the
    /// answer.
    public func json() -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("id", id)
            writer.member("protocol", wire.rawValue)
            writer.member("operator", operatorName)
            writer.member("policy", policy.digest.map { "\($0)" })
            writer.object("answer") { writer in
                writer.list("stopped") { writer in stopped.forEach { writer.value($0) } }
                writer.list("redacted") { writer in
                    answerRedacted.forEach { writer.value($0.text.string) }
                }
                writer.list("passed") { writer in passed.forEach { writer.value($0) } }
                answerFindings.write(to: &writer)
            }
            writer.member("needless_refusal", isNeedlessRefusal)
            writer.member("done", act.rawValue)
            writer.list("redacted") { writer in redacted.forEach { writer.value($0.text.string) } }
            writer.list("log_only") { writer in logged.forEach { writer.value($0.text.string) } }
            writer.member("decided_by", isTried ? "candidate" : "policy")
            writer.key("flip")
            if let flip { write(flip, to: &writer) } else { writer.value(nil) }
            writer.object("claims") { writer in
                // How well each is shown, and not what it says.
                for (name, claim) in question.claims.sorted(by: { $0.key < $1.key }) {
                    writer.member(name.string, claim.evidence.name)
                }
            }
            writer.list("demands") { writer in
                for demand in question.demands {
                    writer.object { writer in
                        writer.member("behavior", demand.behavior.text.string)
                        writer.member("value", demand.value?.string)
                        writer.member("explicit", demand.isExplicit)
                        writer.member("triggered", demand.isTriggered)
                        writer.member("from", demand.from.name)
                    }
                }
            }
            findings.write(to: &writer)
            writer.list("instructions") { writer in
                for instruction in question.instructions {
                    guard case .set(let behavior, let value) = instruction.content else { continue }
                    writer.object { writer in
                        writer.member("behavior", behavior.text.string)
                        writer.member("value", value.string)
                        writer.member("explicit", instruction.isExplicit)
                        writer.member("from", instruction.from.name)
                    }
                }
            }
            if let decision = try? policy.decide(question, user: user, withTrail: true) {
                DecisionWriter(policy.charter).writeMembers(of: decision, trail: true, to: &writer)
            }
        }
        return writer.bytes
    }

    private func write(_ flip: Candidate.Flip, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("act", flip.act.rawValue)
            writer.list("unmet") { writer in flip.unmet.forEach { writer.value($0.text.string) } }
            writer.list("answer") { writer in
                flip.answer.forEach { writer.value($0.text.string) }
            }
            writer.list("adjustments") { writer in
                flip.adjustments.forEach { writer.value($0) }
            }
        }
    }
}
