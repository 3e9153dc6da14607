import Foundation

/// The folder that the package stands in.
enum House {
    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    static func path(_ relative: String) -> String { root.appending(path: relative).path }
}

/// A child process that is waited for, and never longer than it may take.
enum Child {
    /// How it ended, and what it wrote to both of its outputs.
    struct Ended: Sendable {
        let status: Int32
        let output: String
    }

    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    /// Runs a command to its end.
    ///
    /// After so many seconds `timeout` ends it with everything that it started; its status is then 124.
    static func run(
        _ command: [String],
        seconds: Int,
        folder: URL = House.root,
        environment: [String: String] = [:]
    ) async throws -> Ended {
        // A file, and not a pipe, takes whatever the child writes without anybody reading.
        let output = FileManager.default.temporaryDirectory.appending(
            path: "charter-child-\(UUID())"
        )
        try Data().write(to: output)
        defer { try? FileManager.default.removeItem(at: output) }
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["timeout", "--kill-after=5", "\(seconds)"] + command
        process.currentDirectoryURL = folder
        process.environment = ProcessInfo.processInfo.environment
            .merging(environment) { _, ours in ours }
        process.standardInput = FileHandle.nullDevice
        let handle = try FileHandle(forWritingTo: output)
        process.standardOutput = handle
        process.standardError = handle
        let status = try await withCheckedThrowingContinuation { continuation in
            process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
            do { try process.run() } catch { continuation.resume(throwing: error) }
        }
        try handle.close()
        return Ended(status: status, output: try String(contentsOf: output, encoding: .utf8))
    }
}
