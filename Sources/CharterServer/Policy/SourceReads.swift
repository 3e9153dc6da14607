internal import CharterDocuments
internal import CharterEngine
internal import Crypto
internal import Foundation
internal import Synchronization

/// One pass over the files that a gateway is made of: each is read once, so that all operators see the same
/// bytes, and it is noted what was found.
final class SourceReads: Sendable {
    private struct State {
        var files: [String: Result<SourceText, FileError>] = [:]
        var contents: [String: FoundSource.Content] = [:]
        /// Since the last `taken()`.
        var found: [FoundSource] = []
    }

    private let state = Mutex(State())
    /// Paths of what is in force: one that is gone is a mistake, and not a file that was never there.
    private let required: Set<String>

    /// - Parameter required: paths of what is in force.
    init(required: Set<String> = []) {
        self.required = required
    }

    /// The document at a path; an empty one is a mistake.
    func source(_ path: String, _ kind: PolicySource.Kind) throws(FileError) -> SourceText {
        let known = state.withLock { $0.files[path] }
        let result: Result<SourceText, FileError>
        let content: FoundSource.Content
        if let known {
            result = known
            content = state.withLock { $0.contents[path] } ?? .unreadable
        } else {
            (result, content) = SourceReads.read(path)
        }
        state.withLock { state in
            state.files[path] = result
            state.contents[path] = content
            state.found.append(FoundSource(kind: kind, path: path, content: content))
        }
        return try result.get()
    }

    /// Whether something is there that may as well not be.
    ///
    /// - Throws: where it was in force, and is gone.
    func isThere(_ path: String, _ kind: PolicySource.Kind) throws(FileError) -> Bool {
        if FileManager.default.fileExists(atPath: path) { return true }
        state.withLock { $0.contents[path] = .absent }
        guard required.contains(path) else { return false }
        state.withLock { $0.found.append(FoundSource(kind: kind, path: path, content: .absent)) }
        throw FileError(
            path: path,
            message: "it was in force, and is gone; a gateway that is started anew goes without it")
    }

    /// Notes what may be there, and is not.
    func noteAbsent(_ path: String, _ kind: PolicySource.Kind) {
        state.withLock { $0.found.append(FoundSource(kind: kind, path: path, content: .absent)) }
    }

    /// Notes a document that the program carries.
    func note(carried source: SourceText, _ kind: PolicySource.Kind) {
        let digest = SourceReads.digest(of: source.bytes)
        state.withLock {
            $0.found.append(
                FoundSource(
                    kind: kind, path: source.file, content: digest.map { .digest($0) } ?? .empty))
        }
    }

    /// What was found since this was last asked, in order.
    func taken() -> [FoundSource] {
        state.withLock { state in
            defer { state.found = [] }
            return state.found
        }
    }

    /// Every path that was looked at, with what was there.
    var contents: [String: FoundSource.Content] { state.withLock { $0.contents } }

    /// What is at a path now.
    static func content(of path: String) -> FoundSource.Content { read(path).1 }

    private static func read(
        _ path: String
    ) -> (Result<SourceText, FileError>, FoundSource.Content) {
        let source: SourceText
        do throws(FileError) { source = try PolicyFiles.source(path) } catch {
            let isThere = FileManager.default.fileExists(atPath: path)
            return (.failure(error), isThere ? .unreadable : .absent)
        }
        let isEmpty = source.bytes.allSatisfy { $0 == 0x20 || (0x09...0x0D).contains($0) }
        guard !isEmpty, let digest = digest(of: source.bytes) else {
            let why = "the file is empty, which is not the same as saying nothing"
            return (.failure(FileError(path: path, message: why)), .empty)
        }
        return (.success(source), .digest(digest))
    }

    static func digest(of bytes: [UInt8]) -> CharterEngine.Digest? {
        CharterEngine.Digest(Array(SHA256.hash(data: bytes)))
    }
}
