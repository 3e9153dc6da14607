internal import CharterEngine

/// A scope of a layer as the checks see it: what stands side by side, and in which document.
struct LayerScope {
    enum Kind {
        /// A template, or the layer's own `adjust`.
        case always
        /// Of some users, or in some channels.
        case role, channelEveryone, channelRole, channelMember
    }

    var kind: Kind
    var adjustments: [Adjustment]
    /// The place of its document among those of the layer.
    var document: Int

    /// The scopes of a layer in the order in which they apply.
    static func all(of layer: Layer) -> [LayerScope] {
        var scopes = layer.templates.enumerated().map { place, template in
            LayerScope(kind: .always, adjustments: template.adjust, document: place)
        }
        let own = layer.templates.count
        func add(_ kind: Kind, _ adjustments: [Adjustment]) {
            scopes.append(LayerScope(kind: kind, adjustments: adjustments, document: own))
        }
        add(.always, layer.adjust)
        add(.role, layer.roles.flatMap(\.adjust))
        add(.channelEveryone, layer.channels.flatMap(\.everyone))
        let places = Dictionary(
            layer.roles.enumerated().map { ($0.element.name, $0.offset) }, uniquingKeysWith: min)
        add(
            .channelRole,
            layer.channels.flatMap { channel in
                channel.roles.sorted { places[$0.key] ?? 0 < places[$1.key] ?? 0 }.flatMap(\.value)
            })
        add(
            .channelMember,
            layer.channels.flatMap { channel in
                channel.members.sorted { $0.key < $1.key }.flatMap(\.value)
            })
        return scopes
    }
}

extension Adjustment {
    /// Whether a condition or a term may keep it from holding.
    var isConditional: Bool { condition != nil || from != nil || until != nil }

    /// Its steps, in the order of the fold.
    var steps: [(operation: Step.Operation, value: Rank)] {
        [(.set, set), (.allow, allow), (.deny, deny), (.forbid, forbid)].compactMap {
            operation, value in
            value.map { (operation, $0) }
        }
    }
}
