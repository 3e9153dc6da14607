internal import CharterGateway
internal import Synchronization

/// The last decisions, in memory, each for its own operator.
final class DecisionStore: Sendable {
    private struct Ring {
        var records: [String: DecisionRecord] = [:]
        /// Ids in the order of arrival; `next` is the one that makes room.
        var ids: [String] = []
        var next = 0
    }

    private let ring = Mutex(Ring())
    private let capacity: Int

    /// - Parameter capacity: how many are kept.
    init(capacity: Int) {
        self.capacity = capacity
    }

    /// Keeps a decision, or what has become of one that is kept.
    func keep(_ record: DecisionRecord) {
        ring.withLock { ring in
            if ring.records.updateValue(record, forKey: record.id) != nil { return }
            if ring.ids.count < capacity {
                ring.ids.append(record.id)
            } else {
                ring.records[ring.ids[ring.next]] = nil
                ring.ids[ring.next] = record.id
                ring.next = (ring.next + 1) % capacity
            }
        }
    }

    /// The decision, if it is kept and is this operator's.
    func record(_ id: String, of operatorName: String) -> DecisionRecord? {
        let record = ring.withLock { $0.records[id] }
        return record?.operatorName == operatorName ? record : nil
    }
}
