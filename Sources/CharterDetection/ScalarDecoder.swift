/// UTF-8 to Unicode scalars, a byte at a time.
///
/// What is not UTF-8 is U+FFFD, once for each *maximal subpart* (The Unicode Standard, §3.9, U+FFFD
/// substitution of maximal subparts; the same as the WHATWG's decoder). A byte at a time means that
/// the result cannot depend on cuts.
struct ScalarDecoder: Sendable {
    enum Step {
        /// The byte is taken; its scalar is not complete.
        case more
        /// The byte completes a scalar, or is by itself none (U+FFFD).
        case scalar(Unicode.Scalar)
        /// The bytes before this one were no scalar; this one is not taken and comes again.
        case broken
    }

    /// How many bytes of an incomplete scalar have been taken: 0 to 3.
    private(set) var length = 0
    private var missing = 0
    private var value: UInt32 = 0
    private var allowed: ClosedRange<UInt8> = 0x80...0xBF

    static let replacement: Unicode.Scalar = "\u{FFFD}"

    mutating func decode(_ byte: UInt8) -> Step {
        guard missing > 0 else { return begin(byte) }
        guard allowed.contains(byte) else {
            self = ScalarDecoder()
            return .broken
        }
        value = value << 6 | UInt32(byte & 0x3F)
        allowed = 0x80...0xBF
        length += 1
        missing -= 1
        guard missing == 0 else { return .more }
        let scalar = Unicode.Scalar(value) ?? Self.replacement
        self = ScalarDecoder()
        return .scalar(scalar)
    }

    private mutating func begin(_ byte: UInt8) -> Step {
        switch byte {
        case 0x00...0x7F: return .scalar(Unicode.Scalar(byte))
        case 0xC2...0xDF: expect(1, of: byte & 0x1F, next: 0x80...0xBF)
        case 0xE0: expect(2, of: byte & 0x0F, next: 0xA0...0xBF)
        case 0xED: expect(2, of: byte & 0x0F, next: 0x80...0x9F)
        case 0xE1...0xEF: expect(2, of: byte & 0x0F, next: 0x80...0xBF)
        case 0xF0: expect(3, of: byte & 0x07, next: 0x90...0xBF)
        case 0xF1...0xF3: expect(3, of: byte & 0x07, next: 0x80...0xBF)
        case 0xF4: expect(3, of: byte & 0x07, next: 0x80...0x8F)
        default: return .scalar(Self.replacement)
        }
        return .more
    }

    private mutating func expect(_ missing: Int, of bits: UInt8, next: ClosedRange<UInt8>) {
        self.missing = missing
        value = UInt32(bits)
        allowed = next
        length = 1
    }
}
