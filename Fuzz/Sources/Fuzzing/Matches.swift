public import CharterDetection

/// Every match of the patterns in a text; scanning never fails.
public func matches(
    of patterns: PatternSet, in text: [UInt8], _ kind: PatternSet.Text,
    readsEscapes: Bool = false
) -> [Match] {
    do {
        var scratch = try Scratch(for: patterns)
        return try TextScanner(patterns, for: kind)
            .matches(in: text.span.bytes, using: &scratch, readsEscapes: readsEscapes, limit: .max)
    } catch {
        check(false, "a text is scanned: \(error)")
        return []
    }
}
