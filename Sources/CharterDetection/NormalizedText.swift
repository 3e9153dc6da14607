/// The latest part of a text in normal form, and where each byte of it came from.
///
/// Offsets are into the whole text, normalized or original; only the last bytes are kept. Where a
/// scalar became several, all of their bytes came from it; where it became none, nothing did.
struct NormalizedText: Sendable {
    /// From ``start`` to ``end``, always whole scalars.
    private(set) var bytes: [UInt8] = []
    /// The normalized offset of the first byte that is kept.
    private(set) var start = 0
    /// How many original bytes have been read, up to the end of the last whole scalar.
    private(set) var position = 0
    /// Whether more of the original than ``heldLimit`` must be held back.
    ///
    /// Looked at where a scalar is dropped, and there alone: a pure function of the text so far.
    private(set) var isOverfull = false
    /// Whether the last scalar that was kept is white space.
    private var endsInSpace = false

    /// A match that is not known yet begins less than this many bytes before ``end``.
    private let window: Int
    /// How many bytes before ``end`` are kept at least.
    private let kept: Int
    private let heldLimit: Int
    /// A lower bound of ``border``.
    private var knownBorder = 0
    private var pieces: [Piece] = []

    /// A stretch of normalized bytes up to the next piece.
    private struct Piece {
        var normalized: Int
        var original: Int
        /// 0 where the stretch is as long as its original, byte for byte; else the length of the
        /// one scalar that all of the stretch came from.
        var length: Int
    }

    init(window: Int, kept: Int, heldLimit: Int) {
        self.window = window
        self.kept = kept
        self.heldLimit = heldLimit
    }

    var end: Int { start + bytes.count }

    /// The original offset before which no match that is not known yet can begin.
    var border: Int {
        let oldest = max(end - window + 1, start)
        return oldest < end ? original(of: scalarBorder(before: oldest)) : position
    }

    /// Where the scalar that gave the byte at `offset` begins in the original.
    func original(of offset: Int) -> Int {
        let piece = piece(of: offset)
        return piece.length == 0 ? piece.original + offset - piece.normalized : piece.original
    }

    /// Where the scalar that gave the last byte before `offset` ends in the original.
    func originalEnd(before offset: Int) -> Int {
        let piece = piece(of: offset - 1)
        return piece.original + (piece.length == 0 ? offset - piece.normalized : piece.length)
    }

    func scalarBorder(before offset: Int) -> Int {
        var offset = offset
        while offset > start, offset < end, isContinuation(offset) { offset -= 1 }
        return offset
    }

    func scalarBorder(after offset: Int) -> Int {
        var offset = offset
        while offset < end, isContinuation(offset) { offset += 1 }
        return offset
    }

    private func isContinuation(_ offset: Int) -> Bool { bytes[offset - start] & 0xC0 == 0x80 }

    /// Complexity: O(log *n*), n being the pieces that are kept: 1 in plain ASCII.
    private func piece(of offset: Int) -> Piece {
        var low = 0
        var high = pieces.count
        while high - low > 1 {
            let middle = (low + high) / 2
            if pieces[middle].normalized <= offset { low = middle } else { high = middle }
        }
        return pieces[low]
    }

    /// Forgets what need not be kept, now and then.
    mutating func forget() {
        guard bytes.count > 2 * kept + 512 else { return }
        let cut = scalarBorder(before: end - kept)
        bytes.removeFirst(cut - start)
        start = cut
        pieces.removeFirst(pieces.lastIndex { $0.normalized <= cut } ?? 0)
    }

    // MARK: Appending

    /// Takes the printable ASCII and single white space that `source` continues with: the fast path.
    ///
    /// - Returns: Where in `source` it ended.
    mutating func appendASCII(
        _ source: UnsafeRawBufferPointer, from index: Int, stopsAtBackslash: Bool
    ) -> Int {
        let stop = asciiEnd(source, from: index, stopsAtBackslash)
        guard stop > index else { return index }
        continueRun()
        let first = bytes.count
        bytes.append(contentsOf: UnsafeRawBufferPointer(rebasing: source[index..<stop]))
        bytes.withUnsafeMutableBufferPointer { bytes in
            for index in first..<bytes.count {
                let byte = bytes[index]
                bytes[index] = byte &- 0x41 < 26 ? byte | 0x20 : byte
            }
        }
        position += stop - index
        endsInSpace = Self.isSpace(Int32(source[stop - 1]))
        return stop
    }

