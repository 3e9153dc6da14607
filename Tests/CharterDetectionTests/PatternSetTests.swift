import CharterDetection
import CharterEngine
import Testing

@Suite struct PatternSetTests {
    private static func patterns(_ forms: [Pattern.Form]) -> [Pattern] {
        forms.map { Pattern(behavior: "b", place: .both, form: $0) }
    }

    @Test(
        "A pattern that cannot be watched for is a problem of its own",
        arguments: [
            (.regex("a+b"), .unbounded),
            (.regex("a.*b"), .unbounded),
            (.regex("(?s)a.{0,1500}b"), .tooWide(bytes: 6_002)),
            (.literal(String(repeating: "a", count: 4_097)), .tooWide(bytes: 4_097)),
            (.regex("a?"), .matchesEmpty),
            (.regex("\\b"), .matchesEmpty),
            (.regex(""), .matchesEmpty),
            (.literal(""), .matchesEmpty),
            (.literal("\u{200B}\u{301}"), .matchesEmpty),
            (.regex("café"), .neverInText(scalar: "é", normalForm: "e")),
            (.regex("stra[ß]e"), .neverInText(scalar: "ß", normalForm: "ss")),
            (
                .regex("(a"),
                .invalid(message: "Missing close parenthesis for group started at index 0.")
            ),
            (.regex("a(?=b)"), .invalid(message: "Zero-width assertions are not supported.")),
            (.regex("(a)\\1"), .invalid(message: "Back-references are unsupported.")),
            (.regex("a\0b"), .invalid(message: "A NUL cannot stand in it.")),
            (.regex("a.{0,1000}b"), .invalid(message: "Pattern is too large.")),
        ] as [(Pattern.Form, PatternProblem.Kind)]
    )
    func problem(form: Pattern.Form, kind: PatternProblem.Kind) {
        #expect(throws: PatternProblems([.init(pattern: 1, kind: kind)])) {
            _ = try PatternSet(Self.patterns([.literal("fine"), form]))
        }
    }

    @Test("All problems are told at once")
    func problems() {
        #expect(
            throws: PatternProblems([
                .init(pattern: 0, kind: .unbounded), .init(pattern: 2, kind: .matchesEmpty),
            ])
        ) {
            _ = try PatternSet(Self.patterns([.regex("a*b"), .regex("ab"), .literal("")]))
        }
        let large = PatternProblem.Kind.invalid(message: "Pattern is too large.")
        #expect(
            throws: PatternProblems([
                .init(pattern: 0, kind: large), .init(pattern: 2, kind: large),
            ])
        ) {
            let regexes: [Pattern.Form] = [
                .regex("a.{0,1000}b"), .regex("ab"), .regex("c.{0,1000}d"),
            ]
            _ = try PatternSet(Self.patterns(regexes))
        }
    }

    @Test("Upper case in a regex is fine, in any script")
    func upperCase() throws {
        let patterns = try PatternSet(Self.patterns([.regex("БОМ.А"), .regex("BOM[B]")]))
        let run = try WatchedRun(["бомба BoMb"], patterns, violates: { _ in false })
        #expect(run.matches.map(\.pattern) == [0, 1])
    }

    @Test("The longest match counts normalized bytes of the patterns for answers")
    func longestAnswerMatch() throws {
        let patterns = try PatternSet([
            Pattern(behavior: "b", place: .request, form: .literal("a long one for requests")),
            Pattern(behavior: "b", place: .answer, form: .literal("Straße")),
            Pattern(behavior: "b", place: .both, form: .regex("a.?")),
        ])
        #expect(patterns.longestAnswerMatch == 7)
        #expect(try PatternSet([]).longestAnswerMatch == 0)
    }

    @Test("A serialized set finds the same, and is taken for the same patterns only")
    func serialized() throws {
        var list = [
            Pattern(behavior: "b", place: .request, form: .literal("request")),
            Pattern(behavior: "b", place: .answer, form: .regex("an.{0,3}r\\b")),
            Pattern(behavior: "b", place: .both, form: .regex("bo{1,3}th")),
        ]
        let bytes = try PatternSet(list).serialized()
        let text = "a request, an answer, an annular, boooth"
        let loaded = try PatternSet(list, serialized: bytes)
        let runs = try [PatternSet(list), loaded].map {
            try WatchedRun([text], $0, violates: { $0 == 2 })
        }
        #expect(runs[0] == runs[1])
        #expect(runs[0].matches.map(\.pattern) == [1, 2])
        #expect(loaded.longestAnswerMatch == 15)

        #expect(throws: PatternSet.Unusable.otherPatterns) {
            _ = try PatternSet(list.dropLast(), serialized: bytes)
        }
        list[0].place = .both
        #expect(throws: PatternSet.Unusable.otherPatterns) {
            _ = try PatternSet(list, serialized: bytes)
        }
        list[0].place = .request
        list[0].behavior = "c"
        #expect(throws: Never.self) { try PatternSet(list, serialized: bytes) }
    }

    @Test("Damaged bytes are refused")
    func damaged() throws {
        let list = Self.patterns([.literal("a bomb"), .regex("an? bomb{1,4}")])
        let bytes = try PatternSet(list).serialized()
        for count in [0, 1, 20, 60, bytes.count / 2, bytes.count - 1] {
            #expect(throws: PatternSet.Unusable.self) {
                _ = try PatternSet(list, serialized: Array(bytes.prefix(count)))
            }
        }
        #expect(throws: PatternSet.Unusable.damaged) {
            _ = try PatternSet(list, serialized: bytes + [0])
        }
        var generator = SeededGenerator(seed: 4)
        for _ in 0..<200 {
            var other = bytes
            let index = Int.random(in: other.indices, using: &generator)
            other[index] ^= UInt8.random(in: 1...255, using: &generator)
            // Padding may be anything; whatever is taken must work.
            guard let loaded = try? PatternSet(list, serialized: other) else { continue }
            #expect(try WatchedRun(["no such thing"], loaded).outcome == .finished)
        }
    }
}
