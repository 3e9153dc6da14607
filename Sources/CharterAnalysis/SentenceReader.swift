public import CharterDetection
public import CharterEngine

/// Tells what the sentences of a text instruct: by phrase rules, or by what a model has said of them.
public protocol SentenceReader: Sendable {
    /// Who reads, for people: `phrase rules`, or the model's name.
    var name: String { get }

    /// What is instructed, in the order of the sentences.
    func read(_ text: ArraySlice<UInt8>) throws(ScanError) -> [ReadSentence]
}

/// A sentence with what it instructs.
public struct ReadSentence: Sendable, Hashable {
    /// Where it stands, in bytes of the text (`Sentences`).
    public var range: Range<Int>
    /// What it instructs.
    public var stated: StatedAdjustment
}

/// What a sentence instructs: an adjustment, as it would stand in a layer.
public struct StatedAdjustment: Sendable, Hashable {
    /// Which behavior.
    public var behavior: BehaviorID
    /// Which value of it.
    public var value: Text
    /// What is done.
    public var operation: Phrase.Operation
    /// Whether it is only hinted at (SEMANTICS §6: implicit).
    public var isImplied: Bool
}

extension PhraseFinder: SentenceReader {
    /// As the command tells it.
    public var name: String { "phrase rules" }

    /// Each phrase that matches.
    public func read(_ text: ArraySlice<UInt8>) throws(ScanError) -> [ReadSentence] {
        try find(in: text).map { found in
            let phrase = phrases[found.phrase]
            return ReadSentence(
                range: found.sentence,
                stated: StatedAdjustment(
                    behavior: phrase.behavior, value: phrase.value, operation: phrase.operation,
                    isImplied: phrase.isImplied))
        }
    }
}
