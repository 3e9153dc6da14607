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

    public init(name: Text? = nil, file: String = "") {
        self.name = name
        self.file = file
    }

    /// A layer of the same level that another extends.
    public struct Template: Sendable {
        public var name: Text
        public var file: String
        public var claims: [Text: ClaimType] = [:]
        public var believe: [Text: Evidence] = [:]
        public var assume: [Text: ClaimValue] = [:]
        public var adjust: [Adjustment] = []

        public init(name: Text, file: String = "") {
            self.name = name
            self.file = file
        }
    }

    /// A group of an operator's users.
    public struct Role: Sendable {
        public var name: Text
        /// Lends its users what the operator itself may do.
        public var isAdministrator: Bool
        public var adjust: [Adjustment]

        public init(name: Text, isAdministrator: Bool = false, adjust: [Adjustment] = []) {
            self.name = name
            self.isAdministrator = isAdministrator
            self.adjust = adjust
        }
    }

    /// A place in which an operator's users talk; the name `*` stands for any that is not listed.
    public struct Channel: Sendable {
        public var name: Text
        public var everyone: [Adjustment] = []
        /// In the order of the layer's roles or not: roles go in the layer's order.
        public var roles: [Text: [Adjustment]] = [:]
        /// By user id.
        public var members: [Text: [Adjustment]] = [:]

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
        public var behavior: BehaviorID
        public var value: Text
        /// The document that it was read from: the layer's, or a template's.
        public var file: String
        public var source: SourcePosition

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

    public var name: Text?
    public var file: String
    /// In document order.
    public var settings: [Setting]

    public init(name: Text? = nil, file: String = "", settings: [Setting] = []) {
        self.name = name
        self.file = file
        self.settings = settings
    }
}
