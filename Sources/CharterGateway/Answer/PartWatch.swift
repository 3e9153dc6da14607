internal import CharterDetection
internal import CharterDocuments

/// The watchers of one part of an answer: one for its main text, and one for each text inside it.
struct PartWatch<Watcher: TextWatcher>: Sendable {
    private let makeWatcher: @Sendable () -> Watcher
    private var channels: [Channel]

    private struct Channel: Sendable {
        let path: String
        var watcher: Watcher
        var pushed = 0
        var isOver = false
    }

    /// How far the part's texts had come when a piece had been pushed.
    struct Mark: Sendable {
        fileprivate var ends: [(channel: Int, end: Int)] = []
    }

    init(makeWatcher: @escaping @Sendable () -> Watcher) {
        self.makeWatcher = makeWatcher
        channels = [Channel(path: "", watcher: makeWatcher())]
    }

    var watchers: [Watcher] { channels.map(\.watcher) }
    var count: Int { channels.count }

    /// How much of the main text may be delivered.
    var cleared: Int { channels[0].watcher.cleared }

    /// What may be delivered of one of some texts that had been pushed at a mark, with its edits; nil
    /// where that is the text itself.
    func delivery(
        of text: ArraySlice<UInt8>, _ number: Int = 0, at mark: Mark
    ) -> [UInt8]? {
        guard mark.ends.indices.contains(number) else { return [] }
        let (channel, end) = mark.ends[number]
        let (watcher, place) = (channels[channel].watcher, end - text.count)
        let cleared = JSONText.prefix(text, watcher.cleared - place)
        return watcher.edits.applied(to: cleared, at: place)
            ?? (cleared.count < text.count ? Array(cleared) : nil)
    }

    /// What may be delivered of a text that repeats the one of a path; nil where that is the text itself.
    func delivery(repeating text: ArraySlice<UInt8>, path: String) -> [UInt8]? {
        channels.first { $0.path == path }?.watcher.edits.applied(to: text, at: 0)
    }

    /// Whether all that had been pushed may be delivered.
    func isCleared(_ mark: Mark) -> Bool {
        mark.ends.allSatisfy { $0.end <= channels[$0.channel].watcher.cleared }
    }

    /// Takes a piece's texts.
    mutating func push(_ piece: AnswerPiece) -> (mark: Mark, violation: Watcher.Violation?) {
        push([("", piece.text)] + piece.textsInside)
    }

    /// Takes texts, each of which continues the one of its path.
    mutating func push(
        _ texts: [(path: String, text: ArraySlice<UInt8>)]
    ) -> (mark: Mark, violation: Watcher.Violation?) {
        var violation: Watcher.Violation?
        var mark = Mark()
        for (path, text) in texts {
            let channel = channel(at: path)
            let told = push(text, to: channel)
            violation = violation ?? told
            mark.ends.append((channel, channels[channel].pushed))
        }
        return (mark, violation)
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
        // The empty path is the main text's; there are few.
        if let known = channels.firstIndex(where: { $0.path == path }) { return known }
        var watcher = makeWatcher()
        if AnswerPiece.isOfKeys(path) { watcher.forbidEdits() }
        channels.append(Channel(path: path, watcher: watcher))
        return channels.count - 1
    }
}
