internal import Foundation
internal import Glibc
internal import NIOCore

/// What the machine lends to the process: taken in full, once, before the server makes use of it.
enum ProcessResources {
    static func take() {
        raiseFileLimit()
        fitEventLoops()
    }

    /// As many files as the process may have open: each exchange has two connections, and the limit that
    /// processes begin with is mostly 1,024.
    private static func raiseFileLimit() {
        var limit = rlimit()
        let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        guard getrlimit(files, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = limit.rlim_max
        setrlimit(files, &limit)
    }

    /// As many event loops as the process may use cores, where the environment does not say how many: NIO
    /// would make one for each core of the machine, and two on one core are in each other's way.
    ///
    /// Where loops are running already it changes nothing.
    private static func fitEventLoops() {
        // A mask in hexadecimal digits (proc(5)).
        guard let status = try? String(contentsOfFile: "/proc/self/status", encoding: .utf8),
            let line = status.split(separator: "\n").first(where: { $0.hasPrefix("Cpus_allowed:") })
        else { return }
        let digits = line.dropFirst("Cpus_allowed:".count).compactMap(\.hexDigitValue)
        let count = digits.reduce(0) { $0 + $1.nonzeroBitCount }
        guard count > 0, count < System.coreCount else { return }
        setenv("NIO_SINGLETON_GROUP_LOOP_COUNT", "\(count)", 0)
    }
}
