import CharterDetection
import CharterEngine
import Synchronization
import Testing

@testable import CharterServer

/// The same question is asked once; what failed is asked again.
@Suite("Cached detector")
struct CachedDetectorTests {
    /// Answers when it is let go.
    private final class Held: Detector {
        private struct State {
            var asked = 0
            var waiting: [CheckedContinuation<Void, Never>] = []
            var isLetGo = false
        }
        private let state = Mutex(State())
        let fails: Bool
        let identity: [UInt8] = [1]
        let name = "held"
        let cost = DetectorCost.model
        let behaviors: Set<BehaviorID> = ["a", "b"]

        init(fails: Bool = false) { self.fails = fails }

        var asked: Int { state.withLock { $0.asked } }

        func letGo() {
            let waiting = state.withLock { state in
                state.isLetGo = true
                defer { state.waiting = [] }
                return state.waiting
            }
            for one in waiting { one.resume() }
        }

        func detect(
            _ texts: [DetectedText], for behaviors: [BehaviorID], within: Duration
        ) async throws(DetectorFailure) -> [Detection] {
            await withCheckedContinuation { continuation in
                let isLetGo = state.withLock { state in
                    state.asked += 1
                    if !state.isLetGo { state.waiting.append(continuation) }
                    return state.isLetGo
                }
                if isLetGo { continuation.resume() }
            }
            if fails { throw .unreachable }
            return [Detection("a", text: 0)]
        }
    }

    private func texts(_ text: String, _ speaker: Speaker = .principal(.user)) -> [DetectedText] {
        [DetectedText(speaker: speaker, bytes: Array(text.utf8)[...])]
    }

    @Test("Many that ask at once wait for one answer, and it is kept")
    func once() async throws {
        let held = Held()
        let cached = CachedDetector(held, timeout: .seconds(60))
        let texts = texts("x")
        let found = try await withThrowingTaskGroup(of: [Detection].self) { group in
            for _ in 0..<20 {
                group.addTask { try await cached.detect(texts, for: ["a"], within: .seconds(60)) }
            }
            held.letGo()
            return try await group.reduce(into: 0) { $0 += $1.count }
        }
        #expect(found == 20 && held.asked == 1)
        _ = try await cached.detect(texts, for: ["a"], within: .seconds(60))
        #expect(held.asked == 1)
    }

    @Test("Another text, speaker, place or behavior is another question")
    func keys() async throws {
        let held = Held()
        held.letGo()
        let cached = CachedDetector(held, timeout: .seconds(60))
        var inAnswer = texts("x")
        inAnswer[0].place = .answer
        let questions = [
            texts("x"), texts("y"), texts("x", .assistant), texts("x", .tool("t")), inAnswer,
            texts("x") + texts(""), texts("") + texts("x"),
        ]
        for texts in questions + questions {
            _ = try await cached.detect(texts, for: ["a"], within: .seconds(60))
        }
        #expect(held.asked == questions.count)
        _ = try await cached.detect(texts("x"), for: ["a", "b"], within: .seconds(60))
        #expect(held.asked == questions.count + 1)
    }

    @Test("A failure is told to whoever waits, and not kept")
    func failures() async throws {
        let held = Held(fails: true)
        held.letGo()
        let cached = CachedDetector(held, timeout: .seconds(60))
        for _ in 0..<2 {
            await #expect(throws: DetectorFailure.unreachable) {
                try await cached.detect(texts("x"), for: ["a"], within: .seconds(60))
            }
        }
        #expect(held.asked == 2)
    }

    @Test("Whoever is out of time goes, and the answer serves the next")
    func late() async throws {
        let held = Held()
        let cached = CachedDetector(held, timeout: .seconds(60))
        let texts = texts("x")
        await #expect(throws: DetectorFailure.late) {
            try await cached.detect(texts, for: ["a"], within: .milliseconds(5))
        }
        held.letGo()
        _ = try await cached.detect(texts, for: ["a"], within: .seconds(60))
        #expect(held.asked == 1)
    }
}
