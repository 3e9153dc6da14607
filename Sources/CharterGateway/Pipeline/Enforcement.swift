internal import CharterAnalysis
public import CharterDetection
public import CharterDocuments
public import CharterEngine

/// What is in force for one operator: everything that an exchange needs, immutable and shared.
public final class Enforcement: Sendable {
    /// The operator's name, as the settings call it.
    public let operatorName: String
    /// What decides.
    public let policy: Policy
    /// The same, made ready to be asked often.
    let rows: PolicyRows
    /// What finds demands in requests, and what answers exercise.
    public let patterns: PatternSet
    /// What finds instructions in messages; nil: none are looked for.
    public let phrases: PhraseFinder?
    /// The policy's digest, as text.
    let digest: String?
    /// The patterns that texts of requests have matched.
    let matchedPatterns = TextReadings<[Int]>()
    /// What was found in messages by phrases.
    let readSentences = TextReadings<[ReadSentence]>()
    /// What finds claims that users make in messages.
    let statedClaims: StatedClaims
    /// The words of refusals and duties.
    public let replies: Replies
    /// The role in which the model's server takes instructions: `system` or `developer`.
    public let guideRole: MessageRole
    /// Which behaviors are let pass, and by whose leave.
    public let logOnly: [LogOnly]
    /// Whether a request that is refused gets an HTTP error in place of a refusing answer.
    public let refusesWithError: Bool
    /// What is tried beside the policy, or the policy beside what is tried; nil: nothing is.
    public let candidate: Candidate?
    /// Whether this is the one that is tried.
    public let isTried: Bool
    /// The rule of each behavior as people read it.
    let rules: [BehaviorID: String]
    /// By pattern: the behavior and the rank that a match exercises.
    let exercised: [Exercise?]

    /// What a match of a pattern exercises.
    struct Exercise: Sendable {
        var behavior: BehaviorIndex
        var rank: Rank
    }

    /// What may be told of an operator beside its policy.
    public struct Modes: Sendable {
        /// Which behaviors are let pass, and by whose leave.
        public var logOnly: [LogOnly] = []
        /// Whether a request that is refused gets an HTTP error in place of a refusing answer.
        public var refusesWithError = false
        /// What is tried beside the policy; nil: nothing is.
        public var candidate: Candidate?
        /// Whether this is what is tried.
        public var isTried = false

        /// Everything is enforced, and nothing is tried.
        public init() {}
    }

    /// - Parameters:
    ///   - charter: the document that the policy was compiled from.
    ///   - claims: those that are declared.
    public convenience init(
        operatorName: String, policy: Policy, charter: CharterDocument, patterns: PatternSet,
        phrases: PhraseFinder? = nil, claims: [Text: ClaimType] = [:], replies: Replies,
        guideRole: MessageRole = .system, modes: Modes = Modes()
    ) {
        self.init(
            operatorName: operatorName, policy: policy, patterns: patterns, phrases: phrases,
            statedClaims: StatedClaims(of: claims), replies: replies, guideRole: guideRole,
            rules: Dictionary(
                charter.sections.compactMap { section in
                    section.behavior.map { ($0, section.prose) }
                }, uniquingKeysWith: { first, _ in first }), modes: modes)
    }

    private init(
        operatorName: String, policy: Policy, patterns: PatternSet, phrases: PhraseFinder?,
        statedClaims: StatedClaims, replies: Replies, guideRole: MessageRole,
        rules: [BehaviorID: String], modes: Modes
    ) {
        self.operatorName = operatorName
        self.policy = policy
        rows = PolicyRows(policy)
        digest = policy.digest.map { "\($0)" }
        self.patterns = patterns
        self.phrases = phrases
        self.statedClaims = statedClaims
        self.replies = replies
        self.guideRole = guideRole
        self.rules = rules
        logOnly = modes.logOnly
        refusesWithError = modes.refusesWithError
        candidate = modes.candidate
        isTried = modes.isTried
        exercised = patterns.patterns.map { pattern in
            guard let index = policy.charter.index(of: pattern.behavior) else {
                return nil
            }
            let behavior = policy.charter[index]
            let rank = pattern.value.map(behavior.rank(of:)) ?? behavior.top
            return rank.map { Exercise(behavior: index, rank: $0) }
        }
    }

    /// The same where another policy decides, whose charter has the same behaviors in the same order. What is
    /// tried or let pass beside this policy is neither beside that one.
    public func deciding(by policy: Policy) -> Enforcement {
        var modes = Modes()
        modes.refusesWithError = refusesWithError
        return Enforcement(
            operatorName: operatorName, policy: policy, patterns: patterns, phrases: phrases,
            statedClaims: statedClaims, replies: replies, guideRole: guideRole, rules: rules,
            modes: modes)
    }

    /// The same with other modes.
    public func with(_ modes: Modes) -> Enforcement {
        Enforcement(
            operatorName: operatorName, policy: policy, patterns: patterns, phrases: phrases,
            statedClaims: statedClaims, replies: replies, guideRole: guideRole, rules: rules,
            modes: modes)
    }
}
