/// What is asked of a policy: who, where, with which facts, instructions and demands (SEMANTICS §8).
public struct Request: Sendable {
    /// The user's id, which channel members go by.
    public var user: Text?
    /// Names of the user's roles.
    public var roles: [Text]
    /// Picks the operator's entry of this name, else `*` (§3); also `request.channel`.
    public var channel: Text?
    /// Where the conversation is, such as `ward_terminal`: `request.surface`.
    public var surface: Text?
    /// The model that is asked: `request.model`.
    public var model: Text?
    /// The language of the conversation, as the caller tags it: `request.language`.
    public var language: Text?
    /// The moment of the request; nothing else is a clock.
    public var at: Instant?
    /// By name; one that the policy does not know is ignored.
    public var claims: [Text: Claim]
    /// In the order of the conversation.
    public var instructions: [Instruction]
    /// What it would have the model do; what the charter lacks is refused.
    public var demands: [Demand]

    /// A request of nobody in particular, which shows and asks nothing, unless told.
    public init(
        user: Text? = nil, roles: [Text] = [], channel: Text? = nil, surface: Text? = nil,
        model: Text? = nil, language: Text? = nil, at: Instant? = nil, claims: [Text: Claim] = [:],
        instructions: [Instruction] = [], demands: [Demand] = []
    ) {
        self.user = user
        self.roles = roles
        self.channel = channel
        self.surface = surface
        self.model = model
        self.language = language
        self.at = at
        self.claims = claims
        self.instructions = instructions
        self.demands = demands
    }
}

/// Who a message or a demand is from (SEMANTICS §6).
public enum Speaker: Hashable, Sendable {
    /// `platform`, `operator` or `user`.
    case principal(Level)
    /// A source without a level of its own, unless one lends it.
    case tool(Text)
    /// Nobody's word.
    case assistant

    /// The speaker that §8 names: a level, `assistant` or `tool:NAME`. Nil for any other name.
    public init?(named name: String) {
        if name == "assistant" {
            self = .assistant
        } else if name.hasPrefix("tool:"), name.utf8.count > 5 {
            self = .tool(Text(String(name.dropFirst(5))))
        } else if let level = Level(named: name), level != .root {
            self = .principal(level)
        } else {
            return nil
        }
    }
}

/// An instruction found in a message (SEMANTICS §6).
public struct Instruction: Hashable, Sendable {
    /// What an instruction does: sets a value, or lends a level.
    public enum Content: Hashable, Sendable {
        /// An unconditional `set` at the speaker's level, by the names that were said.
        case set(BehaviorID, Text)
        /// Lends the speaker's level to a tool from here on.
        case delegate(tool: Text)
    }

    /// Whose word it is.
    public var from: Speaker
    /// What it says.
    public var content: Content
    /// Said, and not only implied.
    public var isExplicit: Bool

    /// Explicit unless told.
    public init(from: Speaker, _ content: Content, isExplicit: Bool = true) {
        self.from = from
        self.content = content
        self.isExplicit = isExplicit
    }
}

/// What a request would have the model do (SEMANTICS §7).
public struct Demand: Hashable, Sendable {
    /// Which behavior; the charter may lack it, and then the demand is refused.
    public var behavior: BehaviorID
    /// Nil: the value of the highest rank.
    public var value: Text?
    /// Asked for in so many words.
    public var isExplicit: Bool
    /// On a duty: what makes it owed.
    public var isTriggered: Bool
    /// Who asks; only a principal's word, or a lent one, can meet a demand by asking.
    public var from: Speaker

    /// Nobody's word, implicit and for the highest value, unless told.
    public init(
        _ behavior: BehaviorID, value: Text? = nil, isExplicit: Bool = false,
        isTriggered: Bool = false, from: Speaker = .assistant
    ) {
        self.behavior = behavior
        self.value = value
        self.isExplicit = isExplicit
        self.isTriggered = isTriggered
        self.from = from
    }
}
