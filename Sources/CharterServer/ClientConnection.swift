internal import Glibc
internal import NIOCore

/// The connection of a client who waits for an answer.
struct ClientConnection: Sendable {
    let channel: any Channel

    /// How often it is asked whether the client is still there.
    private static let interval = Duration.milliseconds(250)

    /// Does something for the client; cancels it where the client goes away before it is done.
    ///
    /// A server that waits does not read, and so does not see the end of the connection; the kernel
    /// does. (Reading ahead would tell as well, but would give up the connection afterwards.)
    func whileOpen<Value: Sendable>(
        _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await operation() }
            group.addTask {
                while true {
                    try await Task.sleep(for: ClientConnection.interval)
                    if await isGone { return nil }
                }
            }
            defer { group.cancelAll() }
            guard let value = try await group.next() ?? nil else { throw CancellationError() }
            return value
        }
    }

    /// Whether the client has closed its side: the connection is not established any more.
    private var isGone: Bool {
        get async {
            guard channel.isActive else { return true }
            guard let provider = channel as? any SocketOptionProvider else { return false }
            do {
                let established: UInt8 = 1  // TCP_ESTABLISHED of <netinet/tcp.h>
                return try await provider.getTCPInfo().get().tcpi_state != established
            } catch {
                return false
            }
        }
    }
}
