internal import Glibc
internal import NIOCore

/// The connection of a client who waits for an answer.
struct ClientConnection: Sendable {
    let channel: any Channel

    /// How often it is asked whether the client is still there.
    private static let interval = TimeAmount.milliseconds(250)

    /// Does something for the client; cancels it where the client goes away before it is done, and
    /// waits until it has ended.
    ///
    /// A server that waits does not read, and so does not see the end of the connection; the kernel
    /// does. (Reading ahead would tell as well, but would give up the connection afterwards.) The
    /// channel's own loop asks it: a clock for each request would cost more than the request.
    func whileOpen<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let task = Task(executorPreference: EventLoopExecutor.shared) { try await operation() }
        let watch = channel.eventLoop.scheduleRepeatedAsyncTask(
            initialDelay: ClientConnection.interval, delay: ClientConnection.interval
        ) { _ in
            isGone.map { if $0 { task.cancel() } }
        }
        defer { watch.cancel() }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }

    /// Whether the client has closed its side: the connection is not established any more.
    private var isGone: EventLoopFuture<Bool> {
        let loop = channel.eventLoop
        guard channel.isActive else { return loop.makeSucceededFuture(true) }
        // A stream of HTTP/2 has no socket of its own, but that of its connection.
        let socket =
            channel as? any SocketOptionProvider ?? channel.parent as? any SocketOptionProvider
        guard let provider = socket else {
            return loop.makeSucceededFuture(false)
        }
        let established: UInt8 = 1  // TCP_ESTABLISHED of <netinet/tcp.h>
        return provider.getTCPInfo().map { $0.tcpi_state != established }
            .flatMapErrorThrowing { _ in false }
    }
}
