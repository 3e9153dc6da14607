/// One principal's adjustments at the level `platform` or `operator` (SEMANTICS §3).
///
/// Templates are already found and put in their order: depth first, as listed, each once.
public struct Layer: Sendable {
    /// The name that `under` and the trail know it by.
    public var name: Text?
    /// The document that it was read from.
    public var file: String
    /// The templates that it extends, in the order in which they apply.
    public var templates: [Template] = []
    /// Claims declared here.
    public var claims: [Text: ClaimType] = [:]
    /// Operator layers: the evidence that is enough for a claim here.
    public var believe: [Text: Evidence] = [:]
    /// What is presumed, here and below, where a claim is absent.
    public var assume: [Text: ClaimValue] = [:]
    /// In document order.
    public var adjust: [Adjustment] = []
    /// The innermost operator's roles, in the order that decides.
    public var roles: [Role] = []
    /// The innermost operator's channels.
    public var channels: [Channel] = []

    /// A layer that says nothing yet.
    public init(name: Text? = nil, file: String = "") {
        self.name = name
        self.file = file
    }

    /// A layer of the same level that another extends.
    public struct Template: Sendable {
        /// What `extends` knows it by, and what the trail calls it.
        public var name: Text
        /// The document that it was read from, for the trail.
        public var file: String
        /// Claims declared here, which agree with the layer's own.
        public var claims: [Text: ClaimType] = [:]
        /// Operator templates: the evidence that is enough for a claim; what comes later wins.
        public var believe: [Text: Evidence] = [:]
        /// What is presumed where a claim is absent; what comes later wins.
        public var assume: [Text: ClaimValue] = [:]
        /// In document order; a scope of its own, before the layer's.
        public var adjust: [Adjustment] = []

        /// A template that says nothing yet.
        public init(name: Text, file: String = "") {
            self.name = name
            self.file = file
        }
    }

    /// A group of an operator's users.
    public struct Role: Sendable {
        /// What a request and the channels know it by.
        public var name: Text
        /// Lends its users what the operator itself may do.
        public var isAdministrator: Bool
        /// In document order. All of a user's roles together are one scope (SEMANTICS §4).
        public var adjust: [Adjustment]

        /// A role that adjusts nothing unless told.
        public init(name: Text, isAdministrator: Bool = false, adjust: [Adjustment] = []) {
            self.name = name
            self.isAdministrator = isAdministrator
            self.adjust = adjust
        }
    }

    /// A place in which an operator's users talk; the name `*` stands for any that is not listed.
    public struct Channel: Sendable {
        /// What a request names; `*` for any that is not listed.
        public var name: Text
        /// For whoever talks there, in document order: the scope before the channel's roles.
        public var everyone: [Adjustment] = []
        /// In the order of the layer's roles or not: roles go in the layer's order.
        public var roles: [Text: [Adjustment]] = [:]
        /// By user id.
        public var members: [Text: [Adjustment]] = [:]

        /// A channel in which nothing is adjusted yet.
        public init(name: Text) {
            self.name = name
        }
    }
}

/// A user's own settings: `set` alone, which outlive the charter that they were written for.
///
/// Names are kept as they were written: what the charter does not know is a refused step.
public struct UserLayer: Sendable {
    /// One line of it.
    public struct Setting: Sendable {
        /// Which behavior; the charter may lack it, and then the step is refused.
        public var behavior: BehaviorID
        /// The name of the value to put in force, as it was written.
        public var value: Text
        /// The document that it was read from: the layer's, or a template's.
        public var file: String
        /// Where the line stands in `file`.
        public var source: SourcePosition

        /// A line that no document holds, unless told where it stands.
        public init(
            _ behavior: BehaviorID, _ value: Text, file: String = "",
            source: SourcePosition = .unknown
        ) {
            self.behavior = behavior
            self.value = value
            self.file = file
            self.source = source
        }
    }

    /// What the trail knows the layer by.
    public var name: Text?
    /// The document that the layer was read from.
    public var file: String
    /// In document order.
    public var settings: [Setting]

    /// A layer that sets nothing unless told.
    public init(name: Text? = nil, file: String = "", settings: [Setting] = []) {
        self.name = name
        self.file = file
        self.settings = settings
    }
}
