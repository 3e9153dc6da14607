internal import CharterEngine

/// The attributes of a heading, `{#id key=value …}` (SEMANTICS §2).
struct Attributes: Sendable {
    struct Attribute: Sendable {
        var key: String
        var value: YAMLNode
        /// Of the key, in bytes of the document.
        var range: Range<Int>
    }

    /// The heading without its attributes.
    var title: String
    var id: String?
    var idRange: Range<Int>
    var attributes: [Attribute] = []

    /// Reads the attributes of a heading; tells slips, which must not lose a behavior.
    init(_ heading: MarkdownDocument.Heading, _ findings: inout Findings) {
        let text = heading.text.trimmingSpace
        title = heading.restoring(text)
        idRange = heading.range
        guard text.utf8.last == UInt8(ascii: "}") || text.holds("{#") else { return }
        func slip(_ message: String, _ range: Range<Int>? = nil, help: String? = nil) {
            findings.add(
                "charter.syntax", at: range ?? heading.range, message,
                reason: "a slip here would lose a behavior, so a heading that ends in `}` or holds "
                    + "`{#` must parse",
                help: help
                    ?? "write `Title {#id key=value …}`, and braces that are no attributes as code")
        }
        guard text.utf8.last == UInt8(ascii: "}"),
            let open = text.utf8.lastIndex(of: UInt8(ascii: "{"))
        else {
            slip("the attributes do not stand at the end of the heading in `{` and `}`")
            return
        }
        let front = String(text[..<open]).trimmingSpace
        title = heading.restoring(front)
        guard !front.holds("{#") else {
            slip("the heading has attributes twice")
            return
        }
        let inner = text[text.utf8.index(after: open)...].dropLast()
        // `{#_a_}` would be read as `a`, and `[x]` of a link as its text.
        let first = heading.text.utf8.count - inner.utf8.count - 1
        guard !heading.marked.contains(where: { !$0.isEmpty && $0.upperBound > first }) else {
            slip(
                "there is emphasis or a link in the attributes",
                help: "write them without `*`, `_` and `[`")
            return
        }
        let start = Attributes.offset(of: String(inner), heading, findings.source)
        var words = 0
        for word in inner.split(whereSeparator: { $0 == " " || $0 == "\t" }) {
            words += 1
            let place = word.utf8.distance(from: inner.startIndex, to: word.startIndex)
            let range =
                start.map { ($0 + place)..<($0 + place + word.utf8.count) } ?? heading.range
            if word.utf8.first == UInt8(ascii: "#"), word.utf8.count > 1,
                !word.contains(where: { $0 == "=" || $0.isWhitespace })
            {
                guard id == nil else {
                    findings.add(
                        "charter.duplicate-key", at: range, "the heading has a second id",
                        reason: "a behavior has one id", help: "keep one of the two")
                    continue
                }
                id = String(word.dropFirst())
                idRange = range.dropFirst(start == nil ? 0 : 1)
                continue
            }
            let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard parts.count == 2, !parts[0].isEmpty, !parts[1].isEmpty,
                !parts[1].contains(where: { "{}\"'".contains($0) })
            else {
                slip(
                    "`\(word)` is neither `#id` nor `key=value`", range,
                    help: word.contains { "\"'".contains($0) }
                        ? "write the value without quotes" : nil)
                continue
            }
            let key = String(parts[0])
            guard !attributes.contains(where: { $0.key == key }) else {
                findings.add(
                    "charter.duplicate-key", at: range, "the heading says `\(key)` a second time",
                    reason: "of two values one would be lost", help: "keep one of the two")
                continue
            }
            let valueStart = range.lowerBound + (start == nil ? 0 : key.utf8.count + 1)
            let valueEnd = start == nil ? range.upperBound : valueStart + parts[1].utf8.count
            attributes.append(
                Attribute(
                    key: key,
                    value: YAMLNode(
                        content: .scalar(String(parts[1])), range: valueStart..<valueEnd,
                        contentStart: start == nil ? nil : valueStart),
                    range: start == nil
                        ? range : range.lowerBound..<(range.lowerBound + key.utf8.count)))
        }
        if words == 0 { slip("the braces hold no attributes") }
    }

    /// Where the text between the braces stands, if it stands there as it reads.
    private static func offset(
        of inner: String, _ heading: MarkdownDocument.Heading, _ source: SourceText
    ) -> Int? {
        let wanted = Array(inner.utf8)
        let bytes = source.bytes[heading.range]
        guard let close = bytes.lastIndex(of: UInt8(ascii: "}")) else { return nil }
        let start = close - wanted.count
        guard start >= bytes.startIndex, bytes[start..<close].elementsEqual(wanted) else {
            return nil
        }
        return start
    }
}

extension String {
    /// Whether the bytes stand in the text, whatever marks combine with them.
    func holds(_ part: StaticString) -> Bool {
        part.withUTF8Buffer { part in
            utf8.indices.contains { utf8[$0...].starts(with: part) }
        }
    }

    /// Without spaces, tabs and line ends on either side.
    var trimmingSpace: String {
        func isText(_ byte: UInt8) -> Bool {
            byte != 0x20 && byte != 0x09 && byte != 0x0A && byte != 0x0D
        }
        guard let first = utf8.firstIndex(where: isText), let last = utf8.lastIndex(where: isText)
        else { return "" }
        return String(self[first...last])
    }
}