    private func asciiEnd(
        _ source: UnsafeRawBufferPointer, from index: Int, _ stopsAtBackslash: Bool
    ) -> Int {
        var index = index
        var isBehindSpace = endsInSpace
        while index < source.count {
            while !stopsAtBackslash, !isBehindSpace, index + 8 <= source.count {
                let word = source.loadUnaligned(fromByteOffset: index, as: UInt64.self)
                guard Self.isPrintable(word), !Self.mayHoldTwoSpaces(word) else { break }
                isBehindSpace = source[index + 7] == 0x20
                index += 8
            }
            let end = min(index + 8, source.count)
            while index < end {
                let byte = source[index]
                let isSpace = Self.isSpace(Int32(byte))
                guard isSpace ? !isBehindSpace : byte &- 0x21 < 0x5E else { return index }
                if stopsAtBackslash, byte == UInt8(ascii: "\\") { return index }
                isBehindSpace = isSpace
                index += 1
            }
        }
        return index
    }

    /// Whether a scalar in normal form is white space.
    static func isSpace(_ scalar: Int32) -> Bool {
        scalar == 0x20 || (0x09...0x0D).contains(scalar)
    }

    /// Whether two of eight bytes that stand side by side are spaces; now and then also where not.
    private static func mayHoldTwoSpaces(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let rest = word ^ (0x20 &* ones)
        let spaces = (rest &- ones) & ~rest & (0x80 &* ones)
        return spaces & spaces << 8 != 0
    }

    /// Whether all of eight bytes are printable ASCII: none has its high bit, is less than 0x20 or
    /// is 0x7F. (Sean Anderson, Bit Twiddling Hacks: "has a byte less than", "has a zero byte".)
    private static func isPrintable(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        let controls = word &- (0x20 &* ones)
        let deletes = (word ^ (0x7F &* ones)) &- ones
        return (word | controls | deletes) & (0x80 &* ones) == 0
    }

    /// Takes the normal form of one scalar of `length` original bytes.
    mutating func append(
        _ whole: UnsafeMutableBufferPointer<Int32>,
        from scalar: Unicode.Scalar,
        length: Int
    ) {
        defer { position += length }
        let form = keepingFirstSpaces(whole)
        guard !form.isEmpty else {
            let held = position + length
            guard held - knownBorder > heldLimit else { return }
            knownBorder = border
            isOverfull = held - knownBorder > heldLimit
            return
        }
        // A scalar that is its own normal form, in as many bytes (U+FFFD may stand for fewer).
        if form.count == 1, form[0] == Int32(scalar.value), UTF8.width(scalar) == length {
            continueRun()
        } else {
            pieces.append(Piece(normalized: end, original: position, length: length))
        }
        for value in form { encode(UInt32(bitPattern: value)) }
    }

    /// The scalars without white space behind white space.
    private mutating func keepingFirstSpaces(
        _ form: UnsafeMutableBufferPointer<Int32>
    ) -> UnsafeMutableBufferPointer<Int32> {
        var kept = 0
        for value in form {
            let isSpace = Self.isSpace(value)
            if isSpace, endsInSpace { continue }
            endsInSpace = isSpace
            form[kept] = value
            kept += 1
        }
        return .init(rebasing: form[..<kept])
    }

    private mutating func continueRun() {
        if let last = pieces.last, last.length == 0,
            position - last.original == end - last.normalized
        {
            return
        }
        pieces.append(Piece(normalized: end, original: position, length: 0))
    }

    private mutating func encode(_ value: UInt32) {
        switch value {
        case ..<0x80:
            bytes.append(UInt8(value))
        case ..<0x800:
            bytes.append(0xC0 | UInt8(value >> 6))
            bytes.append(0x80 | UInt8(value & 0x3F))
        case ..<0x10000:
            bytes.append(0xE0 | UInt8(value >> 12))
            bytes.append(0x80 | UInt8(value >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(value & 0x3F))
        default:
            bytes.append(0xF0 | UInt8(truncatingIfNeeded: value >> 18))
            bytes.append(0x80 | UInt8(value >> 12 & 0x3F))
            bytes.append(0x80 | UInt8(value >> 6 & 0x3F))
            bytes.append(0x80 | UInt8(value & 0x3F))
        }
    }
}
