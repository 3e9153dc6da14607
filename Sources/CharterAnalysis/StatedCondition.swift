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
        _ instructed: StatedAdjustment, from sentence: some Sequence<UInt8>, _ charter: Charter
    ) -> Bool {
        guard let behavior = charter[instructed.behavior],
            let rank = behavior.rank(of: instructed.value)
        else { return false }
        let opens =
            switch instructed.operation {
            case .set: rank > .cautious
            case .allow: true
            case .deny, .forbid: false
            }
        return opens && isStated(in: sentence)
    }

    private static let beginnings: Set<String> = [
        "if", "when", "whenever", "unless", "once", "except", "provided", "providing", "assuming",
        "until", "case", "long",
    ]
    /// Beside "only": "only for adults", "for adults only".
    private static let places: Set<String> = [
        "for", "with", "to", "in", "on", "by", "at", "after", "inside", "during", "within", "where",
    ]
    /// What depends on being asked for, or on fitting, depends on no more than any instruction does.
    private static let harmless: Set<String> = [
        "ask", "asks", "asked", "request", "requests", "requested", "want", "wants", "wanted",
        "wish",
        "wishes", "like", "likes", "fit", "fits", "suits", "helps", "helpful", "appropriate",
        "useful",
        "needed", "necessary", "possible", "relevant", "natural",
    ]
    /// What may stand between the two: whoever it is, and not what kind of person.
    private static let anybody: Set<String> = [
        "a", "an", "and", "anybody", "anyone", "are", "clearly", "customer", "customers",
        "directly",
        "do", "does", "explicitly", "for", "he", "i", "is", "it", "me", "or", "person", "people",
        "reader", "readers", "she", "so", "somebody", "someone", "that", "the", "they", "this",
        "user",
        "users", "we", "you",
    ]

    /// O(bytes).
    static func isStated(in sentence: some Sequence<UInt8>) -> Bool {
        let words = words(of: sentence)
        return words.indices.contains { begins(at: $0, words) }
    }

    private static func begins(at place: Int, _ words: [String]) -> Bool {
        let (before, rest) = (words[..<place], words[(place + 1)...])
        switch words[place] {
        case "only":
            return rest.first.map(places.contains) ?? false
                || before.suffix(3).contains(where: places.contains)
        case "case": return before.last == "in"
        case "long": return before.last == "as"
        case "if" where before.last == "even": return false
        case "unless", "until": return true
        case let word where beginnings.contains(word):
            // "when asked", "if the user wants it"; and not "if they ask and are adults".
            let asked = rest.drop(while: { anybody.contains($0) && !harmless.contains($0) })
            guard let last = asked.first, harmless.contains(last) else { return true }
            return ["and", "but", "or"].contains(asked.dropFirst().first)
        default: return false
        }
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
