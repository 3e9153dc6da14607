/// A policy of switches alone, made ready to decide all of them at once: a bit for each behavior.
///
/// The fold of SEMANTICS §4 with a bit in place of a value: of a switch only whether a value is at least
/// on decides anything, so the fold of 64 behaviors is a handful of words.
/// For whoever asks for many people in many places, as a guild does.
public struct SwitchRows: Sendable {
    /// In the order of the fold: those for no channel, then those of each channel.
    private let general: [Row]
    private let byChannel: [UInt16: [Row]]
    private let beginning: State
    private let rules: Rules

    /// What the adjustments with one target do, by behavior.
    fileprivate struct Row: Sendable {
        var target: AdjustmentTarget
        var setOff: UInt64 = 0
        var setOn: UInt64 = 0
        var allow: UInt64 = 0
        var deny: UInt64 = 0
        var forbid: UInt64 = 0
    }

    private struct Rules: Sendable {
        /// The operator has a say.
        var hasSay: UInt64 = 0
        var isProtected: UInt64 = 0
        /// The user may be let go as far as on.
        var most: UInt64 = 0
    }

    /// The words of the fold: a bit is set where the value is at least on.
    fileprivate struct State: Sendable {
        var setting: UInt64 = 0
        var cap: UInt64 = 0
        var operatorCeiling: UInt64 = 0
        var userCeiling: UInt64 = 0
        var left: UInt64 = ~0
        var open: UInt64 = 0
    }

    /// What is decided of all switches.
    public struct Decisions: Hashable, Sendable {
        /// Bit B: the behavior at place B is on.
        public var settings: UInt64
        /// Bit B: the user may turn it on.
        public var userCeilings: UInt64
    }

    /// Makes a policy ready; O(behaviors + adjustments).
    ///
    /// - Returns: nil unless all behaviors are switches, 64 at most, there is one operator, the platform
    ///   leaves nothing open, no adjustment has a condition or a term, and no target has two of one
    ///   behavior.
    public init?(_ policy: Policy) {
        let behaviors = policy.charter.behaviors
        guard behaviors.count <= 64, policy.lastOperator == 2,
            behaviors.allSatisfy({ $0.values.count == 2 }),
            policy.base.rest.allSatisfy(\.isEmpty)
        else { return nil }
        var rules = Rules()
        var beginning = State()
        for (place, behavior) in behaviors.enumerated() {
            let bit: UInt64 = 1 << UInt64(place)
            if behavior.hasSay(.operator) { rules.hasSay |= bit }
            if behavior.isProtected(from: .operator) { rules.isProtected |= bit }
            if behavior.most(.user) > .cautious { rules.most |= bit }
            let settled = policy.base.settled[place].decision
            if settled.setting > .cautious { beginning.setting |= bit }
            if settled.ceilings.operator > .cautious { beginning.operatorCeiling |= bit }
            if settled.ceilings.user > .cautious { beginning.userCeiling |= bit }
            if policy.base.cap(of: place) > .cautious { beginning.cap |= bit }
        }
        var rows = (0..<policy.own.targetCount).map { Row(target: policy.own.target($0)) }
        for place in behaviors.indices {
            let bit: UInt64 = 1 << UInt64(place)
            var seen: Set<Int> = []
            for number in policy.own.range(place) {
                let adjustment = policy.own.adjustment(number)
                guard adjustment.isUnconditional, seen.insert(adjustment.target).inserted else {
                    return nil
                }
                rows[adjustment.target].add(adjustment, bit)
            }
        }
        general = rows.filter { $0.target.channel == Facts.nowhere }
        byChannel = Dictionary(grouping: rows, by: \.target.channel).filter {
            $0.key != Facts.nowhere
        }
        self.rules = rules
        self.beginning = beginning
    }

    /// What is decided of somebody before a channel has its say.
    public struct Beginning: Sendable {
        fileprivate var state: State
    }

    /// Decides all switches; nothing is allocated.
    public func decide(_ facts: borrowing Facts) -> Decisions { finish(begin(facts), facts) }

    /// Decides what is the same for somebody in every channel.
    public func begin(_ facts: borrowing Facts) -> Beginning {
        var state = beginning
        apply(general, facts, &state)
        return Beginning(state: state)
    }

    /// Decides the rest for the channel that the facts have.
    public func finish(_ beginning: Beginning, _ facts: borrowing Facts) -> Decisions {
        var state = beginning.state
        if let rows = byChannel[facts.channel] { apply(rows, facts, &state) }
        if facts.isAdministrator {
            let most = state.operatorCeiling & state.cap & rules.most
            state.left |= most
            state.open |= most
        }
        let user = (state.userCeiling & state.left | state.open) & state.cap
        return Decisions(settings: state.setting, userCeilings: user)
    }

    /// Scope by scope, those rows left out that are for somebody else.
    @inline(__always)
    private func apply(_ rows: [Row], _ facts: borrowing Facts, _ state: inout State) {
        var scope: UInt16 = 0
        var (allowed, denied, forbidden) = (UInt64(0), UInt64(0), UInt64(0))
        func endScope(_ state: inout State) {
            state.left = state.left & ~denied | allowed
            state.open = state.open & ~denied | allowed
            state.cap &= ~forbidden
            state.setting &= (~denied | allowed) & ~forbidden
            (allowed, denied, forbidden) = (0, 0, 0)
        }
        for row in rows where row.target.isFor(facts) {
            if row.target.scope != scope { endScope(&state) }
            scope = row.target.scope
            let reach = rules.hasSay & state.operatorCeiling & state.cap
            state.setting |= row.setOn & reach
            state.setting &= ~(row.setOff & rules.hasSay)
            allowed |= row.allow & reach & rules.most
            denied |= row.deny & rules.hasSay & ~rules.isProtected
            forbidden |= row.forbid & rules.hasSay & ~rules.isProtected
        }
        endScope(&state)
    }
}

extension SwitchRows.Row {
    fileprivate mutating func add(_ adjustment: PackedAdjustment, _ bit: UInt64) {
        let (off, on) = (Rank.cautious.run, Rank(unchecked: 1).run)
        if adjustment.set == off { setOff |= bit }
        if adjustment.set == on { setOn |= bit }
        // To allow off opens nothing that a bit could tell.
        if adjustment.allow == on { allow |= bit }
        // Just below what is denied: off.
        if adjustment.belowDeny == off { deny |= bit }
        if adjustment.belowForbid == off { forbid |= bit }
    }
}
