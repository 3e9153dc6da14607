import CharterDocuments
import CharterEngine

/// One behavior on the page: its values, who may move it, its rule, and who said what.
struct MatrixPageRow {
    let behavior: Behavior
    let decided: BehaviorDecision
    /// Of the trail, those of this behavior.
    let steps: [Step]
    /// HTML.
    let rule: String
    let policy: Policy
    let request: Request
    let conditions: StatedConditions

    /// What the filter knows a row by.
    enum Kind: String, CaseIterable {
        case adjustable, changed, protected, hardcoded

        var label: String {
            switch self {
            case .adjustable: "Adjustable"
            case .changed: "Changed here"
            case .protected: "Protected"
            case .hardcoded: "Hardcoded"
            }
        }
    }

    var kinds: Set<Kind> {
        var kinds: Set<Kind> = [behavior.isHardcoded ? .hardcoded : .adjustable]
        if steps.contains(where: { $0.scope != .root && $0.reason == nil }) {
            kinds.insert(.changed)
        }
        if isProtected { kinds.insert(.protected) }
        return kinds
    }

    private var isProtected: Bool {
        behavior.isProtected(from: .operator) || behavior.isProtected(from: .platform)
    }

    var html: String {
        let names = kinds.map(\.rawValue).sorted().joined(separator: " ")
        return """
            <tr class="behavior" id="\(behavior.id)" data-kind="\(names)">
            <th scope="row"><details><summary>\(behavior.title.html)</summary></details>\
            <code>\(behavior.id)</code>\(badges)</th>
            <td class="dial">\(values)\(summary)</td>
            \(reaches)
            </tr>
            <tr class="rule"><td colspan="5"><div>\(rule)</div>\(history)</td></tr>
            """
    }

    // MARK: Values

    private var values: String {
        behavior.values.indices.compactMap { Rank($0) }.map { rank in
            let kind = kind(of: rank)
            let name = behavior.spelled(rank).spoken
            return "<span class=\"value \(kind.name)\" title=\"\(kind.meaning)\">\(name)"
                + "<span class=\"unseen\">, \(kind.meaning)</span></span>"
        }.joined(separator: " ")
    }

    /// What a value is to the reader: in force, or within whose reach.
    private func kind(of rank: Rank) -> (name: String, meaning: String) {
        func reaches(_ ceiling: Rank) -> Bool {
            !ceiling.isNone && (rank < decided.setting || rank <= ceiling)
        }
        if rank == decided.setting { return ("now", "in force") }
        if reaches(decided.ceilings.user) { return ("may", "the user may choose it") }
        if reaches(decided.ceilings.operator) {
            return ("could", "the operator may, the user may not")
        }
        if reaches(decided.ceilings.platform) { return ("could", "the platform alone may") }
        return ("out", "nobody may")
    }

    // MARK: Who may move it

    private var reaches: String {
        guard !behavior.isHardcoded else {
            let facts = behavior.adjust.contains { $0.condition != nil }
            return
                "<td colspan=\"3\" class=\"fixed\">\(icon("lock")) Hardcoded: nobody may change it."
                + (facts ? " Only facts that the charter names do." : "") + "</td>"
        }
        let reaches = [
            ("platform", decided.ceilings.platform), ("operator", decided.ceilings.operator),
            ("user", decided.ceilings.user),
        ].map { level, ceiling in (level, Reach(ceiling, setting: decided.setting)) }
        if reaches.allSatisfy({ $0.1.isOut }) {
            return "<td colspan=\"3\" class=\"fixed\">As things stand nobody may change it.</td>"
        }
        return reaches.map { level, reach in
            "<td class=\"who\(reach.isOut ? " no" : "")\" data-level=\"The \(level) may\">"
                + "\(words(reach))</td>"
        }.joined(separator: "\n")
    }

    private func words(_ reach: Reach) -> String {
        if case .upTo(let rank) = reach, !behavior.isSwitch {
            return "set up to <b>\(behavior.spelled(rank).spoken)</b>"
        }
        return reach.words(behavior).spoken
    }

