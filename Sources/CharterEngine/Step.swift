/// A part of an actor in which adjustments stand side by side (SEMANTICS §4).
public enum Scope: String, CaseIterable, Sendable {
    case root
    case platform
    case platformInstruction = "platform_instruction"
    case `operator`
    case role
    case channelEveryone = "channel_everyone"
    case channelRole = "channel_role"
    case channelMember = "channel_member"
    case operatorInstruction = "operator_instruction"
    case user
    case userInstruction = "user_instruction"
    /// What a demand names and the charter lacks (§7).
    case demand
}

/// Why a step was refused (SEMANTICS §4–§7).
public enum Reason: String, CaseIterable, Sendable {
    /// The level has no say.
    case notAdjustable = "not_adjustable"
    /// The value is above what the level may put in force.
    case aboveCeiling = "above_ceiling"
    /// Somebody before has forbidden the value for good.
    case forbidden
    /// The next level may not have that much.
    case notDelegable = "not_delegable"
    /// The behavior belongs to a level below.
    case protected
    /// The instruction's own level has configured otherwise.
    case denied
    /// The instruction comes from a source that speaks for no level.
    case noAuthority = "no_authority"
    /// The charter has no such behavior.
    case unknownBehavior = "unknown_behavior"
    /// The behavior has no such value.
    case unknownValue = "unknown_value"
    /// Only an explicit instruction moves this behavior.
    case needsExplicit = "needs_explicit"
    /// The claim is not shown well enough.
    case needsEvidence = "needs_evidence"
}

/// One step of a trail (SEMANTICS §4).
public struct Step: Hashable, Sendable {
    /// What was done.
    public enum Operation: String, Sendable {
        case set, allow, deny, forbid, administrator, when
    }

    /// What it was done with.
    public enum Value: Hashable, Sendable {
        case rank(Rank)
        /// The claim that fell short, of a `when` step.
        case claim(Text)
        /// What the charter has no name for.
        case unknown(Text)
        case unsaid
    }

    public var behavior: BehaviorID
    public var scope: Scope
    /// The place of the scope among the policy's scopes, from 0 (root's).
    public var place: Int
    /// Where it comes from.
    public var origin: Origin
    public var operation: Operation
    public var value: Value
    /// Nil: accepted.
    public var reason: Reason?
    /// The setting after it; of an `allow` or `deny`, after all of its scope's.
    public var setting: Rank

    /// The document and place that a step comes from.
    public struct Origin: Hashable, Sendable {
        /// The layer's or template's name.
        public var layer: Text?
        /// Empty for what no document holds: an instruction, a role's `administrator`.
        public var file: String
        public var position: SourcePosition
        public var notes: Adjustment.Notes

        public init(
            layer: Text? = nil, file: String = "", position: SourcePosition = .unknown,
            notes: Adjustment.Notes = .init()
        ) {
            self.layer = layer
            self.file = file
            self.position = position
            self.notes = notes
        }
    }
}
