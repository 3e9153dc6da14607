/// The generator of the tests' random policies, but that it draws from the bytes of an input, so that
/// libFuzzer changes the policies; SplitMix64 where there are none left.
struct SeededGenerator: RandomNumberGenerator {
    private var bytes: ArraySlice<UInt8> = []
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    init(_ bytes: [UInt8]) {
        self.bytes = bytes[...]
        state = UInt64(bytes.count)
    }

    mutating func next() -> UInt64 {
        if let byte = bytes.popFirst() {
            let low = bytes.popFirst() ?? 0
            // `below` looks at the upper half.
            return (UInt64(byte) << 8 | UInt64(low)) << 33
        }
        state &+= 0x9E37_79B9_7F4A_7C15
        var value = state
        value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
        value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
        return value ^ value >> 31
    }
}
