extension Policy {
    /// One adjustment of the charter, the platform or an operator, as the policy keeps it.
    public struct PlacedAdjustment: Sendable {
        /// Its place, by which a compact trail knows it.
        public let place: UInt32
        /// What it adjusts.
        public let behavior: BehaviorID
        /// The part of the actor that it belongs to.
        public let scope: Scope
        /// The document and the place in it.
        public let origin: Step.Origin
    }

    /// Every adjustment, by charter order of the behaviors, outermost first; O(their number).
    public var adjustments: [PlacedAdjustment] {
        charter.behaviors.indices.flatMap { number in
            [(base.table, base.sources, UInt32(0)), (own, sources, CompactTrail.operators)].flatMap
            {
                table, sources, flag in
                table.range(number).map { place in
                    let target = table.target(of: table.adjustment(place))
                    let scope = scopes[target.place]
                    let source = sources[Int(scope.source)]
                    return PlacedAdjustment(
                        place: UInt32(truncatingIfNeeded: place) | flag,
                        behavior: charter.behaviors[number].id, scope: scope.scope,
                        origin: Step.Origin(
                            layer: source.layer, file: source.file,
                            position: table.position(place), notes: table.notes(place)))
                }
            }
        }
    }
}

extension CompactTrail {
    /// The bit that tells operators' places from those of the charter and the platform.
    static let operators: UInt32 = 0x8000_0000

    /// Each adjustment that held, as far as there was room: its place, and whether any of it was refused.
    public var entries: [(place: UInt32, isRefused: Bool)] {
        (0..<min(count, 16)).map { number in
            let bits = outcomes[number]
            // Four bits each: 0 nothing, 1 accepted, above it a reason.
            let isRefused = (0..<4).contains { bits >> UInt16($0 * 4) & 0xF > 1 }
            return (places[number], isRefused)
        }
    }
}
