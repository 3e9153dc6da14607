internal import CharterEngine

extension CharterDocument {
    /// What is doubtful about the charter: warnings and notes (docs/diagnostics.md); O(size).
    public var doubts: [Diagnostic] {
        var findings = Findings(source)
        tellAdjustments(&findings)
        tellExamples(&findings)
        tellLinks(&findings)
        tellClaims(&findings)
        for range in hidden {
            findings.add(
                "charter.not-read", .note, at: range, "this is not read as a behavior",
                reason: "only headings and fenced blocks at the top level of the document count",
                help: "take it out of the list or quotation, and put a space behind the `#`")
        }
        return Reading(value: self, diagnostics: findings.diagnostics).diagnostics
    }

    private func tellAdjustments(_ findings: inout Findings) {
        let document = PlacedDocument(source: source, places: places)
        let doubts = AdjustmentDoubts(area: "charter", charter: charter)
        let view = ClaimsInView(charter)
        for behavior in charter.behaviors where !behavior.adjust.isEmpty {
            doubts.tellUndoneSets(behavior.adjust, in: document, &findings)
            for adjustment in behavior.adjust {
                doubts.tellSilence(adjustment, view, in: document, &findings)
                doubts.tellTerm(adjustment, in: document, &findings)
            }
        }
    }

    private func tellExamples(_ findings: inout Findings) {
        for section in sections {
            for slip in section.slips {
                findings.add(
                    "charter.bad-example", .note, at: slip.range, slip.message,
                    reason: "an example is a scenario of the audits",
                    help: "close each tag, and compare answers in `<comparison>`")
            }
            guard let behavior = section.behavior else { continue }
            let answers = section.examples.flatMap(\.comparisons).flatMap(\.answers)
            let grades: [Example.Grade] = [.good, .bad]
            let missing = grades.filter { grade in
                !answers.contains { $0.grade == grade }
            }
            guard !missing.isEmpty else { continue }
            findings.add(
                "charter.no-example", .note, at: section.span.range,
                "`\(behavior)` has no " + missing.map(\.rawValue).joined(separator: " and no ")
                    + " example",
                reason: "people, the model and the audits learn a rule by both",
                help: "add `**Example**: …` with a `~~~xml` block that compares answers")
        }
    }

    private func tellLinks(_ findings: inout Findings) {
        let ids = Set(sections.compactMap(\.id))
        for link in sections.flatMap(\.links) {
            guard case .section(let id) = link.target, !ids.contains(id) else { continue }
            findings.add(
                "charter.dead-link", .note, at: link.span.range, "there is no heading `#\(id)`",
                reason: "the link leads nowhere",
                help: NearestName.help(for: id, among: ids) ?? "name the id of a heading")
        }
    }

    private func tellClaims(_ findings: inout Findings) {
        let used = Set(charter.behaviors.flatMap(\.adjust).flatMap { $0.condition?.claims ?? [] })
        for (name, range) in places.claims.sorted(by: { $0.value.lowerBound < $1.value.lowerBound })
        where !used.contains(name) {
            findings.add(
                "charter.unused-claim", .note, at: range,
                "no condition of the charter uses `\(name)`",
                reason: "it is declared for layers alone", help: "if no layer needs it, take it out"
            )
        }
    }
}
