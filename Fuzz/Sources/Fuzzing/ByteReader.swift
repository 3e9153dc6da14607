/// Draws decisions from the bytes of an input; zeros when they are used up.
public struct ByteReader {
    private var rest: ArraySlice<UInt8>

    /// Reads these bytes from the first on.
    public init(_ bytes: some Collection<UInt8>) {
        rest = Array(bytes)[...]
    }

    /// Whether all bytes have been drawn.
    public var isAtEnd: Bool { rest.isEmpty }

    /// The next byte.
    public mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

    /// A choice between two, by the next byte.
    public mutating func flag() -> Bool { byte() & 1 == 1 }

    /// From 0; 0 where `bound` is 0.
    public mutating func below(_ bound: Int) -> Int { bound > 1 ? Int(byte()) % bound : 0 }

    /// One of the elements, by the next byte.
    public mutating func pick<T>(_ choices: [T]) -> T { choices[below(choices.count)] }

    /// The next eight bytes, as one number.
    public mutating func number() -> UInt64 {
        (0..<8).reduce(0) { number, _ in number << 8 | UInt64(byte()) }
    }

    /// As many as there are, at most `count`.
    public mutating func bytes(_ count: Int) -> [UInt8] {
        defer { rest = rest.dropFirst(count) }
        return Array(rest.prefix(count))
    }
}

extension [UInt8] {
    /// The parts between NUL bytes; `most` at most, the last with all that is left.
    public func parts(_ most: Int) -> [[UInt8]] {
        split(separator: 0, maxSplits: most - 1, omittingEmptySubsequences: false).map { Array($0) }
    }

    /// The same bytes in pieces, whose lengths the cuts say; without any, byte by byte.
    public func cut(_ cuts: [UInt8]) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var place = 0
        while place < count {
            let length = cuts.isEmpty ? 1 : Int(cuts[pieces.count % cuts.count] % 32) + 1
            pieces.append(Array(self[place..<Swift.min(count, place + length)]))
            place += length
        }
        return pieces
    }
}