    private var badges: String {
        var badges: [String] = []
        if isProtected {
            let above = [Level.platform, .operator].filter(behavior.isProtected(from:)).map(\.words)
                .joined(separator: " and ")
            badges.append(
                badge("shield", "protected", "The user's own: \(above) cannot take it away."))
        }
        if behavior.kind == .duty {
            badges.append(badge("bell", "duty", "Owed to whoever needs it, also beside a refusal."))
        }
        return badges.joined()
    }

    private func badge(_ name: String, _ text: String, _ meaning: String) -> String {
        " <span class=\"badge \(name)\" title=\"\(meaning)\">\(icon(name)) \(text)</span>"
    }

    private func icon(_ name: String) -> String {
        "<svg class=\"icon\" aria-hidden=\"true\"><use href=\"#\(name)\"/></svg>"
    }

    // MARK: Who said what

    /// The step that gave the setting its value, and the first that closes what is above.
    private var summary: String {
        var lines: [String] = []
        var setting = behavior.default
        var deciding: Step?
        for step in steps where step.reason == nil {
            if step.operation == .set || step.setting != setting { deciding = step }
            setting = step.setting
        }
        if let deciding {
            lines.append(told("set by", deciding))
        }
        let closing = steps.first { step in
            guard step.reason == nil, step != deciding else { return false }
            return step.operation == .forbid || step.operation == .deny
        }
        if let closing, decided.setting < behavior.top {
            let verb = closing.operation == .forbid ? "forbidden" : "denied"
            lines.append(told("\(values(of: closing)) is \(verb) by", closing))
        }
        return lines.map { "<p class=\"told\">\($0)</p>" }.joined()
    }

    private func told(_ verb: String, _ step: Step) -> String {
        let text = StepText(step: step, policy: policy)
        let speaker = step.scope == .root ? "the charter" : text.speaker
        let unshown = conditions.unshown(by: request, of: step).joined(separator: ", ").spoken
        return "\(verb) <b>\(speaker.html)</b>" + (text.notes.map { ": \($0.html)" } ?? "")
            + (unshown.isEmpty ? "" : " (not shown: \(unshown))")
    }

    /// Every step, from the default on.
    private var history: String {
        guard !steps.isEmpty else { return "" }
        var items = [
            "<li><b>charter</b> starts at <b>\(behavior.spelled(behavior.default).spoken)</b></li>"
        ]
        items += steps.map { step in
            let text = StepText(step: step, policy: policy)
            var item = "<b>\(text.speaker.html)</b> \(verb(step))"
            if step.operation != .when, let condition = conditions.condition(of: step) {
                let unshown = conditions.unshown(by: request, of: step)
                item += " when <code>\(condition.source.html)</code>"
                if !unshown.isEmpty {
                    item += " (not shown: \(unshown.joined(separator: ", ").spoken))"
                }
            }
            if step.operation != .when, let notes = text.notes { item += ": \(notes.html)" }
            if let reason = step.reason { item += " <em>Refused: \(reason.words).</em>" }
            if !text.place.isEmpty { item += " <code>\(text.place.html)</code>" }
            return "<li>\(item)</li>"
        }
        return "<ol class=\"steps\">\(items.joined())</ol>"
    }

    /// The value that a step takes away, with everything above it.
    private func values(of step: Step) -> String {
        "<b>\(name(of: step))</b>" + (step.value == .rank(behavior.top) ? "" : " and above")
    }

    private func name(of step: Step) -> String {
        (DecisionWriter(policy.charter).spelled(step) ?? "").spoken
    }

    private func verb(_ step: Step) -> String {
        switch step.operation {
        case .set: "sets <b>\(name(of: step))</b>"
        case .allow: "allows the next level up to <b>\(name(of: step))</b>"
        case .deny: "denies \(values(of: step)) to those below"
        case .forbid: "forbids \(values(of: step)) for good"
        case .administrator: "lends administrators what it may do itself"
        case .when: "asks for evidence of <b>\(name(of: step))</b>"
        }
    }
}

extension String {
    /// A name of the documents as people say it.
    fileprivate var spoken: String { replacing("_", with: " ").html }
}
