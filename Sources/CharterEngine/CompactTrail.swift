/// What became of each adjustment that held, in 16 places without allocation.
///
/// The cheap form of a trail, for every request; the whole trail with names and lines is made when
/// somebody reads it.
public struct CompactTrail: Sendable {
    private(set) var places = InlineArray<16, UInt32>(repeating: 0)
    private(set) var outcomes = InlineArray<16, UInt16>(repeating: 0)
    /// How many adjustments held.
    public private(set) var count = 0

    /// Empty; `Policy.decide(_:_:noting:)` clears it before it fills it.
    public init() {}

    /// Whether more held than there is room for: then the whole trail has them.
    public var isCut: Bool { count > 16 }

    @inline(__always)
    mutating func append(_ place: UInt32, _ outcome: RunFold.Outcome) {
        if count < 16 {
            places[count] = place
            outcomes[count] = outcome.bits
        }
        count += 1
    }

    mutating func removeAll() { count = 0 }

    /// The reasons for which steps were refused, in order, as codes of `RunFold.Outcome`.
    var outcomeBits: [UInt16] { (0..<min(count, 16)).map { outcomes[$0] } }
}
