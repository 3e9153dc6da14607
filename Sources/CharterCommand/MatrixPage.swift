import CharterDocuments
import CharterEngine

/// The matrix as one self-contained page that a product manager understands, light and dark.
struct MatrixPage {
    private let matrix: PolicyMatrix
    private let documents: PolicyDocuments

    init(_ matrix: PolicyMatrix, _ documents: PolicyDocuments) {
        self.matrix = matrix
        self.documents = documents
    }

    var html: String {
        let charter = documents.policy.charter
        let title = [charter.name ?? charter.file, charter.version].compactMap { $0 }
            .joined(separator: " ")
        let chain = documents.operators.compactMap { $0.layer?.name?.string }.joined(separator: " › ")
        let tiers = Tier.allCases.map(\.rawValue)
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>\(escaped(title)): what the model may do</title>
            <style>\(MatrixPage.style)</style>
            </head>
            <body>
            <header>
            <h1>What the model may do</h1>
            <p>Charter <b>\(escaped(title))</b>\(chain.isEmpty ? "" : ", as set up by <b>\(escaped(chain))</b>").
            Each row is one behavior; its values stand from the most careful to the least.</p>
            <ul class="key">
            <li><span class="value now">on</span> in force now</li>
            <li><span class="value may">on</span> the user may choose it</li>
            <li><span class="value could">on</span> the operator may, the user may not</li>
            <li><span class="value">on</span> out of reach</li>
            </ul>
            </header>
            <main>
            \(tiers.map(section).joined(separator: "\n"))
            </main>
            <footer>Policy \(documents.policy.digest.map { "\($0)" } ?? "")</footer>
            </body>
            </html>
            """
    }

    private static let explanations = [
        "safety": "Comes before everything else.",
        "ethics": "What is owed to people.",
        "guidelines": "Good defaults, most of which somebody may change.",
        "helpfulness": "Being of use: the last tier, and still a tier.",
    ]

    private func section(_ tier: String) -> String {
        let rows = matrix.rows.filter { $0.tier == tier }
        guard !rows.isEmpty else { return "" }
        return """
            <section>
            <h2>\(tier.prefix(1).uppercased() + tier.dropFirst())</h2>
            <p>\(MatrixPage.explanations[tier] ?? "")</p>
            <table>
            <thead><tr><th>Behavior</th><th>Setting</th><th>Set by</th><th>Who may adjust it</th></tr></thead>
            <tbody>
            \(rows.map(row).joined(separator: "\n"))
            </tbody>
            </table>
            </section>
            """
    }

    private func row(_ row: PolicyMatrix.Row) -> String {
        let values = row.values.map { value in
            "<span class=\"value \(kind(of: value, in: row))\">\(escaped(value))</span>"
        }
        let isHardcoded = row.authority == "root"
        return """
            <tr\(isHardcoded ? " class=\"fixed\"" : "")>
            <td><b>\(escaped(row.title))</b><br><code>\(escaped(row.id))</code></td>
            <td class="values">\(values.joined(separator: " "))</td>
            <td>\(row.decidedBy == "root" ? "the charter" : "the \(row.decidedBy)")</td>
            <td>\(escaped(sentence(row)))</td>
            </tr>
            """
    }

    /// What a value is to the reader: in force, or within whose reach.
    private func kind(of value: String, in row: PolicyMatrix.Row) -> String {
        func reaches(_ ceiling: String?) -> Bool {
            guard let ceiling, let top = row.values.firstIndex(of: ceiling),
                let place = row.values.firstIndex(of: value)
            else { return false }
            return place <= top
        }
        if value == row.setting { return "now" }
        if reaches(row.user) { return "may" }
        return reaches(row.operator) ? "could" : ""
    }

    private func sentence(_ row: PolicyMatrix.Row) -> String {
        row.authority == "root" ? "Nobody. It is hardcoded." : row.adjusters
    }

    private func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }

    private static let style = """

        :root { color-scheme: light dark; --text: #1d2129; --dim: #5c6675; --page: #fbfbfa; --line: #dfe2e6;
          --now: #14532d; --now-text: #fff; --may: #d9efe0; --could: #fdf0d0; --card: #fff; }
        @media (prefers-color-scheme: dark) { :root { --text: #e8eaed; --dim: #9aa4b2; --page: #14171c;
          --line: #2c323b; --now: #7ddc9f; --now-text: #0c2415; --may: #1d3f2b; --could: #4a3a12; --card: #1a1e25; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 76rem; padding: 2rem 1.25rem 4rem; background: var(--page);
          color: var(--text); font: 16px/1.5 system-ui, sans-serif; }
        h1 { font-size: 1.8rem; margin: 0 0 .25rem; } h2 { margin: 2.25rem 0 0; font-size: 1.25rem; }
        p { margin: .25rem 0 .75rem; color: var(--dim); } b { color: var(--text); }
        code { color: var(--dim); font-size: .85em; }
        .key { list-style: none; display: flex; flex-wrap: wrap; gap: .5rem 1.5rem; padding: 0; color: var(--dim); }
        table { width: 100%; border-collapse: collapse; background: var(--card); border: 1px solid var(--line); }
        th, td { text-align: left; vertical-align: top; padding: .6rem .75rem; border-top: 1px solid var(--line); }
        th { font-size: .8rem; color: var(--dim); font-weight: 600; }
        .values { white-space: normal; min-width: 12rem; }
        .value { display: inline-block; padding: .05rem .5rem; margin: .1rem 0; border-radius: 1rem;
          border: 1px solid var(--line); color: var(--dim); }
        .value.may { background: var(--may); color: var(--text); }
        .value.could { background: var(--could); color: var(--text); }
        .value.now { background: var(--now); color: var(--now-text); border-color: var(--now); font-weight: 600; }
        footer { margin-top: 2rem; color: var(--dim); font-size: .8rem; overflow-wrap: anywhere; }
        @media (max-width: 46rem) { thead { display: none; } td { display: block; border: 0; padding: .15rem .75rem; }
          tr { display: block; border-top: 1px solid var(--line); padding: .6rem 0; } }

        """
}
