/// The fold of SEMANTICS §4 on runs of bits: the same as `Fold`, without a trail, in nanoseconds.
///
/// The ceilings of all actors are the bytes of one word, so that what an actor leaves to
/// those below is one `&`, and what it opens to the next is one `|`.
struct RunFold {
    /// What became of one adjustment: for each op nothing, accepted, or a reason.
    struct Outcome: Hashable, Sendable {
        /// 4 bits each, from the lowest: set, allow, deny, forbid; 0 nothing, 1 accepted.
        private(set) var bits: UInt16 = 0

        static let accepted: UInt16 = 1

        /// The code of a reason, 2 to 7.
        static func code(_ reason: Reason) -> UInt16 {
            switch reason {
            case .notAdjustable: 2
            case .aboveCeiling: 3
            case .forbidden: 4
            case .notDelegable: 5
            case .protected: 6
            default: 7
            }
        }

        @inline(__always)
        mutating func note(_ operation: Int, _ code: UInt16) {
            bits |= code << UInt16(operation * 4)
        }
    }

    /// The innermost operator's place in the chain; the fold's owner knows it.
    var lastOperator: UInt8 = 2
    private(set) var setting: Run
    private(set) var decidedBy: UInt8 = 0
    /// Whether a step was refused, or a condition unknown: then the trail has more to say.
    private(set) var hasRefusals = false
    private let top: Run
    /// How far platform, operators and user may go with leave from above.
    private let most: (platform: Run, operator: Run, user: Run)
    /// Bit L: level L has a say; bit L + 4: the behavior is protected from level L.
    private let flags: UInt8
    private(set) var cap: Run
    /// What the actor on turn leaves to those below, opens to the next, and what its scope has said.
    private var left: Run
    private var open: Run = 0
    private var allowed: Run = 0
    private var belowDenied: Run = 0xFF
    private var belowForbidden: Run = 0xFF
    private var actor: UInt8 = 0
    private var scope: UInt16 = 0
    /// By actor: root, platform, up to four operators, an empty byte, the user.
    private var ceilings: UInt64
    private var reported: UInt64

    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let user: UInt8 = 7

    /// A fold before anybody has said anything.
    init(_ behavior: Behavior) {
        top = behavior.top.run
        setting = behavior.default.run
        most = (
            behavior.most(.platform).run, behavior.most(.operator).run, behavior.most(.user).run
        )
        var flags: UInt8 = 0
        for level in Level.allCases {
            if behavior.hasSay(level) || level == .root { flags |= 1 << level.rawValue }
            if level != .root, behavior.isProtected(from: level) { flags |= 16 << level.rawValue }
        }
        self.flags = flags
        cap = top
        left = top
        let operators = UInt64(behavior.own(.operator).run) &* RunFold.ones
        ceilings =
            UInt64(top) | UInt64(behavior.own(.platform).run) << 8
            | (operators & 0x00FF_FFFF_FFFF_0000) | UInt64(behavior.own(.user).run) << 56
        reported = ceilings
    }

    /// Root is 0; the user has no step in this fold.
    @inline(__always)
    private var level: UInt8 { min(actor, 2) }

    @inline(__always)
    private var ceiling: Run { Run(truncatingIfNeeded: ceilings >> (UInt64(actor) &* 8)) }

    /// The most that the next actor may have with leave.
    @inline(__always)
    private var mostOfNext: Run {
        if actor == 0 { return most.platform }
        return actor < lastOperator ? most.operator : most.user
    }

