/// The fold of SEMANTICS §4 on runs of bits: the same as `Fold`, without a trail, in nanoseconds.
///
/// The ceilings of all actors (7 at most) are the bytes of one word, so that what an actor leaves to
/// those below is one `&`, and what it opens to the next is one `|`.
struct RunFold {
    /// What a fold starts from: a behavior's own numbers, as runs.
    struct Head: Sendable {
        var top: Run
        var standard: Run
        /// By level.
        var own: (root: Run, platform: Run, operator: Run, user: Run)
        var most: (platform: Run, operator: Run, user: Run)
        /// Bit L: level L has a say; bit L + 4: the behavior is protected from level L.
        var flags: UInt8

        init(_ behavior: Behavior) {
            top = behavior.top.run
            standard = behavior.default.run
            own = (
                top, behavior.own(.platform).run, behavior.own(.operator).run,
                behavior.own(.user).run
            )
            most = (
                behavior.most(.platform).run, behavior.most(.operator).run, behavior.most(.user).run
            )
            flags = 0
            for level in Level.allCases {
                if behavior.hasSay(level) || level == .root { flags |= 1 << level.rawValue }
                if level != .root, behavior.isProtected(from: level) {
                    flags |= 16 << level.rawValue
                }
            }
        }
    }

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

    private let head: Head
    private let lastActor: Int
    private(set) var setting: Run
    private(set) var decidedBy: UInt8 = 0
    private(set) var reported: UInt64
    /// Whether a step was refused, or a condition unknown: then the trail has more to say.
    private(set) var hasRefusals = false
    private var cap: Run
    private var ceilings: UInt64
    private var actor = 0
    private var place: UInt16 = 0
    private var left: Run
    private var open: Run = 0
    private var allowed: Run = 0
    private var belowDenied: Run = 0xFF
    private var belowForbidden: Run = 0xFF

    private static let ones: UInt64 = 0x0101_0101_0101_0101

    @inline(__always)
    init(_ head: Head, lastActor: Int) {
        self.head = head
        self.lastActor = lastActor
        setting = head.standard
        cap = head.top
        left = head.top
        let operators = UInt64(head.own.operator) &* RunFold.ones
        ceilings =
            UInt64(head.own.root) | UInt64(head.own.platform) << 8 | (operators & ~0xFFFF)
        let last = UInt64(lastActor * 8)
        ceilings = (ceilings & ((1 << last) - 1)) | UInt64(head.own.user) << last
        reported = ceilings
    }

    @inline(__always)
    private var level: UInt8 {
        actor <= 1 ? UInt8(truncatingIfNeeded: actor) : actor == lastActor ? 3 : 2
    }

    @inline(__always)
    private var ceiling: Run { Run(truncatingIfNeeded: ceilings >> UInt64(actor * 8)) }

    /// The most that the next actor may have with leave.
    @inline(__always)
    private var mostOfNext: Run {
        if actor == 0 { return head.most.platform }
        if actor + 1 < lastActor { return head.most.operator }
        return actor + 1 == lastActor ? head.most.user : 0
    }

    /// Takes the next adjustment that is for this user, in the order of the fold.
    @inline(__always)
    mutating func apply(_ adjustment: PackedAdjustment, _ truth: Truth) -> Outcome {
        if Int(adjustment.actor) != actor {
            endActor()
            actor = Int(adjustment.actor)
        } else if adjustment.place != place {
            endScope()
        }
        place = adjustment.place
        var outcome = Outcome()
        let hasSay = head.flags & (1 << level) != 0
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
        let isProtected = head.flags & (16 << level) != 0
        if hasSay, !isProtected { return Outcome.accepted }
        hasRefusals = true
        return Outcome.code(hasSay ? .protected : .notAdjustable)
    }

    /// The administrator's step of the innermost operator, behind everything else that it says.
    @inline(__always)
    mutating func administer() {
        if actor != lastActor - 1 {
            endActor()
            actor = lastActor - 1
        } else {
            endScope()
        }
        let value = ceiling & cap & head.most.user
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
        let shift = UInt64((actor + 1) * 8)
        let here = (UInt64(1) << shift) - 1
        ceilings &= here | UInt64(left) &* RunFold.ones
        ceilings |= UInt64(open) << shift
        reported = reported & here | ceilings & (UInt64(cap) &* RunFold.ones) & ~here
        left = head.top
        open = 0
    }

    /// The decision, when everything has been applied.
    @inline(__always)
    mutating func decision() -> BehaviorDecision {
        if actor != lastActor { endActor() } else { endScope() }
        func rank(_ actor: Int) -> Rank {
            Rank(run: Run(truncatingIfNeeded: reported >> UInt64(actor * 8)))
        }
        return BehaviorDecision(
            setting: Rank(run: setting), decidedBy: Level(rawValue: decidedBy) ?? .root,
            ceilings: .init(
                platform: rank(1), operator: rank(lastActor - 1), user: rank(lastActor)))
    }
}
