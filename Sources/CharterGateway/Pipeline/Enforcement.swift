internal import CharterAnalysis
public import CharterDetection
public import CharterDocuments
public import CharterEngine

/// What is in force for one operator: everything that an exchange needs, immutable and shared.
public struct Enforcement: Sendable {
    /// The operator's name, as the settings call it.
    public let operatorName: String
    /// What decides.
    public private(set) var policy: Policy
    /// What finds demands in requests, and what answers exercise.
    public let patterns: PatternSet
    /// What finds instructions in messages; nil: none are looked for.
    public let phrases: PhraseFinder?
    /// What finds claims that users make in messages.
    let statedClaims: StatedClaims
    /// The words of refusals and duties.
    public let replies: Replies
    /// The role in which the model's server takes instructions: `system` or `developer`.
    public let guideRole: MessageRole
    /// Which behaviors are let pass, and by whose leave.
    public var logOnly: [LogOnly] = []
    /// Whether a request that is refused gets an HTTP error in place of a refusing answer.
    public var refusesWithError = false
    /// What is tried beside the policy, or the policy beside what is tried; nil: nothing is.
    public var candidate: Candidate?
    /// Whether this is the one that is tried.
    public var isTried = false
    /// The rule of each behavior as people read it.
    let rules: [BehaviorID: String]
    /// By pattern: the behavior and the rank that a match exercises.
    let exercised: [Exercise?]

    /// What a match of a pattern exercises.
    struct Exercise: Sendable {
        var behavior: BehaviorIndex
        var rank: Rank
    }

    /// - Parameters:
    ///   - charter: the document that the policy was compiled from.
    ///   - claims: those that are declared.
    public init(
        operatorName: String, policy: Policy, charter: CharterDocument, patterns: PatternSet,
        phrases: PhraseFinder? = nil, claims: [Text: ClaimType] = [:], replies: Replies,
        guideRole: MessageRole = .system
    ) {
        self.operatorName = operatorName
        self.policy = policy
        self.patterns = patterns
        self.phrases = phrases
        statedClaims = StatedClaims(of: claims)
        self.replies = replies
        self.guideRole = guideRole
        rules = Dictionary(
            charter.sections.compactMap { section in section.behavior.map { ($0, section.prose) } },
            uniquingKeysWith: { first, _ in first })
        exercised = patterns.patterns.map { pattern in
            guard let index = policy.charter.index(of: pattern.behavior) else {
                return nil
            }
            let behavior = policy.charter[index]
            let rank = pattern.value.map(behavior.rank(of:)) ?? behavior.top
            return rank.map { Exercise(behavior: index, rank: $0) }
        }
    }

    /// The same where another policy decides, whose charter has the same behaviors in the same order.
    public func deciding(by policy: Policy) -> Enforcement {
        var enforcement = self
        enforcement.policy = policy
        // What is tried or let pass beside another policy is neither beside this one.
        enforcement.candidate = nil
        enforcement.logOnly = []
        return enforcement
    }
}
