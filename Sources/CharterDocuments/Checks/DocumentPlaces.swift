internal import CharterEngine

/// Where in a document its adjustments and claims stand, for what is told of them once all documents
/// are known.
struct DocumentPlaces: Sendable {
    /// By where the adjustment begins.
    var adjustments: [SourcePosition: AdjustmentPlaces] = [:]
    /// Where each claim is declared.
    var claims: [Text: Range<Int>] = [:]
    /// Where each claim is presumed.
    var assumed: [Text: Range<Int>] = [:]

    /// The parts of one adjustment, in bytes of the document.
    struct AdjustmentPlaces: Sendable {
        var whole: Range<Int>
        /// The values of `set`, `allow`, `deny` and `forbid`.
        var values: [Step.Operation: Range<Int>] = [:]
        var condition: Range<Int>?
        var until: Range<Int>?
    }
}

/// A document with its places.
struct PlacedDocument: Sendable {
    let source: SourceText
    let places: DocumentPlaces

    /// Where a part of an adjustment stands; the adjustment, where that part stands nowhere.
    func range(of operation: Step.Operation, in adjustment: Adjustment) -> Range<Int> {
        let parts = places.adjustments[adjustment.source]
        return (operation == .when ? parts?.condition : parts?.values[operation])
            ?? parts?.whole ?? 0..<1
    }
}
