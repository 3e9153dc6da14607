import CVectorscan

/// The patterns for one kind of text as one automaton.
final class Automaton: Sendable {
    /// Tells the ends of matches in a stream; nil where there is no pattern.
    let ends: Database?
    /// Tells the starts in a block: it has those patterns only whose matches differ in length, and
    /// is asked on a hit alone, as keeping track of starts makes a scan forty times as slow.
    let starts: Database?
    /// By the pattern's index in the whole set, also of those that are not in here.
    let expressions: [Expression]
    /// The longest match, in normalized bytes.
    let longest: Int
    /// How many bytes must follow the end of a match before all matches with that end are told.
    ///
    /// `\b` and `$` look at what follows: where any pattern has them two scalars, the one that it
    /// looks at, and one more, so that the first is not taken for a last line break (before which
    /// `$` matches too) when starts are looked for.
    let lookahead: Int

    /// How far behind the end of what has been scanned a match that is not known yet may begin.
    var window: Int { longest + lookahead }
    /// How much is kept: the window and, before it, a scalar for `\b` to look back at.
    var kept: Int { window + 2 * Self.longestScalar }

    static let longestScalar = 4

    /// Puts together what has been compiled of the patterns with the indices `members`.
    init(
        members: [Int],
        expressions: [Expression],
        ends: Database?,
        starts: Database?
    ) {
        self.expressions = expressions
        self.ends = ends
        self.starts = starts
        longest = members.map { expressions[$0].widths.upperBound }.max() ?? 0
        lookahead =
            members.contains { expressions[$0].looksAhead } ? 2 * Self.longestScalar : 0
    }

    /// Compiles the patterns with the indices `members`.
    convenience init(
        compiling members: [Int],
        of expressions: [Expression],
        for text: PatternSet.Text
    ) throws(Database.Failure) {
        let all = members.map { (id: $0, expression: expressions[$0]) }
        let varying = all.filter { Self.needsStarts($0.expression, for: text) }
        let ends = all.isEmpty ? nil : try Database(all, mode: HS_MODE_STREAM)
        let starts =
            varying.isEmpty
            ? nil
            : try Database(varying, mode: HS_MODE_BLOCK, flags: UInt32(HS_FLAG_SOM_LEFTMOST))
        self.init(members: members, expressions: expressions, ends: ends, starts: starts)
    }

    static func needsStarts(_ expression: Expression, for text: PatternSet.Text) -> Bool {
        (text == .answer || expression.isReplaced) && expression.widths.count > 1
    }
}
