internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway
internal import Synchronization

/// How candidates go and how adjustments are used, by operator, in memory.
final class RollOuts: Sendable {
    private let rollOuts: Mutex<[String: RollOut]>
    private let uses: Mutex<[String: AdjustmentUse]>
    private let hashes: Bool

    init(_ settings: Settings) {
        var rollOuts: [String: RollOut] = [:]
        for entry in settings.operators {
            guard let candidate = entry.candidate else { continue }
            rollOuts[entry.name] = RollOut(share: candidate.share, gates: candidate.gates)
        }
        self.rollOuts = Mutex(rollOuts)
        uses = Mutex([:])
        hashes = !rollOuts.isEmpty
    }

    /// Whether the candidate decides for a user of an operator's.
    func isTried(_ user: Text?, _ operatorName: String) -> Bool {
        guard hashes, let user else { return false }
        let hash = RollOuts.hash(operatorName + "\n" + user.string)
        return rollOuts.withLock { $0[operatorName]?.includes(userHash: hash) ?? false }
    }

    /// Notes what became of a request.
    func note(_ record: DecisionRecord, at instant: Instant) {
        let isRefused = record.act >= .ask || !record.stopped.isEmpty
        if hashes {
            rollOuts.withLock { rollOuts in
                rollOuts[record.operatorName]?.note(
                    isTried: record.isTried, isRefused: isRefused,
                    isNeedless: record.isNeedlessRefusal, record.flip, id: record.id)
            }
        }
        guard !record.isTried, let facts = record.facts else { return }
        uses.withLock { uses in
            uses[record.operatorName, default: AdjustmentUse(of: record.policy)]
                .note(facts, at: instant)
        }
    }

    /// How an operator's candidate goes; nil where there is none.
    func rollOut(of operatorName: String) -> RollOut? {
        rollOuts.withLock { $0[operatorName] }
    }

    /// Takes an operator's candidate back; false where there is none.
    func takeBack(_ operatorName: String) -> Bool {
        rollOuts.withLock { rollOuts in
            guard rollOuts[operatorName] != nil else { return false }
            rollOuts[operatorName]?.takeBack()
            return true
        }
    }

    /// How an operator's adjustments are used.
    func use(of enforcement: Enforcement) -> AdjustmentUse {
        uses.withLock { $0[enforcement.operatorName] ?? AdjustmentUse(of: enforcement.policy) }
    }

    /// Spreads users evenly, the same in every process (FNV-1a with a last mix).
    private static func hash(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        hash ^= hash >> 33
        hash = hash &* 0xff51_afd7_ed55_8ccd
        return hash ^ (hash >> 33)
    }
}
