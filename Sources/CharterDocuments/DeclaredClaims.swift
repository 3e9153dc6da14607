internal import CharterEngine

/// The claims that are declared where a document is read.
struct DeclaredClaims {
    var types: [Text: ClaimType] = [:]
    /// Declared so badly that nobody knows their type: to use them is no second mistake.
    var misread: Set<Text> = []
    /// Whether a part that may declare more could not be read.
    var isIncomplete = false

    /// Whether the claim may be there although it has no type.
    func mayHave(_ name: Text) -> Bool { isIncomplete || misread.contains(name) }
}
