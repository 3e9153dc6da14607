/// What some layers say of all behaviors: the part of a policy that it has for itself, or shares.
///
/// All of it stands in one run of words, section behind section: there may be a million operators,
/// and each allocation of their own would cost them fifty bytes. By behavior, then in the order of the
/// fold: the adjustments; then their targets, their conditions' instructions and constants (two
/// words each), where each behavior's adjustments begin, each one's line and column, and the scopes.
struct StepTable: Sendable {
    private let words: [UInt64]
    private let targetsStart: UInt32
    private let instructionsStart: UInt32
    private let constantsStart: UInt32
    private let begins: Row
    private let linesStart: UInt32
    private let columnsStart: UInt32
    private let scopesStart: UInt32
    private let scopeCount: UInt16
    let annex: Annex?

    /// What few tables have, kept apart.
    final class Annex: Sendable {
        /// By adjustment.
        let notes: [Int: Adjustment.Notes]
        /// Where a line or a column is too large for the table's rows.
        let farPositions: [Int: SourcePosition]
        let presumptions: [ConditionPrograms.Presumption]
        let texts: [Text]
        let instants: [Instant]

        fileprivate init(
            _ notes: [Int: Adjustment.Notes], _ farPositions: [Int: SourcePosition],
            _ programs: ConditionPrograms
        ) {
            self.notes = notes
            self.farPositions = farPositions
            presumptions = programs.presumptions.trimmed
            texts = programs.texts.trimmed
            instants = programs.instants.trimmed
        }
    }

    /// Where a row of small numbers begins; each has 2 to the power of `shift` bits.
    private struct Row {
        var start: UInt32 = 0
        var shift: UInt8 = 3
    }

    /// The most adjustments of a table.
    static let mostAdjustments = 60_000

    /// A table in which nothing is said.
    init() {
        self.init([], [], [], ConditionPrograms(), behaviors: 0)
    }

    /// An adjustment on its way into a table.
    struct Draft {
        var behavior: Int
        var adjustment: PackedAdjustment
        var position: SourcePosition
        var notes: Adjustment.Notes
    }

    /// Sorts drafts, which come in the order of the scopes, by behavior.
    init(
        _ drafts: [Draft], _ targets: [AdjustmentTarget], _ scopes: [PolicyScope],
        _ programs: ConditionPrograms, behaviors: Int
    ) {
        var next = [Int](repeating: 0, count: behaviors + 1)
        for draft in drafts { next[draft.behavior + 1] += 1 }
        for place in next.indices.dropFirst() { next[place] += next[place - 1] }
        let begins = next
        var order = [Int](repeating: 0, count: drafts.count)
        for (place, draft) in drafts.enumerated() {
            order[next[draft.behavior]] = place
            next[draft.behavior] += 1
        }
        var sections = Sections(
            words: drafts.count * 2 + targets.count + programs.instructions.count
                + programs.constants.count * 2 + behaviors / 4 + scopes.count + 8)
        for place in order { sections.words.append(drafts[place].adjustment.word) }
        targetsStart = sections.end
        for target in targets { sections.words.append(target.word) }
        instructionsStart = sections.end
        for instruction in programs.instructions { sections.words.append(instruction.word) }
        constantsStart = sections.end
        for constant in programs.constants {
            sections.words.append(UInt64(constant.kind.rawValue))
            sections.words.append(constant.bits)
        }
        self.begins = Row(start: sections.end, shift: drafts.count < 1 << 8 ? 3 : 4)
        if !drafts.isEmpty { sections.append(row: begins, shift: self.begins.shift) }
        var farPositions: [Int: SourcePosition] = [:]
        var notes: [Int: Adjustment.Notes] = [:]
        var lines: [Int] = []
        var columns: [Int] = []
        lines.reserveCapacity(drafts.count)
        columns.reserveCapacity(drafts.count)
        for (place, draft) in order.lazy.map({ drafts[$0] }).enumerated() {
            let position = draft.position
            let isNear =
                (0..<1 << 16).contains(position.line) && (0..<1 << 8).contains(position.column)
            if !isNear { farPositions[place] = position }
            lines.append(isNear ? position.line : 0)
            columns.append(isNear ? position.column : 0)
            if !draft.notes.isEmpty { notes[place] = draft.notes }
        }
        linesStart = sections.end
        sections.append(row: lines, shift: 4)
        columnsStart = sections.end
        sections.append(row: columns, shift: 3)
        scopesStart = sections.end
        sections.append(row: scopes.map(\.packed), shift: 5)
        scopeCount = UInt16(clamping: scopes.count)
        words = sections.words.trimmed
        annex =
            notes.isEmpty && farPositions.isEmpty && programs.hasNoAnnex
            ? nil : Annex(notes, farPositions, programs)
    }

