internal import CharterDocuments

/// A JSON document in which some strings say something else: all other bytes stay as they came.
struct Redaction: Sendable {
    /// By where the text of a string begins among the texts of its document: the text, and what is said
    /// in its place.
    private var replaced: [Int: (old: ArraySlice<UInt8>, new: [UInt8])] = [:]
    /// Whether lists of tokens are left out: they repeat the text that they belong to.
    var withoutTokens = false

    var isEmpty: Bool { replaced.isEmpty }
    /// How many texts are replaced.
    var count: Int { replaced.count }

    /// What is said in place of a text of the document, which is a slice of its texts; nil: the text itself.
    subscript(text: ArraySlice<UInt8>) -> [UInt8]? {
        get {
            guard let entry = replaced[text.startIndex], entry.old == text else { return nil }
            return entry.new
        }
        set { if !text.isEmpty { replaced[text.startIndex] = newValue.map { (text, $0) } } }
    }

    /// Appends a value with what is said in it.
    ///
    /// - Complexity: linear in the value.
    /// - Returns: how many of the strings in it were replaced. A key never is.
    @discardableResult
    func write(_ value: JSONValue, to output: inout [UInt8]) -> Int {
        var place = value.range.lowerBound
        var count = 0
        rewrite(value, &place, &count, &output)
        output += value.document.source[place..<value.range.upperBound]
        return count
    }

    private func rewrite(
        _ value: JSONValue, _ place: inout Int, _ count: inout Int, _ output: inout [UInt8]
    ) {
        let source = value.document.source
        if let text = value.text {
            guard let new = self[text] else { return }
            output += source[place..<value.range.lowerBound]
            JSONText.append(utf8: new, to: &output)
            place = value.range.upperBound
            count += 1
        } else if withoutTokens, value.isNamed("logprobs"), !value.isNull {
            output += source[place..<value.range.lowerBound]
            output += (value.kind == .list ? "[]" : "null").utf8
            place = value.range.upperBound
        } else {
            for child in value.children { rewrite(child, &place, &count, &output) }
        }
    }
}
