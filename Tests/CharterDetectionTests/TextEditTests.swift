import CharterDetection
import CharterEngine
import Testing

/// What is said in place of matches, in a stream and in a whole text.
@Suite struct TextEditTests {
    private static func patterns(_ forms: Pattern.Form...) throws -> PatternSet {
        try PatternSet(
            forms.map { Pattern(behavior: "b", place: .both, form: $0, isReplaced: true) })
    }

    /// A text as it was delivered, with the edits of which each said the number of its pattern.
    private struct Run: Equatable {
        var text = ""
        var edits: [TextEdit] = []
        var outcome = StreamWatcher.Outcome.open

        init(
            _ pieces: [ArraySlice<UInt8>], _ patterns: PatternSet, violating: Set<Int> = []
        ) throws {
            var scratch = try Scratch(for: patterns)
            let watcher = try StreamWatcher(patterns)
            var delivered: [UInt8] = []
            var known: [TextEdit] = []
            var cleared = 0
            func check() {
                // What is known of an edit that has been delivered stays so, but for its end.
                for (old, new) in zip(known, watcher.edits) {
                    #expect(old.range.lowerBound == new.range.lowerBound)
                    #expect(old.replacement == new.replacement)
                    #expect(
                        old.range.upperBound == new.range.upperBound
                            || old.range.upperBound >= cleared)
                }
                #expect(watcher.edits.filter { $0.range.lowerBound < cleared }.count == known.count)
                #expect(watcher.delivered >= cleared)
                cleared = watcher.delivered
                known = watcher.edits.filter { $0.range.lowerBound < cleared }
            }
            for piece in pieces {
                watcher.push(
                    piece.span.bytes, to: &delivered, using: &scratch,
                    violates: { violating.contains($0.pattern) },
                    replacing: { Array("\($0.pattern)".utf8) })
                check()
            }
            outcome = watcher.finish(
                to: &delivered, using: &scratch, violates: { violating.contains($0.pattern) },
                replacing: { Array("\($0.pattern)".utf8) })
            check()
            text = String(decoding: delivered, as: UTF8.self)
            edits = watcher.edits
        }
    }

    private static func run(
        _ text: String, _ patterns: PatternSet, violating: Set<Int> = []
    ) throws -> Run {
        try Run([Array(text.utf8)[...]], patterns, violating: violating)
    }

    @Test("Matches that grow, overlap or touch are replaced as one, by the words of the first")
    func merges() throws {
        let numbers = try Self.patterns(.regex("[0-9]{4,16}"), .literal("pin"))
        for (text, expected) in [
            ("a 1234 b", "a 0 b"), ("123", "123"), ("no 4111111111111111, no", "no 0, no"),
            (String(repeating: "7", count: 40_000), "0"), ("pin1234", "1"), ("1234pin", "0"),
            ("pinpin 12345", "1 0"), ("12\u{200B}34\u{301}!", "0\u{301}!"), ("é１２３４é", "é0é"),
        ] {
            #expect(try Self.run(text, numbers).text == expected, "\(text.prefix(20))")
        }
        let inside = try Self.patterns(.literal("cd"), .literal("abcdef"), .literal("fg"))
        #expect(try Self.run("xabcdefgx", inside).text == "x1x")
        #expect(try Self.run("xabcdx", inside).text == "xab0x")
    }

    @Test("Before a violation what is replaced is replaced, and nothing of it is behind")
    func violation() throws {
        let patterns = try Self.patterns(.regex("[0-9]{4,16}"), .literal("67 bomb"))
        let run = try Self.run("pay 1234567 bomb 1234", patterns, violating: [1])
        #expect(run.text == "pay 0")
        #expect(run.edits == [TextEdit(range: 4..<9, replacement: Array("0".utf8))])
        #expect(run.outcome == .violation(.init(pattern: 1, range: 9..<16)))
    }

    @Test("Where there are too many starts to look for, too much is replaced and never too little")
    func bounded() throws {
        let patterns = try Self.patterns(.regex("key-[a-z]{1,200}"))
        let text = String(repeating: "ok key-ab\n", count: 25_000)
        let run = try Self.run(text, patterns)
        #expect(run.text.hasPrefix(String(repeating: "ok 0\n", count: 20_000)))
        #expect(!run.text.contains("key") && run.edits.count < 25_000)
        var scratch = try Scratch(for: patterns)
        let edits = try TextScanner(patterns, for: .request)
            .edits(in: text.utf8.span.bytes, using: &scratch) { _ in [] }
        #expect(edits.map(\.range) == run.edits.map(\.range))
    }

    @Test("Patterns that were kept tell where a match begins, in requests too")
    func serialized() throws {
        let forms = [Pattern.Form.regex("[0-9]{2,5}"), .literal("pin")]
        for place in [Pattern.Place.request, .both] {
            let made = forms.map {
                Pattern(behavior: "b", place: place, form: $0, isReplaced: true)
            }
            let patterns = try PatternSet(made, serialized: PatternSet(made).serialized())
            var scratch = try Scratch(for: patterns)
            let edits = try TextScanner(patterns, for: .request)
                .edits(in: "a 123 pin".utf8.span.bytes, using: &scratch) { _ in [] }
            #expect(edits.map(\.range) == [2..<5, 6..<9])
        }
    }

    @Test("A pattern that is not to be replaced is left alone in requests")
    func unmarked() throws {
        let patterns = try PatternSet(
            [Pattern(behavior: "b", place: .both, form: .regex("[0-9]{2,5}"))])
        var scratch = try Scratch(for: patterns)
        let edits = try TextScanner(patterns, for: .request)
            .edits(in: "a 123".utf8.span.bytes, using: &scratch) { _ in [] }
        #expect(edits.isEmpty)
    }

    @Test(
        "However a text is cut, the same is said, and as in the text as a whole", arguments: 0..<8)
    func cuts(batch: Int) throws {
        let words = ["ab", "a", "ba", "12", "3456", "7", "é", "\u{200B}", " ", "bomb", "x", "１"]
        let sets = [
            try Self.patterns(.regex("[0-9]{4,6}"), .literal("abab"), .regex("b(a|x)\\b")),
            try Self.patterns(.regex("(^x|a)?(ba){1,3}"), .literal("é"), .regex("x.{0,9}7")),
        ]
        for seed in batch * 40..<(batch + 1) * 40 {
            var random = SeededGenerator(seed: UInt64(seed))
            let text = (0..<Int.random(in: 0..<25, using: &random))
                .map { _ in words[Int.random(in: 0..<words.count, using: &random)] }.joined()
            let bytes = Array(text.utf8)
            for patterns in sets {
                let whole = try Run([bytes[...]], patterns)
                var scratch = try Scratch(for: patterns)
                let edits = try TextScanner(patterns, for: .request)
                    .edits(in: bytes.span.bytes, using: &scratch) { Array("\($0.pattern)".utf8) }
                #expect(edits == whole.edits, "\(text)")
                for violating in [[], [0], [1, 2]] as [Set<Int>] {
                    let whole = try Run([bytes[...]], patterns, violating: violating)
                    for longest in [1, 2, 7] {
                        var pieces: [ArraySlice<UInt8>] = []
                        var place = 0
                        while place < bytes.count {
                            let end = min(
                                bytes.count, place + Int.random(in: 1...longest, using: &random))
                            pieces.append(bytes[place..<end])
                            place = end
                        }
                        #expect(
                            try Run(pieces, patterns, violating: violating) == whole,
                            "\(text) in pieces of up to \(longest)")
                    }
                }
            }
        }
    }

    @Test("An edit is said in the stretch where it begins")
    func stretches() {
        let edits = [
            TextEdit(range: 2..<5, replacement: Array("+".utf8)),
            TextEdit(range: 6..<7, replacement: Array("-".utf8)),
        ]
        let text = Array("0123456789".utf8)
        for cuts in [[10], [2, 10], [3, 10], [4, 5, 10], [1, 2, 3, 4, 5, 6, 7, 10]] {
            var place = 0
            var result = ""
            for cut in cuts {
                let stretch = text[place..<cut]
                let new = edits.applied(to: stretch, at: place)
                #expect((new == nil) == (cut <= 2 || place >= 7 || (place == 5 && cut == 6)))
                result += String(decoding: new ?? Array(stretch), as: UTF8.self)
                place = cut
            }
            #expect(result == "01+5-789")
        }
    }
}
