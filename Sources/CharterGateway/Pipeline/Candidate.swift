internal import CharterDetection
public import CharterEngine

/// A policy that is tried beside the one in force: on the same requests, without a say in what happens.
public final class Candidate: Sendable {
    /// What would be in force.
    public let enforcement: Enforcement

    /// A candidate with everything that an exchange would need.
    public init(_ enforcement: Enforcement) {
        self.enforcement = enforcement
    }

    /// What a candidate says of a request whose outcome it would change.
    public struct Flip: Sendable {
        /// What would be done.
        public var act: Act
        /// What would be unmet.
        public var unmet: [BehaviorID]
        /// The adjustments that make the difference: what the one has and the other has not.
        public var adjustments: [String]
        /// Behaviors at which the answer would end, or would not.
        public var answer: [BehaviorID] = []

        /// The other policy does not know the channel: it would turn the request away.
        static let unknownChannel = Flip(
            act: .refuse, unmet: [], adjustments: ["it has no such channel"])
    }

    /// The comparison for one request.
    struct Comparison: Sendable {
        let candidate: Candidate
        let decision: Decision
        /// Nil: the request's own outcome is the same.
        let flip: Flip?
        let judge: AnswerJudge

        /// - Throws: where the candidate has no such channel.
        init(
            _ candidate: Candidate, _ question: Request, _ user: UserLayer?, _ enforced: Decision,
            _ enforcement: Enforcement
        ) throws(RequestError) {
            let other = candidate.enforcement
            self.candidate = candidate
            let decided = try other.policy.decide(question, user: user, withRefused: false)
            decision =
                LogOnly.enforced(decided, question.demands, other.logOnly, other.policy).decision
            judge = AnswerJudge(other, decision, question.demands)
            let before = Outcome(enforced.verdict, enforcement.policy.charter)
            let after = Outcome(decision.verdict, other.policy.charter)
            guard before != after else {
                flip = nil
                return
            }
            let behaviors = before.behaviors.symmetricDifference(after.behaviors)
            flip = Flip(
                act: after.act, unmet: after.unmet,
                adjustments: try Comparison.adjustments(
                    of: behaviors.isEmpty ? before.behaviors : behaviors, question, user,
                    enforcement.policy, other.policy))
        }

        /// What of an answer's patterns ends it by one of the two policies alone.
        func answer(
            _ patterns: Set<Int>, _ inForce: AnswerJudge, _ enforcement: Enforcement
        ) -> [BehaviorID] {
            Set(
                patterns.filter {
                    judge.ends(atPattern: $0) != inForce.ends(atPattern: $0)
                }.map { enforcement.patterns.patterns[$0].behavior }
            ).sorted { $0.text < $1.text }
        }

        /// What the trails of two policies do not share, for some behaviors: `+` is the candidate's.
        private static func adjustments(
            of behaviors: Set<BehaviorID>, _ question: Request, _ user: UserLayer?,
            _ before: Policy, _ after: Policy
        ) throws(RequestError) -> [String] {
            func steps(_ policy: Policy) throws(RequestError) -> [Adjusted] {
                try policy.decide(question, user: user, withTrail: true).trail
                    .filter { behaviors.contains($0.behavior) }
                    .map { Adjusted($0, policy.charter) }
            }
            let (old, new) = (try steps(before), try steps(after))
            return new.filter { !old.contains($0) }.map { "+ \($0.words)" }
                + old.filter { !new.contains($0) }.map { "- \($0.words)" }
        }
    }

    /// What a client would notice.
    private struct Outcome: Equatable {
        let act: Act
        let unmet: [BehaviorID]
        let duties: [BehaviorID]

        init(_ verdict: Verdict, _ charter: Charter) {
            act = verdict.act
            unmet = verdict.unmet.map { charter[$0].id }
            duties = verdict.duties.map { charter[$0].id }
        }

        var behaviors: Set<BehaviorID> { Set(unmet + duties) }
    }

    /// One step of a trail, wherever in its document it stands.
    private struct Adjusted: Equatable {
        let step: Step
        let charter: Charter

        init(_ step: Step, _ charter: Charter) {
            self.step = step
            self.charter = charter
        }

        static func == (one: Adjusted, other: Adjusted) -> Bool {
            one.name == other.name && one.step.reason == other.step.reason
        }

        var words: String {
            let origin = step.origin
            let line = origin.position.line > 0 ? ":\(origin.position.line)" : ""
            return "\(name) (\(origin.file.isEmpty ? step.scope.rawValue : origin.file + line))"
        }

