public import CharterEngine

/// A charter as it was read: the engine's charter, and the sections and examples around it
/// (SEMANTICS §2).
public struct CharterDocument: Sendable {
    /// The document that it was read from.
    public let source: SourceText
    /// What the engine decides by.
    public let charter: Charter
    /// Every heading, in document order, whether it is a behavior or not.
    public let sections: [Section]

    /// A heading with what stands under it, up to the next heading.
    public struct Section: Sendable {
        /// The heading, as people read it, without its attributes.
        public var title: String
        /// What links point at: the `#id` of the heading's attributes; nil where it has none.
        public var id: String?
        /// 1 to 6.
        public var level: Int
        /// Of the heading.
        public var span: SourceSpan
        /// The behavior that the heading is, if it is one.
        public var behavior: BehaviorID?
        /// Whether the heading or its block says an authority.
        public var saysAuthority: Bool
        /// A note, which decides nothing.
        public var tags: [String]
        /// The rule as people read it, in Markdown: the text of the section without examples, `charter`
        /// blocks, commentary and HTML.
        public var prose: String
        /// What is said about the rule and instructs nobody: `!!! meta "Commentary"`.
        public var commentary: [String]
        /// In document order.
        public var examples: [Example]
        /// The links that point into the charter, in order.
        public var links: [Link]
        /// What is odd about the examples.
        let slips: [ExampleReader.Slip]

        /// Where the heading begins.
        public var position: SourcePosition { span.position }
    }

    /// A link into the charter, or to the examples beside it.
    public struct Link: Hashable, Sendable {
        /// What a link points at.
        public enum Target: Hashable, Sendable {
            /// `[^tag]`: a set of examples.
            case examples(String)
            /// `(#id)`: a section.
            case section(String)
        }

        /// Where it points; nothing need be there.
        public var target: Target
        /// `[^tag]`, or `#id`.
        public var span: SourceSpan
    }

    /// How much there is in a charter.
    public struct Counts: Hashable, Sendable {
        /// Headings.
        public var sections: Int
        /// Headings that are behaviors.
        public var behaviors: Int
        /// Sections that say an authority.
        public var authorities: Int
        /// Of all sections.
        public var examples: Int
        /// Of answers; an example may have several, or none.
        public var comparisons: Int
        /// To sets of examples, `[^tag]`.
        public var links: Int

        /// Counts that were taken elsewhere, as those of a published charter.
        public init(
            sections: Int, behaviors: Int, authorities: Int, examples: Int, comparisons: Int,
            links: Int
        ) {
            self.sections = sections
            self.behaviors = behaviors
            self.authorities = authorities
            self.examples = examples
            self.comparisons = comparisons
            self.links = links
        }
    }

    /// How much there is.
    public var counts: Counts {
        let examples = sections.flatMap(\.examples)
        let links = sections.flatMap(\.links).count {
            if case .examples = $0.target { true } else { false }
        }
        return Counts(
            sections: sections.count, behaviors: charter.behaviors.count,
            authorities: sections.count(where: \.saysAuthority), examples: examples.count,
            comparisons: examples.reduce(0) { $0 + $1.comparisons.count }, links: links)
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

    /// Where adjustments and claims stand.
    let places: DocumentPlaces
    /// What looks like a behavior and is none, because of where it stands.
    let hidden: [Range<Int>]

    init(
        source: SourceText, charter: Charter, sections: [Section], places: DocumentPlaces,
        hidden: [Range<Int>]
    ) {
        self.source = source
        self.charter = charter
        self.sections = sections
        self.places = places
        self.hidden = hidden
    }
}
