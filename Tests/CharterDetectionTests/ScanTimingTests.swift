import CharterDetection
import CharterEngine
import Testing

/// Prints what scanning costs; nothing is asserted about time, which belongs to the benchmarks.
@Suite struct ScanTimingTests {
    private static func patterns(_ count: Int) -> [Pattern] {
        var generator = SeededGenerator(seed: 300)
        func word() -> String {
            let length = Int.random(in: 4...9, using: &generator)
            return String((0..<length).map { _ in generator.pick(Array("abcdefghilmnoprstuvw")) })
        }
        return (0..<count).map { index in
            let form: Pattern.Form =
                index % 3 == 0
                ? .regex("\\b\(word())( a| the)? {1,3}\(word())[a-z]{0,10}\\b")
                : .literal("how to \(word()) the \(word())")
            return Pattern(behavior: "b", place: .both, form: form)
        }
    }

    @Test("300 patterns on a text of 100 KB, whole and streamed: printed")
    func timing() throws {
        let clock = ContinuousClock()
        let list = Self.patterns(300)
        let start = clock.now
        let patterns = try PatternSet(list)
        print("compile 300 patterns: \(clock.now - start)")
        let bytes = try patterns.serialized()
        let loading = try clock.measure { _ = try PatternSet(list, serialized: bytes) }
        print("load \(bytes.count) serialized bytes: \(loading)")

        var scratch = try Scratch(for: patterns)
        let cloning = try clock.measure {
            for _ in 0..<1_000 { _ = try Scratch(for: patterns) }
        }
        print("a scratch: \(cloning / 1_000)")

        let sentence =
            "The quick brown fox shows how to jump over the lazy dog, and then some more.\n"
        let accented = "Où est-il passé? Près de l'église où l'été fut très chaud et gai à Noël.\n"
        for (name, line) in [("English", sentence), ("French", accented)] {
            let text = Array(
                String(repeating: line, count: 100_000 / line.utf8.count).utf8
            )
            let scanner = TextScanner(patterns, for: .request)
            let whole = try clock.measure {
                for _ in 0..<20 {
                    _ = try scanner.matches(in: text.span.bytes, using: &scratch)
                }
            }
            print("\(name): scan \(text.count) bytes: \(whole / 20)")
            var delivery: [UInt8] = []
            delivery.reserveCapacity(text.count)
            let watcher = try StreamWatcher(patterns)
            var pushes = 0
            let streamed = clock.measure {
                var index = 0
                while index < text.count {
                    let next = min(index + 4, text.count)
                    watcher.push(
                        text.span.extracting(index..<next).bytes,
                        to: &delivery,
                        using: &scratch
                    ) { _ in true }
                    pushes += 1
                    index = next
                }
                watcher.finish(to: &delivery, using: &scratch) { _ in true }
            }
            print("\(name): an event of 4 bytes: \(streamed / pushes), of \(pushes)")
            #expect(delivery == text)
        }
    }
}
