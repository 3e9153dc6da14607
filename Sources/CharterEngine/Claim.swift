/// What values a claim can have (SEMANTICS §5).
public enum ClaimType: Hashable, Sendable {
    case int, double, bool, string
    /// One of a list of names. Two lists agree where they are equal as sets, so the list is kept in
    /// the order of its bytes.
    case enumerated([Text])

    /// The enumerated type of these names, each counted once.
    public static func oneOf(_ names: [Text]) -> ClaimType { .enumerated(Set(names).sorted()) }
}

/// The value of a claim as a request or an assumption gives it, not yet held against its type.
public enum ClaimValue: Hashable, Sendable {
    /// A number that is whole and fits 64 bits.
    case int(Int64)
    /// Any other number.
    case double(Double)
    case bool(Bool)
    /// A string, or the name of an enumerated value.
    case text(Text)
    /// A value that no claim can have (null, a list, an object, a number beyond any type).
    case garbled
}

/// A fact about the request with its evidence (SEMANTICS §5).
public struct Claim: Hashable, Sendable {
    /// As the request gives it; of the wrong type it counts as unknown.
    public var value: ClaimValue
    /// How well it is shown.
    public var evidence: Evidence

    /// Evidence unsaid is `asserted`.
    public init(_ value: ClaimValue, _ evidence: Evidence = .asserted) {
        self.value = value
        self.evidence = evidence
    }
}
