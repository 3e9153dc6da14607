/// A part of an actor in which adjustments stand side by side (SEMANTICS §4).
public enum Scope: String, CaseIterable, Sendable {
    /// The charter's own `adjust`.
    case root
    /// A template of the platform's layer, or its `adjust`.
    case platform
    /// A platform's instruction in the conversation (§6).
    case platformInstruction = "platform_instruction"
    /// A template of an operator's layer, or its `adjust`.
    case `operator`
    /// All of the user's roles together.
    case role
    /// The channel's entry for everyone.
    case channelEveryone = "channel_everyone"
    /// The channel's entries for the user's roles, together.
    case channelRole = "channel_role"
    /// The channel's entry for the user, and the administrator's step.
    case channelMember = "channel_member"
    /// An operator's instruction in the conversation (§6).
    case operatorInstruction = "operator_instruction"
    /// The user's own layer.
    case user
    /// A user's instruction in the conversation, or one that speaks for no level (§6).
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
        /// `administrator` is a role's lending (§4), `when` a claim that fell short (§5).
        case set, allow, deny, forbid, administrator, when
    }

    /// What it was done with.
    public enum Value: Hashable, Sendable {
        /// A value of the behavior.
        case rank(Rank)
        /// The claim that fell short, of a `when` step.
        case claim(Text)
        /// What the charter has no name for.
        case unknown(Text)
        /// Of a demand that names no value.
        case unsaid
    }

    /// Which behavior; the charter may lack it.
    public var behavior: BehaviorID
    /// The part of the actor that it belongs to.
    public var scope: Scope
    /// The place of the scope among the policy's scopes, from 0 (root's).
    public var place: Int
    /// Where it comes from.
    public var origin: Origin
    /// What was tried, whether it was accepted or not.
    public var operation: Operation
    /// The value as the step names it, whether the charter has it or not.
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
        /// Where in `file`; `unknown` where there is no document.
        public var position: SourcePosition
        /// The adjustment's owner, reason and ticket.
        public var notes: Adjustment.Notes

        /// Of no document unless told.
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
