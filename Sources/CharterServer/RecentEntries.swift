/// The last entries that came, by key: the oldest makes room.
struct RecentEntries<Key: Hashable, Value> {
    private var values: [Key: Value] = [:]
    /// In the order of arrival; `next` is the one that makes room.
    private var keys: [Key] = []
    private var next = 0
    private let capacity: Int

    /// - Parameter capacity: how many are kept, at least 1.
    init(capacity: Int) {
        self.capacity = max(1, capacity)
    }

    /// The entry of a key; O(1).
    subscript(key: Key) -> Value? { values[key] }

    /// Keeps an entry; one of the same key it replaces, in its place. O(1).
    mutating func keep(_ value: Value, for key: Key) {
        if values.updateValue(value, forKey: key) != nil { return }
        if keys.count < capacity {
            keys.append(key)
        } else {
            values[keys[next]] = nil
            keys[next] = key
            next = (next + 1) % capacity
        }
    }
}
