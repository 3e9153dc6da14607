import Foundation
import Testing

/// One run of Tests/Acceptance/run.py, shared by the tests that look at its results.
actor Acceptance {
    static let shared = Acceptance()

    static let howTo: Comment = "make test sets up .venv-test"
    /// Whether a missing environment is a failure instead of a reason to skip.
    static let isRequired = ProcessInfo.processInfo.environment["CHARTER_ACCEPTANCE"] == "required"
    static let isWanted =
        isRequired
        || FileManager.default.isExecutableFile(atPath: House.path(".venv-test/bin/python"))

    /// What became of one check.
    struct Result: Decodable, Sendable {
        enum Outcome: String, Decodable {
            case passed, failed, skipped
        }

        let id: String
        let outcome: Outcome
        let detail: String
    }

    private struct Report: Decodable {
        let checks: [Result]
    }

    private var run: Task<[String: Result], any Error>?

    /// The ids of all checks, in their order.
    static func checks() async throws -> [String] {
        guard isWanted else { return [] }
        let list = try await child(["--list"], seconds: 60)
        return try JSONDecoder().decode([String].self, from: Data(list.output.utf8))
    }

    /// The result of one check; the first to ask starts the run.
    func result(of id: String) async throws -> Result {
        let run = run ?? Task { try await Self.results() }
        self.run = run
        return try #require(try await run.value[id], "the run has no result of \(id)")
    }

    private static func results() async throws -> [String: Result] {
        let file = FileManager.default.temporaryDirectory
            .appending(path: "charter-acceptance-\(UUID()).json")
        defer { try? FileManager.default.removeItem(at: file) }
        let ended = try await child(
            [
                "--json", file.path, "--model", isRequired ? "required" : "optional",
                "--binary", House.path(".build/debug/charter"),
            ],
            seconds: 900
        )
        guard let data = try? Data(contentsOf: file) else {
            throw Child.Failure(description: "run.py, status \(ended.status): \(ended.output)")
        }
        let results = try JSONDecoder().decode(Report.self, from: data).checks
        return Dictionary(uniqueKeysWithValues: results.map { ($0.id, $0) })
    }

    private static func child(_ arguments: [String], seconds: Int) async throws -> Child.Ended {
        try await Child.run(
            [House.path(".venv-test/bin/python"), House.path("Tests/Acceptance/run.py")]
                + arguments,
            seconds: seconds
        )
    }
}
