/// How many requests are being answered at once.
public struct ConcurrencyLimit: Sendable {
    /// The most at once; nil: any number.
    public let limit: Int?
    /// How many there are.
    public private(set) var count = 0

    /// Nothing is being answered.
    public init(_ limit: Int?) {
        self.limit = limit
    }

    /// Whether one more may come in.
    public var hasRoom: Bool { limit.map { count < $0 } ?? true }

    /// One more is being answered. `leave` is called once for each.
    public mutating func enter() { count += 1 }

    /// One has been answered.
    public mutating func leave() { count = max(0, count - 1) }
}
