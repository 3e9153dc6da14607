/// The time was up before something was done.
struct DeadlinePassed: Error {}

/// Does something, and gives it up where it takes longer.
///
/// A deadline of AsyncHTTPClient's ends with the head of an answer; this one is for its body, too.
///
/// - Throws: `DeadlinePassed`, or what the operation throws.
func withDeadline<Value: Sendable>(
    _ duration: Duration, _ operation: @escaping @Sendable () async throws -> Value
) async throws -> Value {
    try await withThrowingTaskGroup(of: Value.self) { group in
        group.addTask {
            try await Task.sleep(for: duration)
            throw DeadlinePassed()
        }
        group.addTask(operation: operation)
        defer { group.cancelAll() }
        guard let value = try await group.next() else { throw DeadlinePassed() }
        return value
    }
}
