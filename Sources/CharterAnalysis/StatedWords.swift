internal import CharterDetection
internal import CharterEngine

/// The words of a sentence, as far as they tell what it leaves out: English alone, as phrases are.
///
/// A sentence may make what it instructs depend on something ("…, but only with adults"). Neither phrase
/// rules nor the schema of a model's answer can say on what. So what would open something is not read out of
/// such a sentence, and somebody is told; what restricts is, since caution is free. And a sentence that
/// forbids ("no gore") asks for a value at most.
struct StatedWords {
    private let words: [String]

    /// O(bytes).
    init(_ sentence: some Sequence<UInt8>) {
        words = StatedWords.words(of: sentence)
    }

    /// Whether an instruction is not to be read out of the sentence.
    func withhold(_ stated: StatedAdjustment, _ charter: Charter) -> Bool {
        stated.opens(charter) && words.indices.contains(where: isCondition)
    }

    /// Whether the sentence asks for no more than the value.
    func prohibit(_ stated: StatedAdjustment, _ charter: Charter) -> Bool {
        guard stated.operation == .set, stated.opens(charter) else { return false }
        return words.contains(where: StatedWords.negations.contains)
            || zip(words, words.dropFirst()).contains { $0 == "free" && $1 == "of" }
    }

    private static let negations: Set<String> = [
        "no", "not", "never", "t", "dont", "avoid", "without", "stop", "refrain", "cannot",
        "nothing",
    ]
    private static let beginnings: Set<String> = [
        "if", "when", "whenever", "where", "wherever", "while", "unless", "once", "except",
        "provided",
        "providing", "assuming", "until", "after", "before", "during", "case", "long", "but",
    ]
    /// Behind "for", "to" or "with": a kind of person.
    private static let kinds: Set<String> = [
        "admins", "adult", "adults", "clinicians", "doctors", "employees", "experts", "lawyers",
        "members", "moderators", "nurses", "over", "paying", "patients", "pharmacists",
        "physicians",
        "premium", "professionals", "researchers", "staff", "students", "subscribers", "teachers",
        "those", "verified",
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

    private func isCondition(at place: Int) -> Bool {
        let (before, rest) = (words[..<place], words[(place + 1)...])
        switch words[place] {
        case "only":
            return rest.first.map(StatedWords.places.contains) ?? false
                || before.suffix(3).contains(where: StatedWords.places.contains)
        case "for", "to", "with": return rest.prefix(3).contains(where: StatedWords.kinds.contains)
        case "case": return before.last == "in"
        case "long": return before.last == "as"
        case "if" where before.last == "even": return false
        case "unless", "until", "but", "except", "after", "before", "during": return true
        case let word where StatedWords.beginnings.contains(word):
            // "when asked", "if the user wants it"; and not "if they ask and are adults".
            let asked = rest.drop(while: {
                StatedWords.anybody.contains($0) && !StatedWords.harmless.contains($0)
            })
            guard let last = asked.first, StatedWords.harmless.contains(last) else { return true }
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

extension StatedAdjustment {
    /// Whether it lets through more than the most cautious value.
    fileprivate func opens(_ charter: Charter) -> Bool {
        switch operation {
        case .set: charter[behavior]?.rank(of: value).map { $0 > .cautious } ?? false
        case .allow: true
        case .deny, .forbid: false
        }
    }
}
