internal import CharterEngine

extension Decision {
    /// The behaviors of which one more demand could still change the verdict: duties that hold and are not
    /// owed yet, and, where it is no refusal already, whatever is set below its highest value and not
    /// unmet.
    ///
    /// - Parameter demands: those that were decided.
    func open(_ charter: Charter, after demands: [Demand]) -> Set<BehaviorID> {
        let triggered = Set(demands.filter(\.isTriggered).map(\.behavior))
        let unmet = Set(verdict.unmet)
        let open = zip(charter.behaviors, behaviors).enumerated().filter { place, entry in
            let (behavior, decision) = entry
            if behavior.kind == .duty {
                return decision.setting == .cautious && !triggered.contains(behavior.id)
            }
            guard verdict.act != .refuse, decision.setting < behavior.top else { return false }
            return !unmet.contains { charter[$0].id == behavior.id }
        }
        return Set(open.map(\.element.0.id))
    }
}
