import Foundation
import Testing

/// The running command, talked to by the official `openai` package.
///
/// Tests/Acceptance/run.py does the talking; here each of its checks is an expectation of its own.
@Suite(
    "The gateway through the official client",
    .enabled(if: Acceptance.isWanted, Acceptance.howTo)
)
struct AcceptanceTests {
    @Test("is as it should be", arguments: try await Acceptance.checks())
    func check(id: String) async throws {
        let result = try await Acceptance.shared.result(of: id)
        if result.outcome == .skipped, Acceptance.isRequired || result.detail.isEmpty {
            Issue.record("\(id): skipped: \(result.detail)")
        }
        #expect(result.outcome != .failed, "\(id): \(result.detail)")
    }

    @Test("covers every part of what it promises")
    func covers() async throws {
        let groups = try await Set(Acceptance.checks().map { $0.prefix { $0 != ":" } })
        #expect(
            groups.isSuperset(of: [
                "passing", "faults", "refusals", "requests", "decisions", "operators", "hardcoded",
                "model", "tokens", "instructions", "reading", "five", "access", "identity",
                "messages", "responses", "translation", "upstreams", "budgets", "modes", "judge",
                "reload", "readiness", "tls",
                "telemetry", "withheld", "interface", "probe", "traces",
                "hostile", "wire", "completions", "connections",
                "transform",
            ])
        )
    }
}
