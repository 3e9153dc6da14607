public import CharterEngine

/// A layer as it was read, and what the next layer below may use of it (SEMANTICS §3).
public struct LayerDocument: Sendable {
    /// What was read: the levels have different shapes.
    public enum Content: Sendable {
        /// Of the levels `platform` and `operator`.
        case layer(Layer)
        /// Of the level `user`, its templates' settings among its own.
        case user(UserLayer)
    }

    /// The layer's own document.
    public let source: SourceText
    /// The layer, typed.
    public let content: Content
    /// The name of the operator layer above.
    public let under: Text?
    /// Where the layer says it.
    let underRange: Range<Int>?
    /// The documents of the templates, in the order in which they apply.
    public let templates: [SourceText]
    /// The charter and version that it was written for; a note, which decides nothing.
    public let writtenFor: String?
    /// What the product is for; a note, which decides nothing.
    public let purpose: String?
    /// Its templates and itself, with the places of their parts.
    let placed: [PlacedDocument]

    /// Where a layer stands when it is read.
    public struct Context: Sendable {
        /// Whose behaviors and values the layer may name.
        public var charter: Charter
        /// Where the layer is used; one that says another level is an error.
        public var level: Level
        /// Whether it is the operator that may have roles and channels.
        public var isInnermost: Bool
        /// The claims of the charter and of the layers above.
        public var claims: [Text: ClaimType]
        /// Whether a layer above could not be read, so that nobody knows all claims.
        var missesClaims = false

        /// The innermost operator, and the charter's claims alone, unless told.
        public init(
            charter: Charter, level: Level, isInnermost: Bool = true,
            claims: [Text: ClaimType]? = nil
        ) {
            self.charter = charter
            self.level = level
            self.isInnermost = isInnermost
            self.claims = claims ?? charter.claims
        }
    }

    /// Finds the document of a template by the name that `extends` gives.
    public typealias FindTemplate = (String) -> SourceText?

    /// Reads a layer with its templates; all that is wrong at once; O(size).
    public static func read(
        _ source: SourceText, in context: Context, templates: @escaping FindTemplate = { _ in nil }
    ) -> Reading<LayerDocument> {
        var reader = LayerReader(context: context, find: templates)
        let document = reader.read(source)
        return Reading(value: document, diagnostics: reader.diagnostics)
    }

    /// The layer, of levels `platform` and `operator`.
    public var layer: Layer? {
        if case .layer(let layer) = content { layer } else { nil }
    }

    /// The layer of level `user`.
    public var user: UserLayer? {
        if case .user(let layer) = content { layer } else { nil }
    }

    /// What the layer declares, its templates included.
    public var claims: [Text: ClaimType] {
        guard let layer else { return [:] }
        return layer.templates.reduce(into: layer.claims) { claims, template in
            claims.merge(template.claims) { own, _ in own }
        }
    }

    init(
        source: SourceText, content: Content, under: Text?, underRange: Range<Int>?,
        templates: [SourceText], writtenFor: String?, purpose: String?, placed: [PlacedDocument]
    ) {
        self.source = source
        self.content = content
        self.under = under
        self.underRange = underRange
        self.templates = templates
        self.writtenFor = writtenFor
        self.purpose = purpose
        self.placed = placed
    }
}
