/// An adjustment of one behavior in 8 bytes, without references; what it does as runs, 0 being
/// nothing.
struct PackedAdjustment: Sendable {
    var set: Run = 0
    var allow: Run = 0
    /// The run just below the value that is denied.
    var belowDeny: Run = 0
    /// The run just below the value that is forbidden.
    var belowForbid: Run = 0
    /// Its place among the table's targets.
    var target: UInt16
    /// Its condition's program.
    var program = PackedAdjustment.unconditional

    static let unconditional = UInt16.max

    init(_ adjustment: Adjustment, target: Int) {
        set = adjustment.set?.run ?? 0
        allow = adjustment.allow?.run ?? 0
        belowDeny = adjustment.deny?.below.run ?? 0
        belowForbid = adjustment.forbid?.below.run ?? 0
        self.target = UInt16(clamping: target)
    }
}

/// Where adjustments stand and whom they are for: few share one table's.
struct AdjustmentTarget: Equatable, Sendable {
    /// The actor's place in the chain: 0 is root.
    var actor: UInt8
    /// The scope's place among the policy's scopes.
    var place: UInt16
    /// A role, a channel, a member of the innermost operator.
    var role = Facts.nowhere
    var channel = Facts.nowhere
    var member = Facts.nowhere

    /// Whether it is for a role, a channel or a member.
    var isForSomebody: Bool {
        role != Facts.nowhere || channel != Facts.nowhere || member != Facts.nowhere
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
    private(set) var targets: [AdjustmentTarget] = []
    /// Where each behavior's adjustments end; a behavior's begin where the one before ends.
    private(set) var ends: [UInt16] = []
    /// Line and column of each adjustment.
    private var positions: [PackedPosition] = []
    /// By adjustment, where there are any.
    private var notes: [Int: Adjustment.Notes] = [:]
    /// By adjustment, where `positions` has no room for it.
    private var farPositions: [Int: SourcePosition] = [:]
    var programs = ConditionPrograms()

    /// The most adjustments of a table.
    static let mostAdjustments = 60_000

    /// A line below 2²⁰ and a column below 2¹² in one word; 0 for what is farther.
    private struct PackedPosition: Sendable {
        private var word: UInt32 = 0

        init(_ position: SourcePosition) {
            guard (0..<1 << 20).contains(position.line), (0..<1 << 12).contains(position.column)
            else { return }
            word = UInt32(position.line) << 12 | UInt32(position.column)
        }

        var position: SourcePosition? {
            word == 0 ? nil : SourcePosition(line: Int(word >> 12), column: Int(word & 0xFFF))
        }
    }

    /// An adjustment on its way into the table.
    struct Draft {
        var behavior: Int
        var adjustment: PackedAdjustment
        var position: SourcePosition
        var notes: Adjustment.Notes
    }

    /// Sorts drafts, which come in the order of the scopes, by behavior.
    mutating func fill(_ drafts: [Draft], _ targets: [AdjustmentTarget], behaviors: Int) {
        guard !drafts.isEmpty else { return }
        self.targets = targets.trimmed
        programs = programs.trimmed
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
            let position = PackedPosition(draft.position)
            if position.position == nil, draft.position != .unknown {
                farPositions[positions.count] = draft.position
            }
            positions.append(position)
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
        positions[place].position ?? farPositions[place] ?? .unknown
    }

    func notes(_ place: Int) -> Adjustment.Notes { notes[place] ?? Adjustment.Notes() }
}

extension Array {
    /// The same in no more memory than it needs: what is compiled stays, by the hundred thousand.
    var trimmed: [Element] { capacity == count ? self : withUnsafeBufferPointer { Array($0) } }
}
