internal import CharterEngine

/// What may surprise about adjustments: steps that are always refused, and what silence decides.
struct AdjustmentDoubts {
    /// `charter` or `layer`.
    let area: String
    let charter: Charter

    /// A step that no request can have accepted.
    func tell(
        _ refusal: PermissiveFold.Refusal, in document: PlacedDocument, _ findings: inout Findings
    ) {
        guard let behavior = charter[refusal.adjustment.behavior] else { return }
        let value = behavior.spelled(refusal.value)
        findings.add(
            "layer.always-refused", .warning,
            at: document.range(of: refusal.operation, in: refusal.adjustment),
            "`\(refusal.operation.rawValue): \(value)` of `\(behavior.id)` is refused at each decision",
            reason: reason(refusal, behavior), help: help(refusal, behavior))
    }

    private func reason(_ refusal: PermissiveFold.Refusal, _ behavior: Behavior) -> String {
        let level = refusal.level.name
        switch refusal.reason {
        case .notAdjustable where behavior.isHardcoded:
            return "the behavior is hardcoded: nobody adjusts it"
        case .notAdjustable:
            return "authority is `\(behavior.authority.name)`: the \(level) has no say"
        case .protected:
            let own = behavior.spelled(behavior.own(refusal.level))
            return
                "the behavior is protected: by itself the \(level) goes up to `\(own)`, and somebody "
                + "below goes further"
        case .notDelegable:
            return "the next level may have at most `\(behavior.spelled(refusal.ceiling))`"
        case .forbidden:
            return "`\(behavior.spelled(refusal.value))` is forbidden before, for good"
        default:
            return refusal.ceiling.isNone
                ? "the \(level) may put no value in force"
                : "the \(level) may put at most `\(behavior.spelled(refusal.ceiling))` in force"
        }
    }

    private func help(_ refusal: PermissiveFold.Refusal, _ behavior: Behavior) -> String {
        let hasLess =
            refusal.limit > .none && (refusal.operation == .set || refusal.operation == .allow)
        let out = "leave it out: it changes nothing"
        guard hasLess else { return out }
        return
            "write `\(refusal.operation.rawValue): \(behavior.spelled(refusal.limit))` or less, or \(out)"
    }

    /// What a request that says nothing comes to.
    func tellSilence(
        _ adjustment: Adjustment, _ view: ClaimsInView, in document: PlacedDocument,
        _ findings: inout Findings
    ) {
        guard let behavior = charter[adjustment.behavior], let condition = adjustment.condition
        else {
            return
        }
        let restricts = restricts(adjustment, behavior)
        let widens = adjustment.steps.contains { step in
            step.operation == .allow || (step.operation == .set && step.value > behavior.default)
        }
        let silent = condition.claims.filter { view.isSilent($0, for: behavior) }
        let presumed = condition.claims.filter { view.isPresumed($0, for: behavior) }
        let range = document.range(of: .when, in: adjustment)
        if !silent.isEmpty, restricts || widens {
            let demanding = silent.first { !view.couldBePresumed($0, for: behavior) }
            let canPresume = demanding == nil
            let effect =
                !widens
                ? "the restriction holds until the opposite is shown"
                : !restricts
                    ? "this does not hold until it is shown"
                    : "the careful part holds, and the rest does not, until it is shown"
            findings.add(
                "\(area).decided-by-silence", .note, at: range,
                "where a request does not show \(AdjustmentDoubts.list(silent)), silence decides this",
                reason: "nobody presumes it, so \(effect)",
                help: canPresume
                    ? "if that is not meant, show it in each request; or write `assume: {\(silent[0]): …}`, where what is presumed opens nothing"
                    : "if that is not meant, show it in each request: "
                        + view.asking(for: demanding ?? silent[0], behavior)
            )
        }
        if let first = presumed.first, restricts {
            findings.add(
                "\(area).assumed-guard", .note, at: range,
                "\(AdjustmentDoubts.list(presumed)) is presumed, and guards a restriction",
                reason:
                    "a request that says nothing gets the presumed value, not the careful outcome",
                help: "if that is not meant, take `\(first)` out of `assume`")
        }
    }

