/// An adjustment of one behavior in one word; what it does as runs, 0 being nothing.
struct PackedAdjustment: Sendable {
    let word: UInt64

    /// The program of an adjustment without a condition.
    static let unconditional = Int(UInt16.max)

    /// - Parameters:
    ///   - target: its place among the table's targets.
    ///   - program: the first instruction of its condition.
    init(_ adjustment: Adjustment, target: Int, program: Int) {
        let (set, allow) = (adjustment.set?.run ?? 0, adjustment.allow?.run ?? 0)
        let (deny, forbid) = (adjustment.deny?.below.run ?? 0, adjustment.forbid?.below.run ?? 0)
        var word = UInt64(set) | UInt64(allow) << 8 | UInt64(deny) << 16 | UInt64(forbid) << 24
        word |= UInt64(UInt16(clamping: target)) << 32 | UInt64(UInt16(clamping: program)) << 48
        self.word = word
    }

    @inline(__always)
    init(word: UInt64) {
        self.word = word
    }

    @inline(__always)
    var set: Run { Run(truncatingIfNeeded: word) }
    @inline(__always)
    var allow: Run { Run(truncatingIfNeeded: word >> 8) }
    /// The run just below the value that is denied.
    @inline(__always)
    var belowDeny: Run { Run(truncatingIfNeeded: word >> 16) }
    /// The run just below the value that is forbidden.
    @inline(__always)
    var belowForbid: Run { Run(truncatingIfNeeded: word >> 24) }
    @inline(__always)
    var target: Int { Int(word >> 32 & 0xFFFF) }
    @inline(__always)
    var program: Int { Int(word >> 48) }
    @inline(__always)
    var isUnconditional: Bool { program == PackedAdjustment.unconditional }
}

/// Where adjustments stand and whom they are for, in one word; few share one table's.
struct AdjustmentTarget: Equatable, Sendable {
    let word: UInt64

    /// The most scopes that a policy can number.
    static let mostScopes = 1 << 13
    /// What a target of everyone has in the bits for a role, a channel and a member.
    private static let everyone: UInt64 = 0xFFFF_FFFF_FFFF

    /// - Parameters:
    ///   - actor: its place in the chain; 0 is root.
    ///   - place: the scope's place among the policy's scopes.
    init(
        actor: UInt8, place: Int, role: UInt16 = Facts.nowhere, channel: UInt16 = Facts.nowhere,
        member: UInt16 = Facts.nowhere
    ) {
        let scope = UInt64(actor) << 13 | UInt64(place)
        word = scope << 48 | UInt64(member) << 32 | UInt64(channel) << 16 | UInt64(role)
    }

    @inline(__always)
    init(word: UInt64) {
        self.word = word
    }

    /// The actor and the place as one number: another scope has another one.
    @inline(__always)
    var scope: UInt16 { UInt16(truncatingIfNeeded: word >> 48) }
    @inline(__always)
    var actor: UInt8 { UInt8(truncatingIfNeeded: word >> 61) }
    var place: Int { Int(word >> 48) & (AdjustmentTarget.mostScopes - 1) }
    private var role: UInt16 { UInt16(truncatingIfNeeded: word) }
    var channel: UInt16 { UInt16(truncatingIfNeeded: word >> 16) }
    private var member: UInt16 { UInt16(truncatingIfNeeded: word >> 32) }

    /// Whether it is for a role, a channel or a member.
    @inline(__always)
    var isForSomebody: Bool { word & AdjustmentTarget.everyone != AdjustmentTarget.everyone }

    /// Whether it is for this user in this channel.
    @inline(__always)
    func isFor(_ facts: borrowing Facts) -> Bool {
        guard isForSomebody else { return true }
        if role != Facts.nowhere, !facts.hasRole(role) { return false }
        if channel != Facts.nowhere, facts.channel != channel { return false }
        return member == Facts.nowhere || facts.member == member
    }
}
