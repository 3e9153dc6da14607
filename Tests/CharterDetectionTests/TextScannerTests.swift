import CharterDetection
import CharterEngine
import Testing

@Suite struct TextScannerTests {
    private static func matches(
        _ forms: [Pattern.Form],
        in text: String,
        limit: Int = 1_000
    ) throws -> [Match] {
        let patterns = try PatternSet(
            forms.map { Pattern(behavior: "b", place: .request, form: $0) }
        )
        var scratch = try Scratch(for: patterns)
        return try TextScanner(patterns, for: .request)
            .matches(in: Array(text.utf8).span.bytes, using: &scratch, limit: limit)
    }

    @Test("A match ends behind the last scalar that it takes, in the original's bytes")
    func original() throws {
        #expect(
            try Self.matches(
                [.literal("bomb"), .literal("fi"), .literal("f")],
                in: "\u{200B}B\u{336}o\u{AD}ｍ𝓫\u{301} ﬁ"
            )
                == [
                    Match(pattern: 0, end: 16), Match(pattern: 2, end: 22),
                    Match(pattern: 1, end: 22),
                ]
        )
    }

    @Test("A match is found behind any number of letters, whatever the processor")
    func farIn() throws {
        for regex in ["x..z", "x.{1,20}z", "x[0-9]{1,20}z"] {
            let patterns = try PatternSet([
                Pattern(behavior: "b", place: .request, form: .regex(regex))
            ])
            var scratch = try Scratch(for: patterns)
            let scanner = TextScanner(patterns, for: .request)
            for letter in ["a", "中"] {
                for count in 0..<130 {
                    let text = String(repeating: letter, count: count) + "x12z and more"
                    let matches = try scanner.matches(
                        in: Array(text.utf8).span.bytes, using: &scratch)
                    #expect(matches.count == 1, "\(regex) behind \(count) of \(letter)")
                }
            }
        }
    }

    @Test("Matches come by end, then pattern, one for each end")
    func order() throws {
        let forms: [Pattern.Form] = [
            .regex("c"), .regex("a?b{1,2}c?"), .literal("bc"), .literal("BC"),
        ]
        #expect(
            try Self.matches(forms, in: "abbc").map { [$0.end, $0.pattern] }
                == [[2, 1], [3, 1], [4, 0], [4, 1], [4, 2], [4, 3]]
        )
    }

    @Test("A literal is no regex, and stands inside of words too")
    func literal() throws {
        #expect(
            try Self.matches([.literal("a.b*[c]\\d{2} \n")], in: "xa.b*[c]\\d{2} \nx axb")
                == [Match(pattern: 0, end: 14)]
        )
    }

    @Test(
        "White space of any kind and length is one space",
        arguments: ["a  bomb", "a\n\tbomb", "a \u{200B} bomb", "a\u{2028}bomb", "a\r\n\r\n bomb"])
    func spaces(text: String) throws {
        let match = Match(pattern: 0, end: text.utf8.count)
        #expect(try Self.matches([.literal("a bomb")], in: text) == [match])
        #expect(try Self.matches([.literal("a \n bomb")], in: text) == [match])
        #expect(try Self.matches([.regex(#"a\sbomb"#)], in: text) == [match])
    }

    @Test(
        "Where the text is JSON, an escape is what it stands for",
        arguments: [
            (#"a b\u006fmb"#, true), (#"a b\u006Fmb"#, true), (#"a\nbomb"#, true),
            (#"a\tbomb"#, true),
            (#"a \ud835\udc1b\ud835\udc28mb"#, true), (#"a\u00a0\u0062omb"#, true),
            (#"a b\ud835\u006fmb"#, false), (#"a b\\u006fmb"#, false), (#"a b\u00"#, false),
            (#"\a bomb"#, true), (#"\ud835a bomb"#, true), (#"\ud835\na bomb"#, true),
            (#"\ud8a bomb"#, true),
        ])
    func escapes(text: String, isFound: Bool) throws {
        let patterns = try PatternSet([
            Pattern(behavior: "b", place: .both, form: .literal("a bomb"))
        ])
        var scratch = try Scratch(for: patterns)
        let bytes = Array(text.utf8)
        let matches = try TextScanner(patterns, for: .request).matches(
            in: bytes.span.bytes, using: &scratch, readsEscapes: true)
        #expect(matches == (isFound ? [Match(pattern: 0, end: bytes.count)] : []))
        for cut in 0...bytes.count {
            let watcher = try StreamWatcher(patterns, readsEscapes: true)
            var delivery: [UInt8] = []
            for piece in [bytes[..<cut], bytes[cut...]] {
                watcher.push(piece.span.bytes, to: &delivery, using: &scratch) { _ in true }
            }
            watcher.finish(to: &delivery, using: &scratch) { _ in true }
            let start = try #require(text.firstIndex(of: "a")).utf16Offset(in: text)
            #expect(delivery == (isFound ? Array(bytes[..<start]) : bytes))
        }
    }

    @Test("Of each pattern so many matches are told as may be")
    func limit() throws {
        let text = String(repeating: "a", count: 100_000) + "b"
        let found = try Self.matches([.literal("a"), .regex("a{1,3}"), .literal("b")], in: text)
        #expect(found.count == 2_001)
        #expect(found.last == Match(pattern: 2, end: 100_001))
        #expect(try Self.matches([.literal("a")], in: text, limit: 2).map(\.end) == [1, 2])
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
