import CharterDetection

/// What came of watching a text in pieces.
struct WatchedRun: Equatable {
    var matches: [Match] = []
    var outcome = StreamWatcher.Outcome.open
    var delivered: [UInt8] = []
    /// How much had been delivered after each piece.
    var progress: [Int] = []

    init(
        _ pieces: [ArraySlice<UInt8>],
        _ patterns: PatternSet,
        scratch: inout Scratch,
        violates: (Int) -> Bool = { _ in true }
    ) throws {
        let watcher = try StreamWatcher(patterns)
        var matches: [Match] = []
        let judge = { (match: Match) in
            matches.append(match)
            return violates(match.pattern)
        }
        for piece in pieces {
            watcher.push(piece.span.bytes, to: &delivered, using: &scratch, violates: judge)
            progress.append(watcher.delivered)
        }
        outcome = watcher.finish(to: &delivered, using: &scratch, violates: judge)
        self.matches = matches
        progress.append(watcher.delivered)
    }

    init(
        _ pieces: [String],
        _ patterns: PatternSet,
        violates: (Int) -> Bool = { _ in true }
    ) throws {
        var scratch = try Scratch(for: patterns)
        try self.init(
            pieces.map { Array($0.utf8)[...] },
            patterns,
            scratch: &scratch,
            violates: violates
        )
    }

    var text: String { String(decoding: delivered, as: UTF8.self) }
}