    /// The words of a table in the making.
    private struct Sections {
        var words: [UInt64] = []

        init(words count: Int) {
            words.reserveCapacity(count)
        }

        var end: UInt32 { UInt32(clamping: words.count) }

        mutating func append(row numbers: [Int], shift: UInt8) {
            let perWord = 64 >> Int(shift)
            var place = 0
            while place < numbers.count {
                var word: UInt64 = 0
                for lane in 0..<min(perWord, numbers.count - place) {
                    word |= UInt64(numbers[place + lane]) << UInt64(lane << Int(shift))
                }
                words.append(word)
                place += perWord
            }
        }
    }

    // MARK: Reading

    /// The places of a behavior's adjustments.
    @inline(__always)
    func range(_ behavior: Int) -> Range<Int> {
        guard targetsStart != 0 else { return 0..<0 }
        let (lower, upper) = (number(behavior, begins), number(behavior &+ 1, begins))
        return Range(uncheckedBounds: (lower, upper))
    }

    @inline(__always)
    func adjustment(_ place: Int) -> PackedAdjustment { PackedAdjustment(word: words[place]) }

    @inline(__always)
    func target(_ place: Int) -> AdjustmentTarget {
        AdjustmentTarget(word: words[Int(targetsStart) &+ place])
    }

    @inline(__always)
    func target(of adjustment: PackedAdjustment) -> AdjustmentTarget { target(adjustment.target) }

    var targetCount: Int { Int(instructionsStart - targetsStart) }

    @inline(__always)
    func instruction(_ place: Int) -> ConditionInstruction {
        ConditionInstruction(word: words[Int(instructionsStart) &+ place])
    }

    @inline(__always)
    func constant(_ place: Int) -> Cell {
        let start = Int(constantsStart) &+ place &* 2
        return Cell(
            Cell.Kind(rawValue: UInt8(truncatingIfNeeded: words[start])) ?? .absent,
            words[start &+ 1])
    }

    func position(_ place: Int) -> SourcePosition {
        annex?.farPositions[place]
            ?? SourcePosition(
                line: number(place, Row(start: linesStart, shift: 4)),
                column: number(place, Row(start: columnsStart, shift: 3)))
    }

    func notes(_ place: Int) -> Adjustment.Notes { annex?.notes[place] ?? Adjustment.Notes() }

    /// The scopes that this table's layers make, in order.
    var scopes: [PolicyScope] {
        (0..<Int(scopeCount)).map {
            PolicyScope(packed: number($0, Row(start: scopesStart, shift: 5)))
        }
    }

    @inline(__always)
    private func number(_ place: Int, _ row: Row) -> Int {
        let bit = place &<< Int(row.shift)
        let word = words[Int(row.start) &+ bit &>> 6] &>> UInt64(bit & 63)
        return Int(truncatingIfNeeded: word & (1 &<< (1 &<< UInt64(row.shift)) &- 1))
    }
}

/// A scope of a policy: where adjustments stand side by side, and which document they are from.
struct PolicyScope: Sendable {
    var scope: Scope
    /// The actor's place in the chain.
    var actor: UInt8
    /// The place of its source among the sources.
    var source: UInt16

    init(_ scope: Scope, actor: UInt8, source: UInt16) {
        self.scope = scope
        self.actor = actor
        self.source = source
    }

    /// A layer or template.
    struct Source: Sendable {
        var layer: Text?
        var file: String
    }

    fileprivate var packed: Int {
        let kind = Scope.allCases.firstIndex(of: scope) ?? 0
        return kind | Int(actor) << 8 | Int(source) << 16
    }

    fileprivate init(packed: Int) {
        scope = Scope.allCases[packed & 0xFF]
        actor = UInt8(packed >> 8 & 0xFF)
        source = UInt16(packed >> 16)
    }
}

extension Array {
    /// The same in no more memory than it needs: what is compiled stays, by the hundred thousand.
    var trimmed: [Element] { capacity == count ? self : withUnsafeBufferPointer { Array($0) } }
}
