/// The policies of many operators by key: a look-up takes some nanoseconds where the entry is hot, and
/// three cache misses among a million.
///
/// Operators join and their policies are replaced; to drop some, make a new table of the others.
public struct PolicyTable: Sendable {
    private var entries: [Entry] = []
    /// Open addressing: a place + 1, or 0; a power of two, at most half full.
    private var slots: [UInt32] = []

    private struct Entry: Sendable {
        var key: Text
        var policy: Policy
    }

    /// A table without policies.
    public init() {}

    /// How many operators have a policy.
    public var count: Int { entries.count }

    /// The policy under a key; nil where there is none. O(length of the key) on average.
    public subscript(key: Text) -> Policy? {
        guard !slots.isEmpty else { return nil }
        let place = Int(slots[slot(of: key)]) - 1
        return place < 0 ? nil : entries[place].policy
    }

    /// Puts a policy under a key, in the place of the one before; O(length of the key), amortized.
    public mutating func set(_ policy: Policy, for key: Text) {
        if entries.count * 2 >= slots.count { grow() }
        let slot = slot(of: key)
        if slots[slot] != 0 {
            entries[Int(slots[slot]) - 1].policy = policy
        } else {
            entries.append(Entry(key: key, policy: policy))
            slots[slot] = UInt32(entries.count)
        }
    }

    private mutating func grow() {
        slots = Array(repeating: 0, count: max(16, slots.count * 2))
        for (place, entry) in entries.enumerated() {
            let slot = slot(of: entry.key)
            slots[slot] = UInt32(place + 1)
        }
    }

    /// The slot that has the key, or the free one that it would get.
    @inline(__always)
    private func slot(of key: Text) -> Int {
        key.withBytes { bytes in
            var slot = NameTable.hash(bytes) & (slots.count &- 1)
            while slots[slot] != 0 {
                let place = Int(slots[slot]) &- 1
                if entries[place].key.withBytes({ NameTable.isSame($0, bytes) }) { break }
                slot = (slot &+ 1) & (slots.count &- 1)
            }
            return slot
        }
    }
}
