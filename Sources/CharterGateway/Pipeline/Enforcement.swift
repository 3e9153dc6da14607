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
        rows = PolicyRows(policy)
        digest = policy.digest.map { "\($0)" }
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
}
