internal import CharterGateway
internal import Synchronization

/// The last decisions, in memory, each for its own operator.
final class DecisionStore: Sendable {
    private let records: Mutex<RecentEntries<String, DecisionRecord>>

    /// - Parameter capacity: how many are kept.
    init(capacity: Int) {
        records = Mutex(RecentEntries(capacity: capacity))
    }

    /// Keeps a decision, or what has become of one that is kept.
    func keep(_ record: DecisionRecord) {
        records.withLock { $0.keep(record, for: record.id) }
    }

    /// The decision, if it is kept and is this operator's.
    func record(_ id: String, of operatorName: String) -> DecisionRecord? {
        let record = records.withLock { $0[id] }
        return record?.operatorName == operatorName ? record : nil
    }
}