    /// Takes the next adjustment that is for this user, in the order of the fold.
    @inline(__always)
    mutating func apply(
        _ adjustment: PackedAdjustment, of target: AdjustmentTarget, _ truth: Truth
    ) -> Outcome {
        if target.actor != actor {
            endActor()
            actor = target.actor
        } else if target.scope != scope {
            endScope()
        }
        scope = target.scope
        var outcome = Outcome()
        let hasSay = flags & (1 << level) != 0
        if truth == .unknown { hasRefusals = true }
        if adjustment.set != 0 {
            let value = adjustment.set
            if truth == .yes || (hasSay && value < setting) {
                let code = refusal(value, hasSay, isSet: true)
                outcome.note(0, code)
                if code == Outcome.accepted {
                    setting = value
                    decidedBy = level
                }
            }
        }
        if adjustment.allow != 0, truth == .yes {
            var code = refusal(adjustment.allow, hasSay, isSet: false)
            if code == Outcome.accepted, adjustment.allow > mostOfNext {
                code = Outcome.code(.notDelegable)
                hasRefusals = true
            }
            outcome.note(1, code)
            if code == Outcome.accepted { allowed |= adjustment.allow }
        }
        if adjustment.belowDeny | adjustment.belowForbid != 0 {
            let code = refusalOfRestriction(hasSay)
            if adjustment.belowDeny != 0 { outcome.note(2, code) }
            if adjustment.belowForbid != 0 { outcome.note(3, code) }
            if code == Outcome.accepted {
                if adjustment.belowDeny != 0 { belowDenied &= adjustment.belowDeny }
                if adjustment.belowForbid != 0 { belowForbidden &= adjustment.belowForbid }
            }
        }
        return outcome
    }

    @inline(__always)
    private mutating func refusal(_ value: Run, _ hasSay: Bool, isSet: Bool) -> UInt16 {
        if hasSay {
            if isSet, value < setting { return Outcome.accepted }
            if value <= ceiling, value <= cap { return Outcome.accepted }
        }
        hasRefusals = true
        if !hasSay { return Outcome.code(.notAdjustable) }
        return Outcome.code(value > ceiling ? .aboveCeiling : .forbidden)
    }

    @inline(__always)
    private mutating func refusalOfRestriction(_ hasSay: Bool) -> UInt16 {
        let isProtected = flags & (16 << level) != 0
        if hasSay, !isProtected { return Outcome.accepted }
        hasRefusals = true
        return Outcome.code(hasSay ? .protected : .notAdjustable)
    }

    /// The administrator's step of the innermost operator, behind everything else that it says.
    @inline(__always)
    mutating func administer() {
        if actor != lastOperator {
            endActor()
            actor = lastOperator
        } else {
            endScope()
        }
        let value = ceiling & cap & most.user
        left |= value
        open |= value
    }

    @inline(__always)
    private mutating func endScope() {
        let bound = belowDenied | allowed
        left = left & belowDenied | allowed
        open = open & belowDenied | allowed
        cap &= belowForbidden
        let lowest = setting & bound & belowForbidden
        if lowest != setting {
            setting = lowest
            decidedBy = level
        }
        allowed = 0
        belowDenied = 0xFF
        belowForbidden = 0xFF
    }

    @inline(__always)
    private mutating func endActor() {
        endScope()
        let next = actor == lastOperator ? RunFold.user : actor + 1
        let here = (UInt64(1) << (UInt64(actor) &* 8 &+ 8)) &- 1
        ceilings &= here | UInt64(left) &* RunFold.ones
        ceilings |= UInt64(open) << (UInt64(next) &* 8)
        reported = reported & here | ceilings & (UInt64(cap) &* RunFold.ones) & ~here
        left = top
        open = 0
    }

    /// Applies the adjustments that every request meets, up to the first that is for somebody or has a
    /// condition; what is left of them.
    mutating func applyPrefix(of range: Range<Int>, _ table: StepTable) -> Range<Int> {
        var place = range.lowerBound
        while place < range.upperBound {
            let adjustment = table.adjustment(place)
            let target = table.target(of: adjustment)
            guard !target.isForSomebody, adjustment.isUnconditional else { break }
            _ = apply(adjustment, of: target, .yes)
            place += 1
        }
        return place..<range.upperBound
    }

    /// Ends the actors before `next`, who have nothing more to say.
    mutating func advance(to next: UInt8) {
        while actor < next {
            endActor()
            actor += 1
        }
    }

    /// The decision, when everything has been applied.
    @inline(__always)
    mutating func decision() -> BehaviorDecision {
        endActor()
        return BehaviorDecision(
            setting: Rank(run: setting), decidedBy: Level(rawValue: decidedBy) ?? .root,
            ceilings: .init(
                platform: reportedRank(1), operator: reportedRank(lastOperator),
                user: reportedRank(RunFold.user)))
    }

    @inline(__always)
    private func reportedRank(_ actor: UInt8) -> Rank {
        Rank(run: Run(truncatingIfNeeded: reported >> (UInt64(actor) &* 8)))
    }
}
