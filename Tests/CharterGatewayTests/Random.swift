/// A small generator with a seed that a failing test can print (SplitMix64).
struct Random: RandomNumberGenerator {
    private var state: UInt64

    init(seed: Int) {
        state = UInt64(truncatingIfNeeded: seed) &* 0x9E37_79B9_7F4A_7C15 &+ 1
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
}

extension Random {
    mutating func below(_ count: Int) -> Int { Int.random(in: 0..<count, using: &self) }

    /// Bytes cut into pieces of random lengths.
    mutating func cut<Element>(_ whole: [Element], longest: Int) -> [[Element]] {
        var pieces: [[Element]] = []
        var place = 0
        while place < whole.count {
            let end = min(whole.count, place + 1 + below(longest))
            pieces.append(Array(whole[place..<end]))
            place = end
        }
        return pieces
    }
}
