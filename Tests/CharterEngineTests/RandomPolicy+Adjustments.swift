@testable import CharterEngine

extension RandomPolicy {
    /// Visits every list of adjustments, root's first.
    mutating func updateAdjustments(_ body: (inout [Adjustment]) -> Void) {
        for place in behaviors.indices { body(&behaviors[place].adjust) }
        if var layer = platform {
            layer.updateAdjustments(body)
            platform = layer
        }
        for place in operators.indices { operators[place].updateAdjustments(body) }
    }

    /// Changes the adjustment at a place in the order of `updateAdjustments`; nil takes it away.
    func withAdjustment(
        _ place: Int, _ body: (Adjustment) -> Adjustment?
    ) -> RandomPolicy {
        var copy = self
        var left = place
        copy.updateAdjustments { list in
            if list.indices.contains(left) {
                let changed = body(list[left])
                list.replaceSubrange(left...left, with: changed.map { [$0] } ?? [])
                left = -1
            } else if left >= 0 {
                left -= list.count
            }
        }
        return copy
    }

    /// Every adjustment, in the order of `updateAdjustments`.
    var adjustments: [Adjustment] {
        var copy = self
        var all: [Adjustment] = []
        copy.updateAdjustments { all += $0 }
        return all
    }
}

extension Layer {
    mutating func updateAdjustments(_ body: (inout [Adjustment]) -> Void) {
        for place in templates.indices { body(&templates[place].adjust) }
        body(&adjust)
        for place in roles.indices { body(&roles[place].adjust) }
        for place in channels.indices {
            body(&channels[place].everyone)
            for name in channels[place].roles.keys.sorted() {
                body(&channels[place].roles[name, default: []])
            }
            for name in channels[place].members.keys.sorted() {
                body(&channels[place].members[name, default: []])
            }
        }
    }
}
