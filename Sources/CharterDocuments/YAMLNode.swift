/// A part of a YAML document: every scalar is the text that is written (SEMANTICS §2).
package struct YAMLNode: Sendable {
    package enum Content: Sendable {
        case scalar(String)
        case sequence([YAMLNode])
        case mapping([(key: YAMLNode, value: YAMLNode)])
    }

    package var content: Content
    /// In bytes of the document, half-open.
    package var range: Range<Int>
    /// Whether the value's bytes stand in the document just as they are, from `contentStart`.
    var contentStart: Int?
    /// Of a scalar: whether it stands without quotation marks.
    var isPlain = false

    /// A text that is a document of its own, such as the value of a variable.
    package static func text(_ text: String) -> YAMLNode {
        YAMLNode(content: .scalar(text), range: 0..<max(1, text.utf8.count))
    }

    /// The text of a scalar.
    package var scalar: String? { if case .scalar(let text) = content { text } else { nil } }

    /// The node as JSON: what stands without quotation marks and reads as a number, `true`, `false`
    /// or `null` is one, every other scalar is a string.
    func write(to writer: inout JSONWriter) {
        switch content {
        case .scalar(let text):
            let isLiteral = ["true", "false", "null"].contains(text) || YAMLNode.isNumber(text)
            if isPlain, isLiteral { writer.raw(text) } else { writer.value(text) }
        case .sequence(let nodes):
            writer.list { writer in
                for node in nodes { node.write(to: &writer) }
            }
        case .mapping(let pairs):
            writer.object { writer in
                for (key, value) in pairs {
                    writer.key(key.scalar ?? "")
                    value.write(to: &writer)
                }
            }
        }
    }

    /// Whether a text is a number of JSON.
    private static func isNumber(_ text: String) -> Bool {
        text.wholeMatch(of: /-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/) != nil
    }

    /// What the node is, for messages.
    package var kind: String {
        switch content {
        case .scalar: "a scalar"
        case .sequence: "a list"
        case .mapping: "a map"
        }
    }
}

extension YAMLNode {
    /// A text that stands nowhere, to be compared with one that does.
    static func scalar(_ text: String) -> YAMLNode {
        YAMLNode(content: .scalar(text), range: 0..<0)
    }

    /// Where a part of a scalar's text stands in the document; nil where it stands there in other
    /// words, such as escapes.
    func range(of part: Range<Int>, in source: SourceText) -> Range<Int>? {
        guard let text = scalar else { return nil }
        if let contentStart {
            return (contentStart + part.lowerBound)..<(contentStart + part.upperBound)
        }
        var place = range.lowerBound
        var found: Int?
        // A folded text differs in its spaces and line ends alone: each byte is the next of its kind.
        for (offset, byte) in text.utf8.enumerated() {
            if offset == part.lowerBound { found = place }
            if YAMLNode.isSpace(byte) { continue }
            guard let next = source.bytes[place..<range.upperBound].firstIndex(of: byte) else {
                return nil
            }
            if offset == part.lowerBound { found = next }
            place = next + 1
        }
        return (found ?? place)..<((found ?? place) + part.count)
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
    }
}

/// A YAML text that cannot be read.
package struct YAMLError: Error {
    enum Kind { case syntax, duplicateKey }

    var kind: Kind
    /// In bytes of the document.
    var offset: Int
    var length = 1
    var message: String
    var reason: String?
    var help: String?
}
