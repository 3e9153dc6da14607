public import CharterEngine

/// Behaviors that a level has taken out of enforcement: they are decided and recorded, and let pass.
///
/// A mode is a permission: only a level whose ceiling is a behavior's highest value may do so. Nobody may for
/// what is hardcoded, and no operator for what is a user's protection.
public struct LogOnly: Sendable {
    /// Whose mode it is.
    public var level: Level
    /// Which behaviors; nil: all that the level may.
    public var behaviors: Set<BehaviorID>?

    /// The mode of a level, for some behaviors or for all that it may.
    public init(_ level: Level, behaviors: Set<BehaviorID>? = nil) {
        self.level = level
        self.behaviors = behaviors
    }

    /// Whether the level may take a behavior out of enforcement, as things stand for a request.
    public static func isPermitted(
        _ level: Level, _ behavior: Behavior, _ decision: BehaviorDecision
    ) -> Bool {
        let ceiling: Rank
        switch level {
        case .platform: ceiling = decision.ceilings.platform
        case .operator: ceiling = decision.ceilings.operator
        default: return false
        }
        return !behavior.isHardcoded && !behavior.isProtected(from: level)
            && ceiling == behavior.top
    }

    /// The decision as it is enforced: what the modes let pass is in force up to its highest value.
    ///
    /// - Returns: the decision, and what of its unmet and owed is let pass.
    static func enforced(
        _ decision: Decision, _ demands: [Demand], _ modes: [LogOnly], _ policy: Policy
    ) -> (decision: Decision, passed: [BehaviorIndex]) {
        guard !modes.isEmpty else { return (decision, []) }
        let atStake = Set(decision.verdict.unmet + decision.verdict.duties)
        var enforced = decision
        var passed: [BehaviorIndex] = []
        // Also what nobody asked for, since an answer may exercise it.
        for index in policy.charter.behaviors.map(\.id).compactMap(policy.charter.index(of:)) {
            let behavior = policy.charter[index]
            let isLetPass = modes.contains { mode in
                (mode.behaviors?.contains(behavior.id) ?? true)
                    && isPermitted(mode.level, behavior, decision.behaviors[index.number])
            }
            guard isLetPass else { continue }
            enforced.behaviors[index.number].setting = behavior.top
            if atStake.contains(index) { passed.append(index) }
        }
        if !passed.isEmpty {
            enforced.verdict = policy.verdict(of: demands, given: enforced.behaviors)
        }
        return (enforced, passed)
    }
}
