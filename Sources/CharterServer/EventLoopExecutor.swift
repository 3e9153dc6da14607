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
}
