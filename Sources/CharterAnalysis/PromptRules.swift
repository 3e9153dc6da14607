internal import CharterDocuments
internal import CharterEngine

/// What a prompt has to say: each behavior that is not as a model would have it anyway, or that the
/// request puts at stake.
struct PromptRules {
    /// One behavior in words.
    struct Rule {
        var behavior: BehaviorID
        var title: String
        /// What is in force, and what it means.
        var text: String
        /// Why, as whoever put it in force says it.
        var reason: String?
        var origin: Inheritance.Origin
        /// In charter order.
        var place: Int
        /// Lower is more important.
        var importance: [Int]
    }

    private(set) var rules: [Rule] = []

    /// The most important first: what is at stake, then by tier, then in charter order.
    var byImportance: [Rule] {
        rules.sorted { $0.importance.lexicographicallyPrecedes($1.importance) }
    }

    init(_ documents: PolicyDocuments, _ decision: Decision, _ request: Request) {
        let charter = documents.policy.charter
        let sections = Dictionary(
            documents.charter.sections.compactMap { section in
                section.behavior.map { ($0, section) }
            }, uniquingKeysWith: { first, _ in first })
        let demanded = Set(request.demands.map(\.behavior))
        let steps = Dictionary(grouping: decision.trail, by: \.behavior)
        for (place, behavior) in charter.behaviors.enumerated() {
            let setting = decision.behaviors[place].setting
            let isAtStake = demanded.contains(behavior.id)
            guard setting != behavior.default || isAtStake else { continue }
            let prose = BehaviorProse(sections[behavior.id]?.prose ?? "")
            let step = steps[behavior.id]?.last { step in
                step.reason == nil && step.scope != .root && step.setting == setting
            }
            let origin = step?.origin
            rules.append(
                Rule(
                    behavior: behavior.id, title: behavior.title,
                    text: prose.inForce(setting, of: behavior),
                    // The charter's own reason is for its default, and may say the opposite.
                    reason: origin == nil ? prose.why : origin?.notes.reason,
                    origin: Inheritance.Origin(
                        layer: origin?.layer?.string, file: origin?.file ?? charter.file,
                        position: origin?.position ?? behavior.source),
                    place: place,
                    importance: [
                        isAtStake ? 0 : 1,
                        Tier.allCases.firstIndex(of: behavior.tier) ?? 0, place,
                    ]))
        }
    }
}
