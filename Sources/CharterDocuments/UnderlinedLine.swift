/// A line of a document as a terminal shows it, with the columns that are meant.
struct UnderlinedLine {
    /// The line, or a part of it between `…`.
    private(set) var text = ""
    /// The columns before what is meant.
    private(set) var indent = 0
    /// The columns that are meant; at least 1.
    private(set) var length = 1

    /// How a tab is shown.
    private static let tab = "    "

    /// - Parameters:
    ///   - width: the most columns that are shown.
    ///   - hasMore: whether the line begins before `line`.
    init(_ line: String, meant: Range<Int>, width: Int, hasMore: Bool = false) {
        let cells = UnderlinedLine.cells(line)
        let columns = cells.reduce(0) { $0 + $1.columns }
        let before = cells.prefix { $0.bytes.upperBound <= meant.lowerBound }
        let first = before.count
        let last = max(
            first + 1,
            cells.lastIndex { $0.bytes.lowerBound < meant.upperBound }.map { $0 + 1 } ?? 0)
        var window = cells.indices
        if columns > width { window = UnderlinedLine.window(of: cells, around: first, width) }
        let isCut = (start: hasMore || window.lowerBound > 0, end: window.upperBound < cells.count)
        text =
            (isCut.start ? "…" : "") + cells[window].map(\.text).joined() + (isCut.end ? "…" : "")
        indent =
            (isCut.start ? 1 : 0)
            + cells[window.clamped(to: 0..<first)].reduce(0) { $0 + $1.columns }
        let meantCells = window.clamped(to: min(first, cells.count)..<min(last, cells.count))
        length = max(1, cells[meantCells].reduce(0) { $0 + $1.columns })
    }

    /// A character with its columns, and its bytes in the line.
    private struct Cell {
        var text: String
        var columns: Int
        var bytes: Range<Int>
    }

    private static func cells(_ line: String) -> [Cell] {
        var offset = 0
        return line.map { character in
            let bytes = offset..<(offset + character.utf8.count)
            offset = bytes.upperBound
            let text = character == "\t" ? tab : TextWidth.visible(String(character))
            return Cell(text: text, columns: TextWidth.columns(of: text), bytes: bytes)
        }
    }

    /// The cells that fit in `width`, a third of them before `first`.
    private static func window(of cells: [Cell], around first: Int, _ width: Int) -> Range<Int> {
        var start = min(first, cells.count)
        var used = 0
        while start > 0, used + cells[start - 1].columns <= width / 3 {
            start -= 1
            used += cells[start].columns
        }
        var end = min(first, cells.count)
        while end < cells.count, used + cells[end].columns <= width {
            used += cells[end].columns
            end += 1
        }
        while start > 0, used + cells[start - 1].columns <= width {
            start -= 1
            used += cells[start].columns
        }
        return start..<end
    }
}
