/// An adjustment of one behavior in 16 bytes, without references; what it does as runs, 0 being
/// nothing.
struct PackedAdjustment: Sendable {
    var set: Run = 0
    var allow: Run = 0
    /// The run just below the value that is denied.
    var belowDeny: Run = 0
    /// The run just below the value that is forbidden.
    var belowForbid: Run = 0
    /// The actor's place in the chain: 0 is root.
    var actor: UInt8
    /// The scope's place among the policy's scopes.
    var place: UInt16
    /// Whom it is for: a role, a channel, a member of the innermost operator.
    var role = Facts.nowhere
    var channel = Facts.nowhere
    var member = Facts.nowhere
    /// Its condition's program.
    var program = PackedAdjustment.unconditional

    static let unconditional = UInt16.max

    init(_ adjustment: Adjustment, actor: Int, place: Int) {
        set = adjustment.set?.run ?? 0
        allow = adjustment.allow?.run ?? 0
        belowDeny = adjustment.deny?.below.run ?? 0
        belowForbid = adjustment.forbid?.below.run ?? 0
        self.actor = UInt8(clamping: actor)
        self.place = UInt16(clamping: place)
    }

    /// Whether it is for everybody, at all times.
    var isForEveryRequest: Bool {
        !isForSomebody && program == PackedAdjustment.unconditional
    }

    /// Whether it is for a role, a channel or a member.
    var isForSomebody: Bool {
        role != Facts.nowhere || channel != Facts.nowhere || member != Facts.nowhere
    }

    func isForTheSame(as other: PackedAdjustment) -> Bool {
        (role, channel, member) == (other.role, other.channel, other.member)
    }

    /// Whether it is for this user in this channel.
    @inline(__always)
    func isFor(_ facts: borrowing Facts) -> Bool {
        if role != Facts.nowhere, !facts.hasRole(role) { return false }
        if channel != Facts.nowhere, facts.channel != channel { return false }
        return member == Facts.nowhere || facts.member == member
    }
}

/// What some layers say of all behaviors: the part of a policy that it has for itself, or shares.
struct StepTable: Sendable {
    /// By behavior, then in the order of the fold.
    private(set) var adjustments: [PackedAdjustment] = []
    /// Where each behavior's adjustments end; a behavior's begin where the one before ends.
    private(set) var ends: [UInt16] = []
    /// Line and column of each adjustment.
    private var positions: [PackedPosition] = []
    /// By adjustment, where there are any.
    private var notes: [Int: Adjustment.Notes] = [:]
    var programs = ConditionPrograms()

    /// The most adjustments of a table.
    static let mostAdjustments = 60_000

    private struct PackedPosition: Sendable {
        var line: UInt32
        var column: UInt16
    }

    /// An adjustment on its way into the table.
    struct Draft {
        var behavior: Int
        var adjustment: PackedAdjustment
        var position: SourcePosition
        var notes: Adjustment.Notes
    }

    /// Sorts drafts, which come in the order of the scopes, by behavior.
    mutating func fill(_ drafts: [Draft], behaviors: Int) {
        var counts = [Int](repeating: 0, count: behaviors + 1)
        for draft in drafts { counts[draft.behavior + 1] += 1 }
        for place in 1..<max(counts.count, 1) { counts[place] += counts[place - 1] }
        var order = [Int](repeating: 0, count: drafts.count)
        var next = counts
        for (place, draft) in drafts.enumerated() {
            order[next[draft.behavior]] = place
            next[draft.behavior] += 1
        }
        adjustments.reserveCapacity(drafts.count)
        positions.reserveCapacity(drafts.count)
        for place in order {
            let draft = drafts[place]
            if !draft.notes.isEmpty { notes[adjustments.count] = draft.notes }
            adjustments.append(draft.adjustment)
            positions.append(
                PackedPosition(
                    line: UInt32(clamping: draft.position.line),
                    column: UInt16(clamping: draft.position.column)))
        }
        ends = counts.dropFirst().map { UInt16(clamping: $0) }
    }

    /// The places of a behavior's adjustments.
    @inline(__always)
    func range(_ behavior: Int) -> Range<Int> {
        guard !adjustments.isEmpty else { return 0..<0 }
        return (behavior == 0 ? 0 : Int(ends[behavior - 1]))..<Int(ends[behavior])
    }

    func position(_ place: Int) -> SourcePosition {
        SourcePosition(line: Int(positions[place].line), column: Int(positions[place].column))
    }

    func notes(_ place: Int) -> Adjustment.Notes { notes[place] ?? Adjustment.Notes() }
}
