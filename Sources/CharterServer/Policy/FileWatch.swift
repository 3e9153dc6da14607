// The compiler counts `stat` now to the one of them, now to the other.
internal import CoreFoundation
internal import Glibc

/// Tells whether files have changed, without reading those that have not.
struct FileWatch: Sendable {
    /// What the file system says of a file.
    private struct Mark: Hashable {
        var device: UInt
        var inode: UInt
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    private let contents: [String: FoundSource.Content]
    /// As they were when the files were last known to say what was read; nil in it: there was no file. Empty
    /// at first: what was changed while it was being read is found by the first look.
    private var marks: [String: Mark?] = [:]
    /// As they were at the last look.
    private var latest: [String: Mark?] = [:]

    /// - Parameter contents: by path, what was read there; a path where nothing was is watched, too.
    init(_ contents: [String: FoundSource.Content]) {
        self.contents = contents
    }

    /// Whether a file says something else than it did; one that was only touched does not. O(files), and
    /// reads those alone whose size, time or inode is another.
    mutating func hasChanged() -> Bool {
        latest = FileWatch.marks(contents.keys)
        let touched = contents.keys.filter { marks[$0] != latest[$0] }
        guard touched.allSatisfy({ SourceReads.content(of: $0) == contents[$0] }) else {
            return true
        }
        marks = latest
        return false
    }

    /// Whether nothing has moved since the last look: nobody is in the middle of writing.
    var isStill: Bool { FileWatch.marks(contents.keys) == latest }

    private static func marks(_ paths: some Sequence<String>) -> [String: Mark?] {
        Dictionary(uniqueKeysWithValues: paths.map { ($0, mark($0)) })
    }

    /// Of what a link points at: that is how files of several are replaced at once.
    private static func mark(_ path: String) -> Mark? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Mark(
            device: UInt(status.st_dev), inode: UInt(status.st_ino), size: Int(status.st_size),
            seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
    }
}
