internal import NIOCore
internal import Synchronization

/// What is being done for each open connection, so that it ends when the client goes away.
///
/// A connection has one request at a time (HTTP/1.1). It is remembered once, however many requests
/// come on it, and forgotten when it closes.
final class OpenConnections: Sendable {
    private let tasks = Mutex<[ObjectIdentifier: (@Sendable () -> Void)?]>([:])

    /// Does something for a connection; cancels it where the connection closes before it is done.
    func whileOpen<Value: Sendable>(
        _ channel: any Channel, _ operation: @escaping @Sendable () async throws -> Value
    ) async throws -> Value {
        let task = Task { try await operation() }
        let id = ObjectIdentifier(channel)
        let isNew = tasks.withLock { $0.updateValue({ task.cancel() }, forKey: id) == nil }
        if isNew {
            channel.closeFuture.whenComplete { _ in
                let cancel = self.tasks.withLock { $0.removeValue(forKey: id) }
                if let cancel { cancel?() }
            }
        }
        defer { tasks.withLock { if $0[id] != nil { $0[id] = .some(nil) } } }
        return try await withTaskCancellationHandler {
            try await task.value
        } onCancel: {
            task.cancel()
        }
    }
}
