internal import CharterDetection
internal import CharterDocuments
internal import CharterEngine

/// Which detectors there are and what each of them looks for, held against the charter.
struct DetectorPlan: Sendable {
    let policy: JudgePolicy
    let budget: Duration
    let window: Duration
    let moderations: [(settings: Settings.Moderation, categories: ModerationCategories)]
    /// Each judge with the behaviors that it is asked about together.
    let judges: [(settings: Settings.Judge, groups: [[BehaviorID]])]

    /// What is wrong is told; what is left of it is in the plan.
    ///
    /// - Parameter patterned: the behaviors that have a pattern.
    init(
        _ settings: Settings.Detection, _ document: CharterDocument,
        patterned: Set<BehaviorID>, _ findings: inout Findings
    ) {
        let charter = document.charter
        let policy = JudgePolicy(document)
        var moderations: [(settings: Settings.Moderation, categories: ModerationCategories)] = []
        var looked = patterned
        for moderation in settings.moderations {
            var meanings: [String: ModerationCategories.Meaning] = [:]
            for category in moderation.categories
            where DetectorPlan.isKnown(category, charter, &findings) {
                meanings[category.name] = ModerationCategories.Meaning(
                    category.behavior, value: category.value, threshold: category.threshold)
            }
            let categories = ModerationCategories(meanings, charter)
            looked.formUnion(categories.behaviors)
            moderations.append((moderation, categories))
        }
        let all = Set(charter.behaviors.map(\.id))
        judges = settings.judges.map { judge in
            let named = judge.behaviors?.filter { id, range in
                DetectorPlan.isKnown(id, at: range, charter, &findings)
            }
            let behaviors = named.map { Set($0.map(\.id)) } ?? all.subtracting(looked)
            if behaviors.isEmpty, judge.behaviors == nil {
                findings.add(
                    "settings.bad-value", at: judge.range, "there is nothing left for this judge",
                    reason: "every behavior has a pattern, or a category of moderation",
                    help: "name its `behaviors`")
            }
            return (judge, policy.groups(of: behaviors))
        }
        self.moderations = moderations
        self.policy = policy
        budget = settings.budget
        window = settings.window
    }

    private static func isKnown(
        _ id: BehaviorID, at range: Range<Int>, _ charter: Charter, _ findings: inout Findings
    ) -> Bool {
        if charter[id] != nil { return true }
        findings.add(
            "settings.bad-value", at: range, "the charter has no behavior `\(id)`",
            help: NearestName.help(
                for: id.text.string, among: charter.behaviors.map(\.id.text.string)))
        return false
    }

    private static func isKnown(
        _ category: Settings.Moderation.Category, _ charter: Charter, _ findings: inout Findings
    ) -> Bool {
        guard isKnown(category.behavior, at: category.range, charter, &findings),
            let behavior = charter[category.behavior]
        else { return false }
        guard let value = category.value, behavior.rank(of: value) == nil else { return true }
        let names = behavior.values.map(\.string)
        findings.add(
            "settings.bad-value", at: category.range,
            "`\(behavior.id)` has no value `\(value.string)`",
            help: NearestName.help(for: value.string, among: names)
                ?? "there are " + names.map { "`\($0)`" }.joined(separator: ", "))
        return false
    }
}
