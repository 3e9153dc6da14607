import CharterDetection
import CharterEngine

/// A text with its patterns, and what must come of it.
struct CuttingCase: Sendable {
    struct Sought: Sendable {
        var pattern: ReferencePattern
        var isLiteral: Bool
        var violates: Bool
        /// Whether the pattern is written in upper case, which makes no difference.
        var isUpperCase: Bool

        var form: Pattern.Form {
            guard case .sequence(let parts) = pattern, isLiteral else {
                return .regex(isUpperCase ? upperCase : String(describing: pattern))
            }
            return .literal(
                parts.map { if case .scalar(let scalar) = $0 { String(scalar) } else { "" } }
                    .joined()
            )
        }

        /// Where it matches: in a literal, white space of any length stands for any other.
        var reference: ReferencePattern {
            guard case .sequence(let parts) = pattern, isLiteral else { return pattern }
            var scalars: [ReferencePattern] = []
            for case .scalar(let scalar) in parts {
                guard ReferenceText.spaces.contains(scalar) else {
                    scalars.append(.scalar(scalar))
                    continue
                }
                if case .set? = scalars.last { continue }
                scalars.append(.set(ReferenceText.spaces))
            }
            return .sequence(scalars)
        }

        /// The regex with its letters in upper case, but for `\b`, `\n` and `(?m:`.
        private var upperCase: String {
            var isEscaped = false
            return String(
                String(describing: pattern).map { character in
                    defer { isEscaped = character == "\\" }
                    return isEscaped || !"abcefis".contains(character)
                        ? character : Character(character.uppercased())
                }
            )
        }
    }

    var sought: [Sought]
    /// Made of these, so that it can be shrunk by leaving some out.
    var pieces: [[UInt8]]

    var bytes: [UInt8] { pieces.flatMap(\.self) }

    private static let alphabet: [[UInt8]] =
        [
            "a", "b", "c", "A", "B", "e", "f", "i", "s", " ", "\n", "1", "/", "é", "e\u{301}", "ﬁ",
            "ﬀ", "ß", "ａ", "𝐁", "İ", "\u{200D}", "\u{AD}", "\u{336}", "\0", "👍", "か", "가",
            "\u{1100}", "½", "ab", "abc", "aaa", "a b", "c\n", "\u{FEFF}\u{200B}",
        ].map { Array($0.utf8) } + [[0xFF], [0xE2, 0x82], [0xF0, 0x9F, 0x91], [0xC3], [0x80]]

    static func sought(using generator: inout SeededGenerator) -> [Sought] {
        (0..<Int.random(in: 1...5, using: &generator)).map { _ in
            let isLiteral = generator.chance(35)
            return Sought(
                pattern: isLiteral
                    ? .randomLiteral(using: &generator) : .random(using: &generator),
                isLiteral: isLiteral,
                violates: generator.chance(30),
                isUpperCase: generator.chance(20)
            )
        }
    }

    static func pieces(using generator: inout SeededGenerator) -> [[UInt8]] {
        let few = alphabet.shuffled(using: &generator)
            .prefix(Int.random(in: 3...alphabet.count, using: &generator))
        let count = Int.random(in: 0...(generator.chance(5) ? 900 : 40), using: &generator)
        return (0..<count).map { _ in generator.pick(Array(few)) }
    }

    /// Nil where Vectorscan does not take one of the patterns.
    func compiled() -> PatternSet? {
        try? PatternSet(sought.map { Pattern(behavior: "b", place: .both, form: $0.form) })
    }
}
