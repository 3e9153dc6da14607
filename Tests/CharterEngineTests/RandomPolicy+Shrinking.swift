@testable import CharterEngine

extension RandomPolicy {
    /// The smallest that can be reached, one part left out at a time, while it still breaks the law.
    func shrunk(while isBroken: (RandomPolicy) -> Bool) -> RandomPolicy {
        var smallest = self
        while let smaller = smallest.smaller.first(where: isBroken) { smallest = smaller }
        return smallest
    }

    /// Each with one part less, large parts first.
    private var smaller: [RandomPolicy] {
        smallerLayers + smallerBehaviors + smallerRequests + smallerAdjustments
            + smallerPresumptions
    }

    private func copy(_ change: (inout RandomPolicy) -> Void) -> RandomPolicy {
        var copy = self
        change(&copy)
        return copy
    }

    private var smallerLayers: [RandomPolicy] {
        var all: [RandomPolicy] = []
        if platform != nil { all.append(copy { $0.platform = nil }) }
        if user != nil { all.append(copy { $0.user = nil }) }
        for place in operators.indices {
            let isInnermost = place == operators.count - 1
            if !isInnermost || operators.count == 1 || request.channel == nil {
                all.append(copy { $0.operators.remove(at: place) })
            }
            for template in operators[place].templates.indices {
                all.append(copy { $0.operators[place].templates.remove(at: template) })
            }
            for channel in operators[place].channels.indices {
                all.append(copy { $0.operators[place].channels.remove(at: channel) })
            }
            for role in operators[place].roles.indices {
                all.append(
                    copy { copy in
                        let name = copy.operators[place].roles.remove(at: role).name
                        for channel in copy.operators[place].channels.indices {
                            copy.operators[place].channels[channel].roles[name] = nil
                        }
                    })
            }
        }
        for template in platform?.templates.indices ?? 0..<0 {
            all.append(copy { $0.platform?.templates.remove(at: template) })
        }
        return all
    }

    private var smallerBehaviors: [RandomPolicy] {
        var all: [RandomPolicy] = []
        for place in behaviors.indices where behaviors.count > 1 {
            all.append(
                copy { copy in
                    let id = copy.behaviors.remove(at: place).id
                    copy.updateAdjustments { list in list.removeAll { $0.behavior == id } }
                    for other in copy.behaviors.indices {
                        copy.behaviors[other].conflicts.removeAll { $0 == id }
                    }
                })
        }
        for place in behaviors.indices {
            let behavior = behaviors[place]
            for level in behavior.bounds.keys {
                all.append(copy { $0.behaviors[place].bounds[level] = nil })
            }
            for level in behavior.delegable.keys {
                all.append(copy { $0.behaviors[place].delegable[level] = nil })
            }
            for conflict in behavior.conflicts.indices {
                all.append(copy { $0.behaviors[place].conflicts.remove(at: conflict) })
            }
        }
        return all
    }

    private var smallerRequests: [RandomPolicy] {
        var all: [RandomPolicy] = []
        for place in request.instructions.indices {
            all.append(copy { $0.request.instructions.remove(at: place) })
        }
        for place in request.demands.indices {
            all.append(copy { $0.request.demands.remove(at: place) })
        }
        for place in request.roles.indices {
            all.append(copy { $0.request.roles.remove(at: place) })
        }
        for name in request.claims.keys { all.append(copy { $0.request.claims[name] = nil }) }
        for place in user?.settings.indices ?? 0..<0 {
            all.append(copy { $0.user?.settings.remove(at: place) })
        }
        if request.channel != nil { all.append(copy { $0.request.channel = nil }) }
        if request.user != nil { all.append(copy { $0.request.user = nil }) }
        if request.surface != nil { all.append(copy { $0.request.surface = nil }) }
        if request.model != nil { all.append(copy { $0.request.model = nil }) }
        if request.language != nil { all.append(copy { $0.request.language = nil }) }
        if request.at != nil { all.append(copy { $0.request.at = nil }) }
        return all
    }

    private var smallerAdjustments: [RandomPolicy] {
        let adjustments = adjustments
        let parts: [WritableKeyPath<Adjustment, Rank?>] = [\.set, \.allow, \.deny, \.forbid]
        var all = adjustments.indices.map { withAdjustment($0) { _ in nil } }
        for (place, adjustment) in adjustments.enumerated() {
            func without(_ change: @escaping (inout Adjustment) -> Void) {
                all.append(
                    withAdjustment(place) { adjustment in
                        var changed = adjustment
                        change(&changed)
                        return changed
                    })
            }
            if adjustment.condition != nil { without { $0.condition = nil } }
            if adjustment.from != nil { without { $0.from = nil } }
            if adjustment.until != nil { without { $0.until = nil } }
            let said = parts.filter { adjustment[keyPath: $0] != nil }
            for part in said where said.count > 1 { without { $0[keyPath: part] = nil } }
        }
        return all
    }

    /// Less that is presumed or believed. Declarations stay: conditions were read with them.
    private var smallerPresumptions: [RandomPolicy] {
        var all: [RandomPolicy] = []
        for name in assume.keys { all.append(copy { $0.assume[name] = nil }) }
        for name in platform?.assume.keys.sorted() ?? [] {
            all.append(copy { $0.platform?.assume[name] = nil })
        }
        for place in operators.indices {
            for name in operators[place].assume.keys {
                all.append(copy { $0.operators[place].assume[name] = nil })
            }
            for name in operators[place].believe.keys {
                all.append(copy { $0.operators[place].believe[name] = nil })
            }
        }
        return all
    }
}
