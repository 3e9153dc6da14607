public import CharterEngine
public import CharterDocuments

/// `NAME.patterns.yaml`: what to look for in text, beside the charter `NAME.md`.
///
/// A list of maps: `behavior`; `in` (`request`, `answer` or `both`; unsaid `both`); `literal` or
/// `regex`; `value`; `asked` and `triggered` (unsaid `false`). Its errors are `patterns.syntax`,
/// `.unknown-key`, `.duplicate-key`, `.bad-value`, `.unknown-behavior`, `.unknown-value`,
/// `.bad-regex`, `.unbounded`; its warnings `.no-effect`.
public struct PatternsDocument: Sendable {
    /// The document that it was read from.
    public let source: SourceText
    /// In the order of the document.
    public let patterns: [Pattern]
    /// Where the literal or regex of each pattern stands, in bytes.
    let forms: [Range<Int>]

    /// Reads patterns for a charter, without compiling; all that is wrong at once.
    public static func read(
        _ source: SourceText,
        for charter: Charter
    ) -> Reading<PatternsDocument> {
        if let bound = source.bounds(area: "patterns") {
            return Reading(value: nil, diagnostics: [bound])
        }
        var reader = PatternsReader(source, charter)
        let document = reader.read()
        return Reading(value: document, diagnostics: reader.findings.diagnostics)
    }

    /// Compiles the patterns, or loads what ``PatternSet/serialized()`` wrote for them.
    ///
    /// Where `serialized` is not of these patterns, or not of this machine, it is not used.
    public func compile() -> Reading<PatternSet> {
        do throws(PatternProblems) {
            return Reading(value: try PatternSet(patterns), diagnostics: [])
        } catch {
            var findings = Findings(source)
            for problem in error.problems {
                findings.add(problem, at: problem.pattern.map { forms[$0] } ?? 0..<1)
            }
            return Reading(value: nil, diagnostics: findings.diagnostics)
        }
    }
}

extension Findings {
    /// What is wrong with a pattern's literal or regex.
    mutating func add(_ problem: PatternProblem, at range: Range<Int>) {
        let window = "an answer is held back as long as the longest match, so that none gets out"
        switch problem.kind {
        case .invalid(let message):
            add(
                "patterns.bad-regex",
                at: range,
                "this regex cannot be used: `\(message)`",
                reason: "the dialect is Vectorscan's: PCRE without look-around and back-references"
            )
        case .matchesEmpty:
            add(
                "patterns.bad-regex",
                at: range,
                "this matches where there is nothing",
                reason: "it would be found in every text",
                help: "let a match have one letter at least"
            )
        case .unbounded:
            add(
                "patterns.unbounded",
                at: range,
                "a match can be of any length",
                reason: window,
                help: "say how often at most: `{1,20}` in place of `+`, `{0,20}` in place of `*`"
            )
        case .tooWide(let bytes):
            add(
                "patterns.unbounded",
                at: range,
                "a match can have \(bytes) bytes",
                reason: window,
                help: "allow \(PatternSet.longestWidth) bytes at most; a `.` may have four"
            )
        case .neverInText(let scalar, let normalForm):
            add(
                "patterns.bad-regex",
                at: range,
                "`\(scalar)` never stands in the text that is searched",
                reason: "there case is folded, and accents and what is invisible are dropped",
                help: normalForm.isEmpty ? "leave it out" : "write `\(normalForm)`"
            )
        }
    }
}
