import CharterDetection
import Testing

@Suite struct TextScannerTests {
    private static func matches(
        _ forms: [Pattern.Form],
        in text: String,
        limit: Int = 1_000
    ) throws -> [String] {
        let patterns = try PatternSet(
            forms.map { Pattern(behavior: "b", place: .request, form: $0) }
        )
        var scratch = try Scratch(for: patterns)
        let bytes = Array(text.utf8)
        return try TextScanner(patterns, for: .request)
            .matches(in: bytes.span.bytes, using: &scratch, limit: limit)
            .map { "\($0.pattern) " + String(decoding: bytes[$0.range], as: UTF8.self) }
    }

    @Test("A match is told in the original's bytes, with what is invisible inside of it")
    func original() throws {
        #expect(
            try Self.matches(
                [.literal("bomb"), .literal("fi"), .literal("i")],
                in: "a \u{200B}B\u{336}o\u{AD}ｍ𝓫\u{301} ﬁ"
            )
                == ["0 B\u{336}o\u{AD}ｍ𝓫", "1 ﬁ", "2 ﬁ"]
        )
    }

    @Test("Matches come by end, then start, then pattern, one for each end")
    func order() throws {
        #expect(
            try Self.matches(
                [.regex("c"), .regex("a?b{1,2}c?"), .literal("bc"), .literal("BC")],
                in: "abbc"
            )
                == ["1 ab", "1 abb", "1 abbc", "2 bc", "3 bc", "0 c"]
        )
    }

    @Test("A literal is no regex, and stands inside of words too")
    func literal() throws {
        #expect(
            try Self.matches([.literal("a.b*[c]\\d{2} \n")], in: "xa.b*[c]\\d{2} \nx axb")
                == ["0 a.b*[c]\\d{2} \n"]
        )
    }

    @Test("What looks around sees the text, not the stretch in which the start is looked for")
    func looksAround() throws {
        let long = String(repeating: "xfoo\n", count: 2_000)
        let found = try Self.matches([.regex("(^x|y)?fo{1,2}\\b")], in: long, limit: .max)
        #expect(found == ["0 xfoo"] + [String](repeating: "0 foo", count: 1_999))
        #expect(
            try Self.matches([.regex("(^x|\\by?)fo{1,2}$"), .regex("x?foo$")], in: long + "xfoo")
                == ["1 xfoo"]
        )
        #expect(try Self.matches([.regex("(^|x)f.{0,2}")], in: "fox").first == "0 f")
    }

    @Test("Of each pattern so many matches are told as may be")
    func limit() throws {
        let text = String(repeating: "a", count: 100_000) + "b"
        let found = try Self.matches([.literal("a"), .regex("a{1,3}"), .literal("b")], in: text)
        #expect(found.count == 2_001)
        #expect(found.last == "2 b")
        #expect(try Self.matches([.literal("a")], in: text, limit: 2) == ["0 a", "0 a"])
    }

    @Test("Requests and answers have patterns of their own")
    func places() throws {
        let patterns = try PatternSet(
            Pattern.Place.allCases.map {
                Pattern(behavior: "b", place: $0, form: .literal($0.rawValue))
            }
        )
        var scratch = try Scratch(for: patterns)
        let text = Array("request answer both".utf8)
        let found = try PatternSet.Text.allCases.map {
            try TextScanner(patterns, for: $0).matches(in: text.span.bytes, using: &scratch)
                .map(\.pattern)
        }
        #expect(found == [[0, 2], [1, 2]])
    }

    @Test("Without patterns there are no matches")
    func none() throws {
        #expect(try Self.matches([], in: "text") == [])
    }

    @Test("Scratch of another set is refused, whatever the sizes")
    func foreignScratch() throws {
        let small = try PatternSet([Pattern(behavior: "b", place: .both, form: .literal("a"))])
        let none = try PatternSet([])
        var scratch = try Scratch(for: none)
        let text: [UInt8] = [0x61]
        #expect(throws: ScanError.foreignScratch) {
            try TextScanner(small, for: .request).matches(in: text.span.bytes, using: &scratch)
        }
    }
}
