public import CharterDetection
public import CharterDocuments
internal import Crypto
internal import Foundation

/// Keeps compiled patterns on disk by the digest of their document, so that a server is ready at once.
///
/// A file that does not fit is made anew; a folder that cannot be written is no mistake.
public enum PatternCache {
    /// The patterns of a document, compiled or as they were kept.
    static func compile(_ document: PatternsDocument) -> Reading<PatternSet> {
        guard document.patterns.count > fewest else { return document.compile() }
        let file = file(of: document.source, "patterns")
        if let bytes = kept(file), let set = try? PatternSet(document.patterns, serialized: bytes) {
            return Reading(value: set, diagnostics: [])
        }
        let reading = document.compile()
        keep((try? reading.value?.serialized()) ?? nil, file)
        return reading
    }

    /// The phrases of a document, compiled or as they were kept.
    public static func compile(_ document: PhrasesDocument) -> Reading<PhraseFinder> {
        guard document.phrases.count > fewest else { return document.compile() }
        let file = file(of: document.source, "phrases")
        if let bytes = kept(file),
            let finder = try? PhraseFinder(document.phrases, serialized: bytes)
        {
            return Reading(value: finder, diagnostics: [])
        }
        let reading = document.compile()
        keep((try? reading.value?.serialized()) ?? nil, file)
        return reading
    }

    /// So few are compiled at once.
    private static let fewest = 8

    private static func file(of source: SourceText, _ kind: String) -> URL? {
        let digest = SHA256.hash(data: source.bytes)
        let name = digest.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
        return folder?.appending(path: "\(name).\(kind)")
    }

    private static func kept(_ file: URL?) -> [UInt8]? {
        file.flatMap { try? Data(contentsOf: $0) }.map { Array($0) }
    }

    private static func keep(_ bytes: [UInt8]?, _ file: URL?) {
        guard let bytes, let file else { return }
        try? FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try? Data(bytes).write(to: file, options: .atomic)
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
