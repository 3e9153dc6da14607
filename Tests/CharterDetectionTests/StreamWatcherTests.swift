import CharterDetection
import CharterEngine
import Testing

@Suite struct StreamWatcherTests {
    private static func patterns(_ forms: Pattern.Form...) throws -> PatternSet {
        try PatternSet(forms.map { Pattern(behavior: "b", place: .answer, form: $0) })
    }

    @Test("On a violation exactly the text before the match has been delivered")
    func violation() throws {
        let patterns = try Self.patterns(.literal("how to make it"))
        let run = try WatchedRun(
            ["Sure: H", "ow t", "\u{200B}o Ma", "ke it\u{301}", " at home"],
            patterns
        )
        #expect(run.text == "Sure: ")
        #expect(run.outcome == .violation(.init(pattern: 0, range: 6..<23)))
        #expect(run.progress == [0, 0, 2, 6, 6, 6])
    }

    @Test("No more than the longest match less a byte is held back")
    func window() throws {
        let patterns = try Self.patterns(.literal("bomb"), .literal("bo"))
        let run = try WatchedRun(
            ["a", "bcdefg", "", "h\u{200B}\u{200B}", "i"],
            patterns,
            violates: { _ in false }
        )
        #expect(run.progress == [0, 4, 4, 5, 6, 15])
        #expect(try WatchedRun(["abc", "d"], Self.patterns()).progress == [3, 4, 4])
    }

    @Test("What ends first counts, even if something longer began earlier")
    func firstEnd() throws {
        let patterns = try Self.patterns(.literal("abcdef"), .literal("cd"), .literal("bcd"))
        let run = try WatchedRun(["xabcdefx"], patterns)
        #expect(run.outcome == .violation(.init(pattern: 2, range: 2..<5)))
        #expect(run.text == "xa")
        let allowed = try WatchedRun(["xabcdefx"], patterns, violates: { $0 == 0 })
        #expect(allowed.text == "x")
        #expect(allowed.matches.map(\.pattern) == [1, 2, 0])
    }

    @Test(
        "A match begins at its earliest start, and looks at the text, not at the stretch around it"
    )
    func start() throws {
        let patterns = try Self.patterns(.regex("(^x|y)?fo{1,2}\\b"), .regex("( {0,3}so ){0,2}bar"))
        let long = String(repeating: "xfo\n", count: 2_000)
        let allowed = try WatchedRun([long], patterns, violates: { _ in false })
        #expect(allowed.matches.count == 2_000)
        #expect(try WatchedRun([long], patterns).text == "")
        #expect(try WatchedRun(["a\n", long], patterns).text == "a\nx")
        #expect(try WatchedRun(["a so  so  so bar"], patterns).text == "a so")
        #expect(try WatchedRun(["a xfooo xfoob yfoo"], patterns).text == "a xfooo xfoob ")
    }

    @Test("After a violation nothing is told or delivered")
    func stopped() throws {
        let patterns = try Self.patterns(.literal("bomb"))
        let run = try WatchedRun(["a bomb", " bomb", " more"], patterns)
        #expect(run.matches.count == 1)
        #expect(run.text == "a ")
        #expect(run.progress == [2, 2, 2, 2])
    }

    @Test("A pattern that looks at the end of the text is judged when it ends")
    func end() throws {
        let patterns = try Self.patterns(.regex("sure$"))
        #expect(try WatchedRun(["I am sure, ", "yes"], patterns).outcome == .finished)
        #expect(try WatchedRun(["I am ", "sur", "e\n"], patterns).text == "I am ")
    }

    @Test("An incomplete scalar at the end is delivered as it came")
    func incomplete() throws {
        let patterns = try Self.patterns(.literal("bomb"))
        var scratch = try Scratch(for: patterns)
        let bytes: [UInt8] = [0x61, 0xF0, 0x9F]
        let run = try WatchedRun([bytes[..<2], bytes[2...]], patterns, scratch: &scratch)
        #expect(run.delivered == bytes)
        #expect(run.outcome == .finished)
    }

    @Test("A text full of what is invisible is cut off at the same byte, however it is cut")
    func unreadable() throws {
        let patterns = try Self.patterns(.literal("bomb"), .regex("bo\\b"))
        let text = Array(("A text: xbo" + String(repeating: "\u{200B}", count: 30_000) + "mb").utf8)
        // The window is 4 bytes and 8 for `\b`: it holds all of the 11 letters. The first U+200B, of
        // 3 bytes, that passes the limit ends here:
        let expected = 11 + 3 * 21_842
        var scratch = try Scratch(for: patterns)
        for size in [text.count, 1, 7, 4_095, 50_000] {
            let pieces = stride(from: 0, to: text.count, by: size)
                .map { text[$0..<min($0 + size, text.count)] }
            let run = try WatchedRun(pieces, patterns, scratch: &scratch)
            #expect(run.outcome == .unreadable(at: expected))
            #expect(run.text == "")
            #expect(run.matches == [])
        }
    }

    @Test("Letters alone never make a text unreadable, nor do marks between few")
    func readable() throws {
        let patterns = try Self.patterns(.literal(String(repeating: "a", count: 4_096)))
        let wide = String(repeating: "𝐀", count: 4_000) + String(repeating: "𝐁", count: 30_000)
        #expect(try WatchedRun([wide], patterns).outcome == .finished)
        let short = try Self.patterns(.literal("bomb"))
        let marked = String(repeating: "o" + String(repeating: "\u{336}", count: 999), count: 100)
        #expect(try WatchedRun([marked], short).text == marked)
        #expect(
            try WatchedRun([String(repeating: "\u{200B}", count: 90_000)], short).outcome
                == .finished
        )
    }

    @Test("A failed scan delivers nothing more")
    func failed() throws {
        let patterns = try Self.patterns(.literal("bomb"))
        var foreign = try Scratch(for: Self.patterns())
        let watcher = try StreamWatcher(patterns)
        var delivery: [UInt8] = []
        let text = Array("a harmless text".utf8)
        #expect(
            watcher.push(text.span.bytes, to: &delivery, using: &foreign) { _ in true }
                == .failed(.foreignScratch)
        )
        var scratch = try Scratch(for: patterns)
        #expect(
            watcher.finish(to: &delivery, using: &scratch) { _ in true }
                == .failed(.foreignScratch)
        )
        #expect(delivery == [])
    }

    @Test("Streams that take turns with one scratch do not touch each other")
    func sharedScratch() throws {
        let patterns = try Self.patterns(.literal("abcd"))
        var scratch = try Scratch(for: patterns)
        let watchers = try (0..<3).map { _ in try StreamWatcher(patterns) }
        var delivered = [[UInt8]](repeating: [], count: 3)
        for letters in ["xab", "cd", "ab"] {
            for (index, watcher) in watchers.enumerated() {
                let text = Array(index == 1 ? "-\(letters)".utf8 : letters.utf8)
                watcher.push(text.span.bytes, to: &delivered[index], using: &scratch) { _ in true }
            }
        }
        #expect(watchers[0].outcome == .violation(.init(pattern: 0, range: 1..<5)))
        #expect(watchers[1].outcome == .open)
        #expect(watchers[2].outcome == watchers[0].outcome)
    }
}
