internal import CharterDetection
internal import CharterDocuments

/// The watchers of one part of an answer: one for its main text, and one for each text inside it.
struct PartWatch<Watcher: TextWatcher>: Sendable {
    private let makeWatcher: @Sendable () -> Watcher
    private var channels: [Channel]
    /// By path, which of them; the main text's path is empty.
    private var places: [String: Int] = [:]

    /// The most texts that are watched each by itself; all behind them are watched as one, in which nothing
    /// can be replaced.
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

        fileprivate subscript(number: Int) -> (channel: Int, end: Int)? {
            if number == 0 { return first }
            return others.indices.contains(number - 1) ? others[number - 1] : nil
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

    /// What may be delivered of one of some texts that had been pushed at a mark, with its edits; nil
    /// where that is the text itself.
    ///
    /// - Parameter limit: the most bytes of the text.
    func delivery(
        of text: ArraySlice<UInt8>, _ number: Int = 0, at mark: Mark, upTo limit: Int = .max
    ) -> [UInt8]? {
        guard let (channel, end) = mark[number] else { return [] }
        let (watcher, place) = (channels[channel].watcher, end - text.count)
        let cleared = JSONText.prefix(text, min(limit, watcher.cleared - place))
        return watcher.edits.applied(to: cleared, at: place)
            ?? (cleared.count < text.count ? Array(cleared) : nil)
    }

    /// What may be delivered of a text that repeats the one of a path; nil where that is the text itself.
    func delivery(repeating text: ArraySlice<UInt8>, path: String) -> [UInt8]? {
        // A text that was watched as one with others is not told again.
        guard let channel = path.isEmpty ? 0 : places[path] else { return [] }
        return channels[channel].watcher.edits.applied(to: text, at: 0)
    }

    /// What is replaced in one of some texts that had been pushed at a mark, with places in it.
    func edits(in text: ArraySlice<UInt8>, _ number: Int = 0, at mark: Mark) -> [TextEdit] {
        guard let (channel, end) = mark[number] else { return [] }
        return channels[channel].watcher.edits.within(end - text.count..<end)
    }

    /// What is told where the edit of a byte of the first of some texts cannot be made after all.
    func violation(
        replacedAt place: Int, in text: ArraySlice<UInt8>, at mark: Mark
    ) -> Watcher.Violation? {
        mark.first.flatMap { channel, end in
            channels[channel].watcher.violation(replacedAt: end - text.count + place)
        }
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
        // The empty path is the main text's.
        if path.isEmpty { return 0 }
        if let known = places[path] { return known }
        guard channels.count < Self.mostChannels else { return channels.count - 1 }
        places[path] = channels.count
        var watcher = makeWatcher()
        if AnswerPiece.isOfKeys(path) || channels.count == Self.mostChannels - 1 {
            watcher.forbidEdits()
        }
        channels.append(Channel(watcher: watcher))
        return channels.count - 1
    }
}