        private var name: String {
            let value: String
            switch step.value {
            case .rank(let rank):
                value = charter[step.behavior]?.name(of: rank)?.string ?? "none"
            case .claim(let claim): value = claim.string
            case .unknown(let text): value = text.string
            case .unsaid: value = ""
            }
            return
                "\(step.scope.rawValue) \(step.operation.rawValue) \(step.behavior.text.string): \(value)"
        }
    }
}

/// A gradual roll-out of a candidate: to a share of users, and back by itself where a gate closes.
///
/// Who is in the share stays in it as long as the share does not fall. A value without a clock.
public struct RollOut: Sendable {
    /// What may not be exceeded, as shares of requests; nil: it does not matter.
    public struct Gates: Sendable, Equatable {
        /// How many more requests than in the control group may be refused.
        public var refusals: Double?
        /// How many more the model may refuse that the charter allows.
        public var needlessRefusals: Double?
        /// How many may have another outcome.
        public var flips: Double?
        /// How many requests a group must have before it is compared.
        public var atLeast = 200

        /// No gates.
        public init() {}
    }

    /// How it goes.
    public enum State: Sendable, Equatable {
        /// As the settings say.
        case running
        /// Somebody has taken it back.
        case takenBack
        /// A gate has closed: which.
        case closed(gate: String)
    }

    /// What became of the requests of one group.
    public struct Group: Sendable, Equatable {
        /// How many there were.
        public var requests = 0
        /// How many were refused.
        public var refusals = 0
        /// How many the model refused that the charter allows.
        public var needlessRefusals = 0
        /// How many have another outcome by the other policy.
        public var flips = 0
    }

    /// Of 10,000 users, how many.
    public let share: Int
    /// What may not be exceeded.
    public let gates: Gates
    /// How it goes.
    public private(set) var state = State.running
    /// Users for whom the policy in force decides.
    public private(set) var control = Group()
    /// Users for whom the candidate decides.
    public private(set) var tried = Group()
    /// Flips by adjustment.
    public private(set) var flips: [String: Int] = [:]
    /// The decisions that flipped last, the newest last.
    public private(set) var flipped: [String] = []

    private static let mostAdjustments = 1_000
    private static let mostFlipped = 1_000

    /// - Parameter share: of 10,000 users, how many; 0: the candidate decides beside the policy alone.
    public init(share: Int = 0, gates: Gates = Gates()) {
        self.share = min(max(share, 0), 10_000)
        self.gates = gates
    }

    /// Whether the candidate decides for a user.
    ///
    /// - Parameter userHash: of the user and the candidate; who has no id is not in the share.
    public func includes(userHash: UInt64?) -> Bool {
        guard state == .running, let userHash else { return false }
        return userHash % 10_000 < UInt64(share)
    }

    /// Notes what became of a request.
    public mutating func note(
        isTried: Bool, isRefused: Bool, isNeedless: Bool, _ flip: Candidate.Flip?, id: String
    ) {
        func add(_ group: inout Group) {
            group.requests += 1
            if isRefused { group.refusals += 1 }
            if isNeedless { group.needlessRefusals += 1 }
            if flip != nil { group.flips += 1 }
        }
        if isTried { add(&tried) } else { add(&control) }
        if let flip {
            for adjustment in flip.adjustments
            where flips[adjustment] != nil || flips.count < Self.mostAdjustments {
                flips[adjustment, default: 0] += 1
            }
            if flipped.count == Self.mostFlipped { flipped.removeFirst() }
            flipped.append(id)
        }
        if state == .running, share > 0, let gate = closedGate { state = .closed(gate: gate) }
    }

    /// Takes the candidate back, in one step.
    public mutating func takeBack() { state = .takenBack }

    private var closedGate: String? {
        func rate(_ count: Int, of group: Group) -> Double {
            Double(count) / Double(max(group.requests, 1))
        }
        guard tried.requests >= gates.atLeast else { return nil }
        if let most = gates.flips, rate(tried.flips, of: tried) > most { return "flips" }
        // A share of all users has nobody to be compared with: then the rates count by themselves.
        guard control.requests >= gates.atLeast || share == 10_000 else { return nil }
        if let most = gates.refusals,
            rate(tried.refusals, of: tried) - rate(control.refusals, of: control) > most
        {
            return "refusals"
        }
        if let most = gates.needlessRefusals,
            rate(tried.needlessRefusals, of: tried)
                - rate(control.needlessRefusals, of: control) > most
        {
            return "needless refusals"
        }
        return nil
    }
}
