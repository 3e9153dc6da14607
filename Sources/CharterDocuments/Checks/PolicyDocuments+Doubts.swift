public import CharterEngine

extension PolicyDocuments {
    /// What is doubtful about the layers: warnings and notes (docs/diagnostics.md); O(size).
    ///
    /// A step that is always refused is one that no request can have accepted. Where no platform layer
    /// was given, the platform may do whatever its level may: it is not known.
    public var doubts: [Diagnostic] {
        var doubts = LayerDoubts(charter: charter.charter)
        doubts.tellRefusals(platform: platform, operators: operators)
        var view = ClaimsInView(charter.charter)
        let layers = [platform].compactMap { $0 } + operators
        for (place, document) in layers.enumerated() {
            guard let layer = document.layer else { continue }
            view.enter(layer)
            doubts.tellNotes(document, layer, view)
            doubts.tellClaims(document, usedBy: layers[place...].compactMap(\.layer))
        }
        return doubts.diagnostics
    }
}

extension LayerDocument {
    /// What is doubtful about a user's layer: steps that are refused whatever the platform and the
    /// operators open; O(size).
    public func doubts(in charter: Charter) -> [Diagnostic] {
        guard let user else { return [] }
        var doubts = LayerDoubts(charter: charter)
        doubts.tellRefusals(of: user, placed)
        return doubts.diagnostics
    }
}
