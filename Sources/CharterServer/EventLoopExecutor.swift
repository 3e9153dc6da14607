internal import Foundation
internal import Glibc
internal import NIOCore
internal import NIOPosix

/// Runs tasks on the threads of the event loops, so that a request does not change threads a dozen
/// times: a task stays on the loop that it comes from.
final class EventLoopExecutor: TaskExecutor {
    static let shared = EventLoopExecutor()

    func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        MultiThreadedEventLoopGroup.singleton.any().execute {
            job.runSynchronously(on: self.asUnownedTaskExecutor())
        }
    }

    /// Makes as many event loops as the process may use cores, where the environment does not say how many:
    /// NIO would make one for each core of the machine, and two on one core are in each other's way.
    ///
    /// Called before anything makes use of them; later it changes nothing.
    static func fitToProcess() {
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
