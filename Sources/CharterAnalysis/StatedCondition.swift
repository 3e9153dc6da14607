internal import CharterDetection
internal import CharterEngine

/// Whether a sentence makes what it instructs depend on something: "…, but only with adults".
///
/// Neither phrase rules nor the schema of a model's answer can say on what. So what would open something is
/// not read out of such a sentence, and somebody is told; what restricts is, since caution is free. English
/// alone, as phrases are.
enum StatedCondition {
    /// Whether an instruction is not to be read out of a sentence.
    static func withholds(
        _ instructed: Instructed, from sentence: some Sequence<UInt8>, _ charter: Charter
    ) -> Bool {
        guard let behavior = charter[instructed.behavior],
            let rank = behavior.rank(of: instructed.value)
        else { return false }
        let opens =
            switch instructed.operation {
            case .set: rank > behavior.default
            case .allow: true
            case .deny, .forbid: false
            }
        return opens && isStated(in: sentence)
    }

    private static let beginnings: Set<String> = [
        "if", "when", "whenever", "unless", "once", "except", "provided", "providing",
    ]
    /// Behind "only".
    private static let places: Set<String> = [
        "for", "with", "to", "in", "on", "by", "at", "after", "inside", "during", "within", "where",
    ]
    /// What depends on being asked for, or on fitting, depends on nothing more than any instruction does.
    private static let harmless: Set<String> = [
        "ask", "asks", "asked", "request", "requests", "requested", "want", "wants", "wanted",
        "wish",
        "wishes", "like", "likes", "fit", "fits", "suits", "helps", "helpful", "appropriate",
        "useful",
        "needed", "necessary", "possible", "relevant", "natural",
    ]

    /// O(bytes).
    static func isStated(in sentence: some Sequence<UInt8>) -> Bool {
        let words = words(of: sentence)
        for (place, word) in words.enumerated() {
            let rest = words[(place + 1)...]
            if word == "only", let next = rest.first, places.contains(next) { return true }
            let isEvenIf = place > 0 && words[place - 1] == "even"
            guard beginnings.contains(word), !isEvenIf else { continue }
            let isHarmless = word != "unless" && rest.prefix(5).contains(where: harmless.contains)
            if !isHarmless { return true }
        }
        return false
    }

    private static func words(of sentence: some Sequence<UInt8>) -> [String] {
        var words: [String] = []
        var word: [UInt8] = []
        for byte in sentence {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"): word.append(byte)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): word.append(byte | 0x20)
            default:
                if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
                word = []
            }
        }
        if !word.isEmpty { words.append(String(decoding: word, as: UTF8.self)) }
        return words
    }
}
