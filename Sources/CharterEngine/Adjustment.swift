/// One line of a layer: what its principal does to one behavior (SEMANTICS §3).
public struct Adjustment: Sendable {
    /// Which behavior.
    public var behavior: BehaviorID
    /// The value to put in force.
    public var set: Rank?
    /// The value up to which the next level is opened.
    public var allow: Rank?
    /// The value that, with everything above it, is taken from those below.
    public var deny: Rank?
    /// The value that, with everything above it, nobody from here on gets.
    public var forbid: Rank?
    /// When the adjustment holds; nil: always.
    public var condition: Condition?
    /// The first instant at which it holds.
    public var from: Instant?
    /// The first instant at which it holds no more.
    public var until: Instant?
    /// What the trail tells about it.
    public var notes = Notes()
    /// Where it stands in its document.
    public var source: SourcePosition

    /// Texts that decide nothing and that the trail carries.
    public struct Notes: Hashable, Sendable {
        /// Who answers for it.
        public var owner: String?
        /// Why it was made.
        public var reason: String?
        /// Its entry in a tracker, as the layer names it.
        public var ticket: String?

        /// What is unsaid is not noted.
        public init(owner: String? = nil, reason: String? = nil, ticket: String? = nil) {
            self.owner = owner
            self.reason = reason
            self.ticket = ticket
        }

        /// Whether nothing is noted.
        public var isEmpty: Bool { owner == nil && reason == nil && ticket == nil }
    }

    /// Holds always unless told; does nothing without a `set`, `allow`, `deny` or `forbid`.
    public init(
        _ behavior: BehaviorID, set: Rank? = nil, allow: Rank? = nil, deny: Rank? = nil,
        forbid: Rank? = nil, when condition: Condition? = nil, from: Instant? = nil,
        until: Instant? = nil, source: SourcePosition = .unknown
    ) {
        self.behavior = behavior
        self.set = set
        self.allow = allow
        self.deny = deny
        self.forbid = forbid
        self.condition = condition
        self.from = from
        self.until = until
        self.source = source
    }
}
