import Foundation

/// Data of others, which is not part of the project: it stands where `CHARTER_SHARED` says, or in
/// `../shared`. Tests that need it are skipped where it is not there.
enum SharedData {
    static func folder(_ name: String) -> URL {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let shared = ProcessInfo.processInfo.environment["CHARTER_SHARED"].map { URL(filePath: $0) }
        return (shared ?? root.appending(path: "../shared")).appending(path: "data/\(name)")
    }

    static func isThere(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: folder(name).path)
    }
}
