internal import CharterDetection
internal import CharterDocuments
internal import Crypto
internal import Foundation

/// Keeps compiled patterns on disk by the digest of their document, so that a server is ready at once.
///
/// A file that does not fit is made anew; a folder that cannot be written is no mistake.
enum PatternCache {
    static func compile(_ document: PatternsDocument) -> Reading<PatternSet> {
        let digest = SHA256.hash(data: document.source.bytes)
        let name = digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        guard document.patterns.count > 8, let folder else { return document.compile() }
        let file = folder.appending(path: "\(name).patterns")
        if let kept = try? Data(contentsOf: file),
            let set = try? PatternSet(document.patterns, serialized: Array(kept))
        {
            return Reading(value: set, diagnostics: [])
        }
        let reading = document.compile()
        if let set = reading.value, let bytes = try? set.serialized() {
            try? FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
            try? Data(bytes).write(to: file, options: .atomic)
        }
        return reading
    }

    /// The user's own cache: what is read back is trusted like the program itself.
    private static var folder: URL? {
        let environment = ProcessInfo.processInfo.environment
        if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
            return URL(filePath: cache).appending(path: "charter")
        }
        guard let home = environment["HOME"], home.hasPrefix("/") else { return nil }
        return URL(filePath: home).appending(path: ".cache/charter")
    }
}
