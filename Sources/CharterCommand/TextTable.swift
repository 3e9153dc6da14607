/// Columns of equal width, two spaces apart.
struct TextTable {
    private let rows: [[String]]
    private let widths: [Int]

    /// Rows may have fewer cells than others; the last cell of such a row reaches to the end.
    init(_ rows: [[String]]) {
        self.rows = rows
        let columns = rows.map(\.count).max() ?? 0
        widths = (0..<columns).map { column in
            rows.filter { column < $0.count - ($0.count < columns ? 1 : 0) }
                .map { $0[column].count }.max() ?? 0
        }
    }

    var lines: [String] {
        rows.map { row in
            let cells = zip(row, widths).enumerated().map { column, entry in
                let (cell, width) = entry
                guard column < row.count - 1 else { return cell }
                return cell + String(repeating: " ", count: width - cell.count)
            }
            return cells.joined(separator: "  ").trimmedEnd
        }
    }
}

extension String {
    fileprivate var trimmedEnd: String {
        String(reversed().drop { $0 == " " }.reversed())
    }
}
