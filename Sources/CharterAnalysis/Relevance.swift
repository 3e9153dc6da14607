internal import CharterDocuments
internal import CharterEngine

/// How near behaviors are to what an operator says that it is for: by the words that they share, each
/// weighing as much as it is rare among the charter's sections.
///
/// No synonyms are known; a purpose that names its domain in the charter's words finds what matters.
struct Relevance {
    private var scores: [BehaviorID: Double] = [:]

    /// Words that say nothing about a domain.
    private static let common: Set<String> = [
        "about", "after", "also", "another", "because", "been", "before", "being", "between",
        "both", "cannot", "could", "does", "doing", "each", "either", "every", "everybody", "from",
        "give", "given", "have", "here", "into", "itself", "just", "like", "made", "make", "many",
        "more", "most", "much", "must", "never", "nobody", "only", "other", "over", "people",
        "person", "product", "same", "says", "should", "some", "somebody", "something", "such",
        "than", "that", "their", "them", "then", "there", "these", "they", "this", "those",
        "through",
        "under", "until", "user", "users", "very", "what", "when", "where", "whether", "which",
        "while", "whose", "with", "without", "would", "your", "model", "assistant", "operator",
        "help", "helps", "used", "uses", "using", "work", "works", "need", "needs", "able",
    ]

    init(_ charter: CharterDocument, purpose: String) {
        let wanted = Set(Relevance.words(purpose))
        guard !wanted.isEmpty else { return }
        var sections: [(behavior: BehaviorID, title: Set<String>, words: Set<String>)] = []
        for section in charter.sections {
            guard let behavior = section.behavior else { continue }
            let title = Relevance.words(
                ([section.title, behavior.text.string] + section.tags).joined(separator: " "))
            sections.append((behavior, Set(title), Set(title + Relevance.words(section.prose))))
        }
        var counts: [String: Int] = [:]
        for section in sections {
            for word in section.words where wanted.contains(word) { counts[word, default: 0] += 1 }
        }
        for section in sections {
            var score = 0.0
            for word in wanted.intersection(section.words) {
                // A word of half of the sections tells nothing; one of a single section most.
                let rarity = Double(sections.count) / Double(counts[word, default: 1])
                guard rarity > 2 else { continue }
                score += Relevance.logarithm(rarity) * (section.title.contains(word) ? 3 : 1)
            }
            scores[section.behavior] = score
        }
    }

    func of(_ behavior: BehaviorID) -> Double { scores[behavior, default: 0] }

    /// The words of four letters or more, without their endings.
    private static func words(_ text: String) -> [String] {
        text.lowercased().split { !$0.isLetter }.map(String.init)
            .filter { $0.count >= 4 && !common.contains($0) }.map(stem)
    }

    /// Plural and its like: `patients` and `patient`, `dosing` and `dose` are near enough.
    private static func stem(_ word: String) -> String {
        for ending in ["ations", "ation", "ings", "ing", "ies", "es", "ed", "s", "e", "y"]
        where word.count - ending.count >= 4 && word.hasSuffix(ending) {
            return String(word.dropLast(ending.count))
        }
        return word
    }

    /// Of base 2, whole parts alone: enough for an order, and the same everywhere.
    private static func logarithm(_ value: Double) -> Double {
        var rest = value
        var result = 0.0
        while rest >= 2 {
            rest /= 2
            result += 1
        }
        return result + (rest - 1)
    }
}
