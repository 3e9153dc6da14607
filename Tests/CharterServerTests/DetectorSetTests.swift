import CharterDetection
import CharterDocuments
import CharterEngine
import CharterGateway
import Logging
import Testing

@testable import CharterServer

/// What detectors come to is counted by detector, and what passed unseen apart from what was closed.
@Suite("Detector set")
struct DetectorSetTests {
    /// Nobody listens at port 9.
    private static let settings = """
        upstream: {url: 'http://127.0.0.1:9/v1'}
        detectors:
          - judge: {url: 'http://127.0.0.1:9/v1', model: m, in: answer, behaviors: [sycophancy, erotica, verbosity]}
          - moderation: {url: 'http://127.0.0.1:9/v1', in: answer, categories: {a: profanity}}
        """

    @Test("A detector that cannot be reached is a failure that counts, in its tier")
    func counts() async throws {
        let settings = try #require(
            Settings.read(SourceText(file: "c.yaml", text: Self.settings), environment: [:]).value)
        let plan = try #require(Gateway.read(settings, at: Instant(seconds: 0)).value?.detectors)
        let detectors = DetectorSet(
            plan, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let text = DetectedText(
            speaker: .assistant, place: .answer, bytes: Array("Yes, of course.".utf8)[...])
        let found = await detectors.look(
            at: [0: text, 1: text], [], ["sycophancy", "erotica", "profanity"])
        try await detectors.shutdown()
        #expect(found.keys.sorted() == [0, 1])
        let judge = try #require(detectors.counted()["judge"])
        #expect([judge.answers, judge.failures, judge.closed, judge.open] == [0, 2, 2, 2])
        let moderation = try #require(detectors.counted()["moderation"])
        #expect([moderation.failures, moderation.closed, moderation.open] == [2, 0, 2])
    }
}
