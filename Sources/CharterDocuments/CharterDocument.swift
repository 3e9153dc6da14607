public import CharterEngine

/// A charter as it was read: the engine's charter, and the sections and examples around it
/// (SEMANTICS §2).
public struct CharterDocument: Sendable {
    public let source: SourceText
    public let charter: Charter
    /// Every heading, in document order, whether it is a behavior or not.
    public let sections: [Section]

    /// A heading with what stands under it, up to the next heading.
    public struct Section: Sendable {
        public var title: String
        public var id: String?
        /// 1 to 6.
        public var level: Int
        public var position: SourcePosition
        /// The behavior that the heading is, if it is one.
        public var behavior: BehaviorID?
        /// Whether the heading or its block says an authority.
        public var saysAuthority: Bool
        /// A note, which decides nothing.
        public var tags: [String]
        /// The rule as people read it: the text of the section, examples and blocks left out.
        public var prose: String
        public var examples: [Example]
        /// The `[^tag]` links of the section, in order.
        public var links: [Link]
    }

    /// A link to a set of examples, `[^tag]`.
    public struct Link: Hashable, Sendable {
        public var tag: String
        public var position: SourcePosition
    }

    /// Reads a charter; all that is wrong with it at once; O(size), bounded by `SourceText.largest`.
    public static func read(_ source: SourceText) -> Reading<CharterDocument> {
        if let bound = source.bounds(area: "charter") {
            return Reading(value: nil, diagnostics: [bound])
        }
        var reader = CharterReader(source)
        let document = reader.read()
        return Reading(value: document, diagnostics: reader.findings.diagnostics)
    }

    init(source: SourceText, charter: Charter, sections: [Section]) {
        self.source = source
        self.charter = charter
        self.sections = sections
    }
}
