internal import CharterDocuments

/// The watchers of one part of an answer: one for its main text, and one for each text inside it.
struct PartWatch<Watcher: TextWatcher>: Sendable {
    private let makeWatcher: @Sendable () -> Watcher
    private var channels: [Channel]
    /// By path, which of them; the main text's path is empty.
    private var places: [String: Int] = [:]

    /// The most texts that are watched each by itself; all behind them are watched as one.
    private static var mostChannels: Int { 1_024 }

    private struct Channel: Sendable {
        var watcher: Watcher
        var pushed = 0
        var isOver = false
    }

    /// How far the part's texts had come when a piece had been pushed.
    struct Mark: Sendable {
        /// The end of the first text, and those of the others, of which there mostly are none.
        fileprivate var first: (channel: Int, end: Int)?
        fileprivate var others: [(channel: Int, end: Int)] = []

        fileprivate mutating func note(_ channel: Int, _ end: Int) {
            if first == nil { first = (channel, end) } else { others.append((channel, end)) }
        }
    }

    init(makeWatcher: @escaping @Sendable () -> Watcher) {
        self.makeWatcher = makeWatcher
        channels = [Channel(watcher: makeWatcher())]
    }

    var watchers: [Watcher] { channels.map(\.watcher) }
    var count: Int { channels.count }

    /// How much of the main text may be delivered.
    var cleared: Int { channels[0].watcher.cleared }

    /// How much of the first of some texts may be delivered, where they had been pushed at a mark.
    func cleared(of text: ArraySlice<UInt8>, at mark: Mark) -> ArraySlice<UInt8> {
        guard let (channel, end) = mark.first else { return [] }
        return JSONText.prefix(text, channels[channel].watcher.cleared - (end - text.count))
    }

    /// Whether all that had been pushed may be delivered.
    func isCleared(_ mark: Mark) -> Bool {
        guard let first = mark.first else { return true }
        return first.end <= channels[first.channel].watcher.cleared
            && mark.others.allSatisfy { $0.end <= channels[$0.channel].watcher.cleared }
    }

    /// Takes a piece's texts.
    mutating func push(_ piece: AnswerPiece) -> (mark: Mark, violation: Watcher.Violation?) {
        var mark = Mark()
        var violation = push(piece.text, to: 0)
        mark.note(0, channels[0].pushed)
        for (path, text) in piece.textsInside {
            let told = push(text, path, &mark)
            violation = violation ?? told
        }
        return (mark, violation)
    }

    /// Takes texts, each of which continues the one of its path.
    mutating func push(
        _ texts: [(path: String, text: ArraySlice<UInt8>)]
    ) -> (mark: Mark, violation: Watcher.Violation?) {
        var violation: Watcher.Violation?
        var mark = Mark()
        for (path, text) in texts {
            let told = push(text, path, &mark)
            violation = violation ?? told
        }
        return (mark, violation)
    }

    private mutating func push(
        _ text: ArraySlice<UInt8>, _ path: String, _ mark: inout Mark
    ) -> Watcher.Violation? {
        let channel = channel(at: path)
        let violation = push(text, to: channel)
        mark.note(channel, channels[channel].pushed)
        return violation
    }

    /// The text of one path is over.
    mutating func finish(path: String) -> Watcher.Violation? {
        let channel = channel(at: path)
        guard !channels[channel].isOver else { return nil }
        channels[channel].isOver = true
        return channels[channel].watcher.finish()
    }

    /// The texts are over; those that a violation has ended already stay as they are.
    mutating func finish() -> [Watcher.Violation] {
        channels.indices.compactMap { channel in
            guard !channels[channel].isOver else { return nil as Watcher.Violation? }
            channels[channel].isOver = true
            return channels[channel].watcher.finish()
        }
    }

    private mutating func push(_ text: ArraySlice<UInt8>, to channel: Int) -> Watcher.Violation? {
        channels[channel].pushed += text.count
        guard !text.isEmpty, !channels[channel].isOver else { return nil }
        let violation = channels[channel].watcher.push(text)
        channels[channel].isOver = violation != nil
        return violation
    }

    private mutating func channel(at path: String) -> Int {
        if path.isEmpty { return 0 }
        if let known = places[path] { return known }
        guard channels.count < Self.mostChannels else { return channels.count - 1 }
        places[path] = channels.count
        channels.append(Channel(watcher: makeWatcher()))
        return channels.count - 1
    }
}