    private func restricts(_ adjustment: Adjustment, _ behavior: Behavior) -> Bool {
        adjustment.steps.contains { step in
            step.operation == .deny || step.operation == .forbid
                || (step.operation == .set && step.value < behavior.default)
        }
    }

    /// What a layer presumes, and a template of its guards a restriction by.
    func tellPresumed(
        _ adjustment: Adjustment, of template: PlacedDocument, _ view: ClaimsInView,
        in layer: PlacedDocument, _ findings: inout Findings
    ) {
        guard let behavior = charter[adjustment.behavior], let condition = adjustment.condition,
            restricts(adjustment, behavior)
        else { return }
        for claim in condition.claims where view.isPresumed(claim, for: behavior) {
            guard let range = layer.places.assumed[claim] else { continue }
            findings.add(
                "\(area).assumed-guard", .note, at: range,
                "`\(claim)` is presumed, and guards a restriction of `\(behavior.id)` in a template",
                reason:
                    "it stands in \(template.source.file):\(adjustment.source.line); a request that says nothing gets the presumed value, not the careful outcome",
                help: "if that is not meant, leave it out of `assume`")
        }
    }

    /// What is set, and taken away at once by what stands beside it.
    ///
    /// - Parameter scope: the adjustments that stand side by side and all apply; in a role or a
    ///   channel one alone, since others are other people's.
    func tellUndoneSets(
        _ scope: [Adjustment], in document: PlacedDocument, _ findings: inout Findings
    ) {
        for (id, adjustments) in Dictionary(grouping: scope, by: \.behavior) {
            guard let behavior = charter[id] else { continue }
            let allowed = adjustments.compactMap(\.allow).max() ?? .none
            let always = adjustments.filter { !$0.isConditional }
            let (deny, forbid) = (
                always.compactMap(\.deny).min(), always.compactMap(\.forbid).min()
            )
            for adjustment in adjustments {
                guard let set = adjustment.set else { continue }
                let denies = [deny, adjustment.deny].compactMap { $0 }
                let forbids = [forbid, adjustment.forbid].compactMap { $0 }
                let denied = max(denies.min()?.below ?? behavior.top, allowed)
                let forbidden = forbids.min()?.below ?? behavior.top
                guard set > min(denied, forbidden) else { continue }
                let taker = forbidden <= denied ? "forbid" : "deny"
                findings.add(
                    area == "layer" ? "layer.set-above-deny" : "charter.set-above-forbid", .note,
                    at: document.range(of: .set, in: adjustment),
                    "`\(behavior.spelled(set))` is set and taken away at once",
                    reason: "a `\(taker)` lowers the setting too, here to "
                        + "`\(behavior.spelled(min(denied, forbidden)))`",
                    help: "set the lower value, or \(taker) a higher one")
            }
        }
    }

    /// A term that ends before it begins.
    func tellTerm(_ adjustment: Adjustment, in document: PlacedDocument, _ findings: inout Findings)
    {
        guard let from = adjustment.from, let until = adjustment.until, until <= from else {
            return
        }
        let parts = document.places.adjustments[adjustment.source]
        findings.add(
            "\(area).empty-term", .note, at: parts?.until ?? parts?.whole ?? 0..<1,
            "the adjustment never holds", reason: "`until` is not after `from`",
            help: "exchange them, or write a later `until`")
    }

    private static func list(_ claims: [Text]) -> String {
        claims.map { "`\($0)`" }.joined(separator: ", ")
    }
}

extension Behavior {
    /// The name of a rank, for messages.
    func spelled(_ rank: Rank) -> String { name(of: rank)?.string ?? "none" }
}
