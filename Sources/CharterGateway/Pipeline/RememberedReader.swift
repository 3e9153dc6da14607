internal import CharterAnalysis
internal import CharterDetection

/// Phrases that are not looked for again in a text that comes again.
struct RememberedReader: SentenceReader {
    private let phrases: PhraseFinder
    private let readings: TextReadings<[ReadSentence]>

    /// - Parameter readings: of these phrases alone.
    init(_ phrases: PhraseFinder, _ readings: TextReadings<[ReadSentence]>) {
        self.phrases = phrases
        self.readings = readings
    }

    var name: String { phrases.name }

    func read(_ text: ArraySlice<UInt8>) throws(ScanError) -> [ReadSentence] {
        try readings.reading(of: text) { () throws(ScanError) in try phrases.read(text) }
    }
}
