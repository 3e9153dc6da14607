/// Names with their places, looked up by their bytes.
///
/// A request is interned with two dozen look-ups; this table does one in a third of the time of a
/// `Dictionary`, whose hash is made for keys that strangers insert. Here strangers only look up; those
/// who write layers insert, so the hash is seeded for each process all the same.
struct NameTable: Sendable {
    /// By place.
    private(set) var names: [Text] = []
    /// Open addressing: a place + 1, or 0; a power of two, at most half full. Empty while there are so
    /// few names that comparing them one by one is faster.
    private var slots: [UInt32] = []

    private static let fewest = 8
    private static let seed = UInt64(truncatingIfNeeded: Hasher().finalize())

    var isEmpty: Bool { names.isEmpty }

    /// The same in no more memory than it needs.
    var trimmed: NameTable {
        var table = self
        table.names = names.trimmed
        return table
    }

    /// The place of a name, which is added behind the others where it is new; O(its length) on average.
    ///
    /// - Parameter start: names before this place are another kind's, and may be spelled the same.
    @discardableResult
    mutating func add(_ name: Text, from start: Int = 0) -> Int {
        if let place = place(of: name, in: start..<names.count) { return place }
        names.append(name)
        if names.count > NameTable.fewest {
            if names.count * 2 > slots.count {
                slots = Array(repeating: 0, count: max(16, slots.count * 2))
                for place in names.indices { insert(place) }
            } else {
                insert(names.count - 1)
            }
        }
        return names.count - 1
    }

    private mutating func insert(_ place: Int) {
        var slot = names[place].withBytes { NameTable.hash($0) } & (slots.count - 1)
        while slots[slot] != 0 { slot = (slot + 1) & (slots.count - 1) }
        slots[slot] = UInt32(place + 1)
    }

    /// The place of a name; nil where it is not there. O(its length) on average, no allocation.
    func place(of name: Text) -> Int? { place(of: name, in: 0..<names.count) }

    /// The place of a name between others of its kind.
    func place(of name: Text, in kind: Range<Int>) -> Int? {
        name.withBytes { bytes in
            if slots.isEmpty {
                return kind.first { names[$0].withBytes { NameTable.isSame($0, bytes) } }
            }
            var slot = NameTable.hash(bytes) & (slots.count - 1)
            while slots[slot] != 0 {
                let place = Int(slots[slot]) - 1
                if kind.contains(place), names[place].withBytes({ NameTable.isSame($0, bytes) }) {
                    return place
                }
                slot = (slot + 1) & (slots.count - 1)
            }
            return nil
        }
    }

    @inline(__always)
    static func isSame(
        _ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>
    ) -> Bool {
        guard left.count == right.count else { return false }
        return NameTable.words(left) { place, word in
            NameTable.word(right, place) == word
        }
    }

    /// Calls `body` with each eight bytes, the last eight of a longer text overlapping those before,
    /// until it says no.
    @inline(__always)
    private static func words(
        _ bytes: UnsafeBufferPointer<UInt8>, _ body: (Int, UInt64) -> Bool
    ) -> Bool {
        var place = 0
        while place + 8 < bytes.count {
            guard body(place, word(bytes, place)) else { return false }
            place += 8
        }
        let last = max(0, bytes.count - 8)
        return body(last, word(bytes, last))
    }

    /// Eight bytes from `place` on, fewer where the text is shorter than that.
    @inline(__always)
    private static func word(_ bytes: UnsafeBufferPointer<UInt8>, _ place: Int) -> UInt64 {
        let raw = UnsafeRawBufferPointer(bytes)
        if bytes.count >= 8 { return raw.loadUnaligned(fromByteOffset: place, as: UInt64.self) }
        if bytes.count >= 4 {
            let low = raw.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
            let high = raw.loadUnaligned(fromByteOffset: bytes.count - 4, as: UInt32.self)
            return UInt64(low) | UInt64(high) << 32
        }
        return bytes.reduce(0) { $0 << 8 | UInt64($1) }
    }

    @inline(__always)
    static func hash(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
        var state = seed ^ UInt64(bytes.count)
        _ = words(bytes) { _, word in
            let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
            state = product.high ^ product.low
            return true
        }
        return Int(truncatingIfNeeded: state >> 1)
    }
}
