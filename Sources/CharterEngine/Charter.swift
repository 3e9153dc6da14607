/// The published document, typed: behaviors in charter order, claims and what is presumed
/// (SEMANTICS §2).
public struct Charter: Sendable {
    /// The front matter's `charter`; nil where it is unsaid.
    public var name: String?
    /// The front matter's `version`, as it is written.
    public var version: String?
    /// Who is asked where the document is silent: "would a thoughtful senior person be uncomfortable?"
    public var reviewer: String?
    /// The document that it was read from.
    public var file: String
    /// In charter order.
    public private(set) var behaviors: [Behavior]
    /// The claims that every layer may use, by name.
    public var claims: [Text: ClaimType]
    /// What is presumed where a claim is absent, for all levels (SEMANTICS §5).
    public var assume: [Text: ClaimValue]
    private let places: [BehaviorID: Int]

    /// A charter of these behaviors; nil where two have one id.
    public init?(
        behaviors: [Behavior], claims: [Text: ClaimType] = [:], assume: [Text: ClaimValue] = [:],
        file: String = ""
    ) {
        let places = Dictionary(
            behaviors.enumerated().map { ($0.element.id, $0.offset) },
            uniquingKeysWith: { a, _ in a })
        guard places.count == behaviors.count else { return nil }
        self.behaviors = behaviors
        self.claims = claims
        self.assume = assume
        self.file = file
        self.places = places
    }

    /// The place of a behavior in charter order; nil where the charter lacks it.
    public func index(of id: BehaviorID) -> BehaviorIndex? { places[id].map(BehaviorIndex.init) }

    /// The behavior at a place that `index(of:)` gave.
    public subscript(index: BehaviorIndex) -> Behavior { behaviors[index.number] }

    /// The same charter with every behavior that is not hardcoded fixed at its most cautious value: nobody
    /// may adjust it, and no fact moves it. Hardcoded ones stay as they are, with the charter's own `adjust`.
    public var mostCautious: Charter {
        var charter = self
        for place in behaviors.indices where !behaviors[place].isHardcoded {
            charter.behaviors[place].authority = .root
            charter.behaviors[place].default = .cautious
            charter.behaviors[place].bounds = [:]
            charter.behaviors[place].delegable = [:]
            charter.behaviors[place].adjust = []
        }
        return charter
    }

    /// The behavior with this id; nil where the charter lacks it.
    public subscript(id: BehaviorID) -> Behavior? { places[id].map { behaviors[$0] } }
}
