internal import CharterDocuments
internal import CharterEngine
internal import CharterGateway
internal import Synchronization

/// How candidates go and how adjustments are used, by operator, in memory.
final class RollOuts: Sendable {
    /// What is tried for an operator, and how it goes.
    private struct Trial {
        /// Of the two policies.
        let digests: [CharterEngine.Digest?]
        var rollOut: RollOut
    }

    private let trials: Mutex<[String: Trial]>
    private let uses: Mutex<[String: AdjustmentUse]>
    private let hasTrials: Bool

    /// - Parameter last: what was counted before another version came into force: it goes on where it counts
    ///   the same thing.
    init(_ gateway: Gateway, after last: RollOuts?) {
        let before = last?.trials.withLock { $0 } ?? [:]
        var trials: [String: Trial] = [:]
        var uses = last?.uses.withLock { $0 } ?? [:]
        for entry in gateway.settings.operators {
            guard let enforcement = gateway.enforcement(ofOperator: entry.name) else { continue }
            if uses[entry.name]?.policy !== enforcement.policy { uses[entry.name] = nil }
            guard let tried = entry.candidate, let candidate = enforcement.candidate else {
                continue
            }
            let digests = [enforcement.policy.digest, candidate.enforcement.policy.digest]
            if let trial = before[entry.name], trial.digests == digests,
                trial.rollOut.share == tried.share, trial.rollOut.gates == tried.gates
            {
                trials[entry.name] = trial
            } else {
                trials[entry.name] = Trial(
                    digests: digests, rollOut: RollOut(share: tried.share, gates: tried.gates))
            }
        }
        hasTrials = !trials.isEmpty
        self.trials = Mutex(trials)
        self.uses = Mutex(uses)
    }

    /// Whether the candidate decides for a user of an operator's.
    func isTried(_ user: Text?, _ operatorName: String) -> Bool {
        guard hasTrials, let user else { return false }
        let hash = RollOuts.hash(operatorName + "\n" + user.string)
        return trials.withLock { $0[operatorName]?.rollOut.includes(userHash: hash) ?? false }
    }

    /// Notes what became of a request.
    func note(_ record: DecisionRecord, at instant: Instant) {
        let isRefused = record.act >= .ask || !record.stopped.isEmpty
        if hasTrials {
            trials.withLock { trials in
                trials[record.operatorName]?.rollOut.note(
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
        trials.withLock { $0[operatorName]?.rollOut }
    }

    /// Takes an operator's candidate back; false where there is none.
    func takeBack(_ operatorName: String) -> Bool {
        trials.withLock { trials in
            guard trials[operatorName] != nil else { return false }
            trials[operatorName]?.rollOut.takeBack()
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
