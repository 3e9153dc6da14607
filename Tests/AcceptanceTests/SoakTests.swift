import Foundation
import Testing

/// `make soak` is for who has ten minutes; a quarter of a minute of it keeps it from rotting.
@Suite("The gateway under a long load", .enabled(if: Acceptance.isWanted, Acceptance.howTo))
struct SoakTests {
    private struct Report: Decodable {
        struct Promise: Decodable {
            let promise: String
            let kept: Bool
            let detail: String
            let first: [String]
        }

        let promises: [Promise]
        let done: [String: Int]
    }

    @Test("soak: fifteen seconds of everything")
    func soak() async throws {
        let ended = try await Child.run(
            [
                House.path(".venv-test/bin/python"), House.path("Tests/Soak/soak.py"),
                "--seconds", "15", "--connections", "8", "--format", "json",
                "--binary", House.path(".build/debug/charter"),
            ],
            seconds: 240
        )
        guard let report = try? JSONDecoder().decode(Report.self, from: Data(ended.output.utf8))
        else {
            throw Child.Failure(description: "soak.py, status \(ended.status): \(ended.output)")
        }
        for promise in report.promises {
            #expect(promise.kept, "\(promise.promise), \(promise.detail): \(promise.first)")
        }
        #expect(report.promises.count == 5)
        #expect(ended.status == 0)
        // Nothing of this can be kept by doing nothing.
        for done in [
            "verdict: allow", "verdict: guide", "verdict: refuse", "verdict: stopped",
            "decisions read back", "layers of users set or taken back", "fault: cut",
            "clients that vanished in mid-stream", "keys that are none",
        ] {
            #expect(report.done[done, default: 0] > 0, "\(done)")
        }
    }
}
