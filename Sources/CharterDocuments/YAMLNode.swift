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

    /// The text of a scalar.
    package var scalar: String? {
        if case .scalar(let text) = content { text } else { nil }
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

/// A YAML text that cannot be read.
package struct YAMLError: Error {
    enum Kind { case syntax, duplicateKey }

    var kind: Kind
    /// In bytes of the document.
    var offset: Int
    var length = 1
    var message: String
    var help: String?
}
