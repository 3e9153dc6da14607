import CharterDetection
import Testing

@Suite struct TextNormalizerTests {
    @Test(
        "A text's dress is undone, scalar by scalar",
        arguments: [
            ("Bomb", "bomb"),
            ("b0mb", "b0mb"),
            ("\u{FB01}re", "fire"),
            ("ＢＯＭＢ　１", "bomb 1"),
            ("𝔅𝓸𝕞𝗯", "bomb"),
            ("ⓑ℡½", "btel1\u{2044}2"),
            ("café", "cafe"),
            ("cafe\u{301}", "cafe"),
            ("İI\u{131}", "ii\u{131}"),
            ("Straße ẞ ſ", "strasse ss s"),
            ("ΌΣΟΣ ς", "οσοσ σ"),
            ("bo\u{200D}m\u{200B}b", "bomb"),
            ("bo\u{AD}mb", "bomb"),
            ("\u{202E}bomb\u{202C}\u{2066}\u{2069}\u{61C}", "bomb"),
            ("b\u{336}o\u{20DD}m\u{FE0F}b\u{E0062}", "bomb"),
            ("a\u{0}b\u{8}c\u{7F}d\u{9B}e", "abcde"),
            ("a\tb\nc\r\nd\u{B}\u{C}", "a\tb\nc\rd\u{B}"),
            ("a  b \n c\u{85}\u{2028}d \u{200B} e", "a b c d e"),
            ("a\u{2065}b\u{FFF0}c\u{E0000}d\u{E0FFF}e\u{2800}f\u{1D159}g", "abcdefg"),
            ("a\u{A0}b\u{2003}c", "a b c"),
            ("한글", "\u{1112}\u{1161}\u{11AB}\u{1100}\u{1173}\u{11AF}"),
            ("ㄱ\u{3164}", "\u{1100}"),
            ("👩\u{200D}👩\u{200D}👧 1\u{FE0F}\u{20E3}", "👩👩👧 1"),
            ("👍🏽", "👍🏽"),
            ("ガ", "カ\u{3099}"),
            ("か\u{3099}", "か\u{3099}"),
            ("हिन्दी", "हिन्दी"),
            ("กุ้ง", "กุ้ง"),
            ("שָׁלוֹם", "שלום"),
            ("مُحَمَّد", "محمد"),
            ("\u{FFFD}", "\u{FFFD}"),
            ("漢字", "漢字"),
        ]
    )
    func table(text: String, normalized: String) {
        // Not `==` on strings, to which all canonical forms are one.
        #expect(
            Array(TextNormalizer.normalized(text).unicodeScalars)
                == Array(normalized.unicodeScalars)
        )
    }

    @Test("The normal form of every scalar is its own normal form, and short")
    func idempotent() {
        var longest = 0
        for value in UInt32(0)...0x10FFFF {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let form = TextNormalizer.normalForm(of: scalar)
            longest = max(longest, form.count)
            if form.flatMap(TextNormalizer.normalForm) != form {
                Issue.record("\(scalar.escaped(asASCII: true)) becomes \(form)")
            }
        }
        #expect(longest == 18)
    }
}
