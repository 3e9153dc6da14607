/// How long the process has been running: a clock that nobody sets, for what measures spans.
enum Uptime {
    private static let start = ContinuousClock.now

    /// The time since it was first asked for.
    static var now: Duration { ContinuousClock.now - start }
}
