internal import CharterDetection
public import CharterEngine

/// What users say of themselves in messages: claims that are `asserted`, and no more.
///
/// An age ("I'm 34 years old"), and a value of a claim that lists its values ("I'm a nurse", "as a nurse").
/// Rules know these ways of saying it alone, and English. A story, a wish and a condition say nothing; who says
/// two different things has shown neither.
public struct StatedClaims: Sendable {
    private let declared: [Text: ClaimType]
    /// By the words of a value, the claims that list it.
    private let named: [[String]: [(Text, Text)]]
    private let readings = TextReadings<[Text: Set<ClaimValue>]>()

    /// Reads the claims that are declared; made once for all messages of an operator.
    public init(of declared: [Text: ClaimType]) {
        self.declared = declared
        named = StatedClaims.names(declared)
    }

    /// The claims that the user's own messages state; linear.
    public func claims(in messages: MessageList) -> [Text: Claim] {
        guard declared["age"] != nil || !named.isEmpty else { return [:] }
        var stated: [Text: Set<ClaimValue>] = [:]
        for spoken in messages.texts where spoken.speaker == .principal(.user) {
            let text = Array(spoken.text.utf8)[...]
            stated.merge(readings.reading(of: text) { values(in: text) }) { $0.union($1) }
        }
        return stated.compactMapValues { values in
            values.count == 1 ? values.first.map { Claim($0, .asserted) } : nil
        }
    }

    private func values(in text: ArraySlice<UInt8>) -> [Text: Set<ClaimValue>] {
        var stated: [Text: Set<ClaimValue>] = [:]
        var statement = Statement()
        for byte in text {
            if statement.take(byte) { statement.note(declared, named, &stated) }
        }
        if statement.end() { statement.note(declared, named, &stated) }
        return stated
    }

    private static func names(_ declared: [Text: ClaimType]) -> [[String]: [(Text, Text)]] {
        var names: [[String]: [(Text, Text)]] = [:]
        for (claim, type) in declared {
            guard case .enumerated(let values) = type else { continue }
            for value in values {
                let words = value.string.lowercased().split(separator: "_").map(String.init)
                names[words, default: []].append((claim, value))
            }
        }
        return names
    }

    /// One sentence, word by word.
    private struct Statement {
        private var words: [String] = []
        private var word: [UInt8] = []
        private var isDone = false

        private static let mostWords = 200

        /// Takes the next byte; true where a sentence has ended.
        mutating func take(_ byte: UInt8) -> Bool {
            if isDone { self = Statement() }
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
                word.append(byte)
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): word.append(byte | 0x20)
            case UInt8(ascii: "."), UInt8(ascii: "!"), UInt8(ascii: "?"), UInt8(ascii: ";"), 0x0A,
                0x0D:
                return end()
            default:
                close()
                // A comma ends what is said of oneself: "I'm 34, and …".
                if byte == UInt8(ascii: ",") { words.append(",") }
            }
            return false
        }

        mutating func end() -> Bool {
            close()
            isDone = true
            return !words.isEmpty
        }

        private mutating func close() {
            guard !word.isEmpty else { return }
            if words.count < Self.mostWords, word.count <= 40 {
                words.append(String(decoding: word, as: UTF8.self))
            }
            word.removeAll(keepingCapacity: true)
        }

        /// What makes a sentence say nothing of whoever writes it.
        private static let unreal: Set<String> = [
            "if", "imagine", "pretend", "suppose", "assume", "act", "roleplay", "character",
            "story",
            "would", "were", "not", "never", "wish", "when", "until", "almost", "nearly",
        ]

        func note(
            _ declared: [Text: ClaimType], _ named: [[String]: [(Text, Text)]],
            _ stated: inout [Text: Set<ClaimValue>]
        ) {
            // Most sentences say nothing of the kind, and cost no more than this.
            guard words.contains(where: { $0 == "i" || $0 == "my" || $0 == "as" }) else { return }
            var found: [(Text, ClaimValue)] = []
            for place in words.indices {
                // "I'm" is two words here.
                let isSelf = endsInSelf(place)
                if let age = age(at: place, isSelf: isSelf), declared["age"] == .int {
                    found.append(("age", .int(age)))
                }
                let isArticle = words[place] == "a" || words[place] == "an"
                guard isArticle, isSelf || place > 0 && words[place - 1] == "as" else { continue }
                for (name, claims) in named where words[(place + 1)...].starts(with: name) {
                    // "a nurse's assistant" is none.
                    if words.dropFirst(place + 1 + name.count).first == "s" { continue }
                    found += claims.map { ($0, .text($1)) }
                }
            }
            guard !found.isEmpty, !words.contains(where: Self.unreal.contains) else { return }
            for (claim, value) in found { stated[claim, default: []].insert(value) }
        }

        /// Whether "I'm" or "I am" stands before a place.
        private func endsInSelf(_ place: Int) -> Bool {
            guard place > 1, words[place - 2] == "i" else { return false }
            return words[place - 1] == "m" || words[place - 1] == "am"
        }

        /// "I'm 34" with "years old" or nothing behind it, "my age is 34", "I'm a 34 year old".
        private func age(at place: Int, isSelf: Bool) -> Int64? {
            guard words[place].utf8.count <= 3, words[place].utf8.first ?? 0 <= UInt8(ascii: "9"),
                let age = Int64(words[place]), age <= 130
            else { return nil }
            let (before, rest) = (words[..<place], words[(place + 1)...])
            if before.suffix(3) == ["my", "age", "is"] { return age }
            let isOld = rest.prefix(2) == ["years", "old"] || rest.prefix(2) == ["year", "old"]
            let isKind = before.last == "a" && endsInSelf(place - 1)
            if isKind, isOld { return age }
            guard isSelf else { return nil }
            return isOld || rest.isEmpty || rest.first == "," || rest.first == "and" ? age : nil
        }
    }
}
