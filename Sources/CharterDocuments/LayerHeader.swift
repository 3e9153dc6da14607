public import CharterEngine

/// What a layer says of itself, read before its charter is known.
public struct LayerHeader: Sendable {
    /// The level that it says, `operator` where it says none that there is.
    public let level: Level
    /// The operator layer that it stands under.
    public let under: String?

    /// Reads as much as can be read; what is wrong is told when the layer itself is read.
    public init(_ source: SourceText) {
        let readable = source.bounds(area: "layer") == nil
        let draft = readable ? LayerDraft(source, isTemplate: false) : nil
        level = draft?.text("layer").flatMap(Level.init(named:)) ?? .operator
        under = draft?.text("under")
    }
}
