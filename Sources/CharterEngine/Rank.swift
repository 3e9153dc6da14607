/// The place of a value on its dial, most cautious first: 0 to 7, or none (SEMANTICS §1).
///
/// All arithmetic of the fold is on ranks. `none` is below every rank: the ceiling of a level that
/// has no say, the highest of no `allow` at all.
public struct Rank: Hashable, Comparable, Sendable {
    /// −1 for none, else 0 to 7.
    let number: Int8

    /// Below every rank.
    public static let none = Rank(unchecked: -1)
    /// The most cautious value of every dial.
    public static let cautious = Rank(unchecked: 0)
    /// The highest rank that a dial can have.
    public static let highest = Rank(unchecked: 7)

    /// The rank of the value at `place` of a dial, from 0; nil beyond 8 values.
    public init?(_ place: Int) {
        guard (0...7).contains(place) else { return nil }
        number = Int8(place)
    }

    @inline(__always)
    init(unchecked number: Int8) {
        self.number = number
    }

    /// Whether this is no value at all.
    public var isNone: Bool { number < 0 }

    /// The place on the dial, from 0; nil for none.
    public var place: Int? { isNone ? nil : Int(number) }

    /// The next more cautious rank: v − 1. None stays none.
    public var below: Rank { isNone ? self : Rank(unchecked: number - 1) }

    /// Whether `left` is more cautious; none is below every rank.
    @inline(__always)
    public static func < (left: Rank, right: Rank) -> Bool { left.number < right.number }
}
