/// Reads the escapes of a JSON string (RFC 8259, 7) byte by byte, each as the scalar that it stands
/// for; what stands between them is no concern of it.
///
/// It does not ask where strings begin and end: outside of them JSON has no backslash. Half of a
/// surrogate pair, and a backslash that begins no escape, are read as U+FFFD.
struct EscapeDecoder: Sendable {
    /// How many bytes the escape at hand has so far; 0 between escapes.
    private(set) var length = 0
    private var value: UInt32 = 0
    /// The first half of a pair, which took six bytes.
    private var high: UInt32?

    private static let lengthOfUnicode = 6

    /// What came of a byte.
    struct Step {
        /// Whether the byte belongs to the escape; else it is looked at again.
        var isTaken = true
        /// What the escape stands for, where it is over.
        var scalar: Unicode.Scalar?
        /// How many bytes it took.
        var length = 0
        /// What came behind a backslash that begins no escape, one byte each.
        var rest: [Unicode.Scalar] = []
    }

    var isOpen: Bool { length > 0 }

    /// Takes a byte of an escape; nil where none is open and none begins.
    mutating func decode(_ byte: UInt8) -> Step? {
        let place = high == nil ? length : length - EscapeDecoder.lengthOfUnicode
        switch place {
        case 0:
            guard byte == UInt8(ascii: "\\") else { return high == nil ? nil : dropHigh() }
        case 1:
            if byte != UInt8(ascii: "u") { return high == nil ? short(byte) : dropHigh() }
            value = 0
        default:
            guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else {
                return high == nil ? broken() : dropHigh()
            }
            let next = value << 4 | UInt32(digit)
            if place == EscapeDecoder.lengthOfUnicode - 1 { return unicode(next) }
            value = next
        }
        length += 1
        return Step()
    }

    private mutating func short(_ byte: UInt8) -> Step? {
        let scalar: Unicode.Scalar
        switch byte {
        case UInt8(ascii: "n"): scalar = "\n"
        case UInt8(ascii: "t"): scalar = "\t"
        case UInt8(ascii: "r"): scalar = "\r"
        case UInt8(ascii: "b"): scalar = "\u{8}"
        case UInt8(ascii: "f"): scalar = "\u{C}"
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"):
            scalar = Unicode.Scalar(byte)
        default: return broken()
        }
        self = EscapeDecoder()
        return Step(scalar: scalar, length: 2)
    }

    private mutating func unicode(_ unit: UInt32) -> Step? {
        if let high {
            guard (0xDC00...0xDFFF).contains(unit) else { return dropHigh() }
            self = EscapeDecoder()
            let value = 0x10000 + (high - 0xD800) << 10 + (unit - 0xDC00)
            return Step(
                scalar: Unicode.Scalar(value), length: 2 * EscapeDecoder.lengthOfUnicode)
        }
        if (0xD800...0xDBFF).contains(unit) {
            high = unit
            length += 1
            return Step()
        }
        self = EscapeDecoder()
        return Step(
            scalar: Unicode.Scalar(unit) ?? ScalarDecoder.replacement,
            length: EscapeDecoder.lengthOfUnicode)
    }

    /// What has come so far is no escape.
    private mutating func broken() -> Step {
        defer { self = EscapeDecoder() }
        return Step(isTaken: false, scalar: ScalarDecoder.replacement, length: 1, rest: rest)
    }

    /// What has come behind the backslash, of an escape that is not whole.
    private var rest: [Unicode.Scalar] {
        guard length > 1 else { return [] }
        let digits = (0..<(length - 2)).reversed().map { value >> UInt32(4 * $0) & 0xF }
        return ["u"] + digits.map { Unicode.Scalar(UInt8($0 < 10 ? 0x30 + $0 : 0x57 + $0)) }
    }

    /// The text is over in the middle of an escape.
    mutating func finish() -> [Step] {
        var steps: [Step] = []
        if high != nil { steps.append(dropHigh()) }
        if isOpen { steps.append(broken()) }
        return steps
    }

    /// The first half of a pair has no second; what has come behind it is an escape of its own.
    private mutating func dropHigh() -> Step {
        high = nil
        length -= EscapeDecoder.lengthOfUnicode
        return Step(
            isTaken: false, scalar: ScalarDecoder.replacement,
            length: EscapeDecoder.lengthOfUnicode)
    }
}
