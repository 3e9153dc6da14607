internal import CharterDetection
internal import CharterEngine
internal import Crypto
internal import Synchronization

/// A detector whose last answers are kept, by everything that they depend on; whoever asks what is being
/// asked waits for the same answer. A failure is not kept.
final class CachedDetector: Detector {
    private typealias Running = Task<[Detection], any Error>

    private struct State {
        var kept: RecentEntries<SHA256.Digest, [Detection]>
        var running: [SHA256.Digest: Running] = [:]
    }

    private let detector: any Detector
    private let timeout: Duration
    private let state: Mutex<State>

    /// How many answers are kept, each of some hundred bytes.
    private static let capacity = 10_000

    /// - Parameter timeout: how long the detector may take; its answer may come too late for whoever asked,
    ///   and still serve the next.
    init(_ detector: any Detector, timeout: Duration) {
        self.detector = detector
        self.timeout = timeout
        state = Mutex(State(kept: RecentEntries(capacity: CachedDetector.capacity)))
    }

    var name: String { detector.name }
    var cost: DetectorCost { detector.cost }
    var behaviors: Set<BehaviorID> { detector.behaviors }
    var identity: [UInt8] { detector.identity }

    func detect(
        _ texts: [DetectedText], for behaviors: [BehaviorID], within: Duration
    ) async throws(DetectorFailure) -> [Detection] {
        let key = digest(of: texts, behaviors)
        let running: Running
        switch state.withLock({ state in answer(to: key, texts, behaviors, &state) }) {
        case .kept(let found): return found
        case .coming(let task): running = task
        }
        do {
            return try await withDeadline(min(within, timeout)) {
                try await CachedDetector.value(of: running)
            }
        } catch {
            throw DetectorFailure(error)
        }
    }

    private enum Answer {
        case kept([Detection])
        case coming(Running)
    }

    /// What is kept, or being asked; what is neither is asked now.
    private func answer(
        to key: SHA256.Digest, _ texts: [DetectedText], _ behaviors: [BehaviorID],
        _ state: inout State
    ) -> Answer {
        if let kept = state.kept[key] { return .kept(kept) }
        if let running = state.running[key] { return .coming(running) }
        // Of its own: whoever waits for it may go away, and others wait, too.
        let task = Running { try await self.ask(texts, behaviors, key) }
        state.running[key] = task
        return .coming(task)
    }

    private func ask(
        _ texts: [DetectedText], _ behaviors: [BehaviorID], _ key: SHA256.Digest
    ) async throws(DetectorFailure) -> [Detection] {
        do {
            let found = try await detector.detect(texts, for: behaviors, within: timeout)
            state.withLock { state in
                state.kept.keep(found, for: key)
                state.running[key] = nil
            }
            return found
        } catch {
            state.withLock { $0.running[key] = nil }
            throw error
        }
    }

    /// What a task comes to, for one who may stop waiting: `Task.value` goes on until the task has ended.
    private static func value(of task: Running) async throws -> [Detection] {
        let (values, continuation) = AsyncThrowingStream.makeStream(of: [Detection].self)
        Task {
            continuation.yield(with: await task.result)
            continuation.finish()
        }
        for try await value in values { return value }
        throw CancellationError()
    }

    /// Each part with its length, so that no two questions have one key.
    private func digest(
        of texts: [DetectedText], _ behaviors: [BehaviorID]
    ) -> SHA256.Digest {
        var hash = SHA256()
        func add(_ bytes: some Collection<UInt8>) {
            withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { hash.update(bufferPointer: $0) }
            hash.update(data: Array(bytes))
        }
        add(detector.identity)
        add(behaviors.map(\.text.string).joined(separator: ",").utf8)
        for text in texts {
            add(text.speaker.name.utf8)
            add("\(text.place.rawValue) \(text.isJSON)".utf8)
            add(text.bytes)
        }
        return hash.finalize()
    }
}
