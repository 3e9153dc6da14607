/// What a policy says of one behavior for one request (SEMANTICS §4).
public struct BehaviorDecision: Hashable, Sendable {
    /// The value in force.
    public var setting: Rank
    /// The level whose step gave the setting its value.
    public var decidedBy: Level
    /// The highest value that each level may put in force; none: it has no say.
    public var ceilings: Ceilings

    /// One ceiling for each level below root; of the operators, the innermost's.
    public struct Ceilings: Hashable, Sendable {
        /// As the platform's first scope begins.
        public var platform: Rank
        /// As the innermost operator's first scope begins.
        public var `operator`: Rank
        /// As the user's first scope begins: what roles and channels give is counted.
        public var user: Rank

        /// Keeps what it is given; none where a level has no say.
        public init(platform: Rank, operator: Rank, user: Rank) {
            self.platform = platform
            self.operator = `operator`
            self.user = user
        }
    }

    /// Keeps what it is given; `Policy.decide` makes decisions.
    public init(setting: Rank, decidedBy: Level, ceilings: Ceilings) {
        self.setting = setting
        self.decidedBy = decidedBy
        self.ceilings = ceilings
    }
}

/// What a policy says of a whole request (SEMANTICS §8).
public struct Decision: Hashable, Sendable {
    /// In charter order, one for each behavior.
    public var behaviors: [BehaviorDecision]
    /// What was not granted, by charter order, then trail order, then what the charter lacks.
    public var refused: [Step]
    /// Roles that the operator does not define, in byte order.
    public var ignoredRoles: [Text]
    /// What happens to the request, its demands held against the settings (§7).
    public var verdict: Verdict
    /// Every step, by charter order; empty unless it was asked for.
    public var trail: [Step]
}
