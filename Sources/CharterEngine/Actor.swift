/// One principal in the chain, as the fold sees it: what it says of one behavior, scope by scope
/// (SEMANTICS §4).
struct Actor {
    var level: Level
    var scopes: [ActorScope]
    /// Of the innermost operator, where one of the user's roles is an administrator's.
    var administrator: Entry?
}

/// One scope of an actor, with the adjustments in it that hold or are unknown.
struct ActorScope {
    var scope: Scope
    /// The place among the policy's scopes.
    var place: Int
    /// In document order.
    var entries: [Entry]
}

/// An adjustment of one behavior that holds or is unknown; what does not hold has no entry.
struct Entry {
    var set: Rank?
    var allow: Rank?
    var deny: Rank?
    var forbid: Rank?
    /// `yes` or `unknown`.
    var truth = Truth.yes
    /// Claims that fell short.
    var needsEvidence: [Text] = []
    /// Whether a message said it (§6).
    var isInstruction = false
    /// An instruction that is refused for what it is, before its value counts.
    var refused: (reason: Reason, value: Step.Value)?
    var origin: Step.Origin
}
