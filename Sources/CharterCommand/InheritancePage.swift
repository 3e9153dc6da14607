import CharterAnalysis
import CharterEngine

/// What an operator sets and inherits, as one self-contained page for a colleague, light and dark.
///
/// Nothing in it is loaded from anywhere, and it runs nothing.
struct InheritancePage {
    private let inheritance: Inheritance

    init(_ inheritance: Inheritance) {
        self.inheritance = inheritance
    }

    var html: String {
        let name = (inheritance.name ?? "the operator").html
        let inherited = inheritance.entries.filter { !$0.isSaid }
        let groups = [
            ("It sets", sets(inheritance.entries.filter(\.isSaid))),
            ("It inherits, and may change", rows(inherited.filter(\.mayOperatorChange))),
            (
                "It inherits, and cannot change",
                rows(inherited.filter { !$0.mayOperatorChange && !$0.isHardcoded })
            ),
            ("It inherits, and nobody may change", rows(inherited.filter(\.isHardcoded))),
            ("Its users may change", users(inheritance.entries.filter(\.mayUserChange))),
            ("Exceptions, as they come due", exceptions),
        ]
        return """
            <!doctype html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <title>What \(name) inherits</title>
            <style>\(MatrixPage.style)
              .scroll { overflow-x: auto; } thead th:nth-child(2) { width: 16%; }
              td p { margin: 0 0 .5rem; } td .why { display: block; color: var(--dim); font-size: .9rem; }</style>
            </head>
            <body>
            <header>
            <h1>What \(name) sets and inherits</h1>
            <p class="lead">\(introduction)</p>
            </header>
            <main>
            \(groups.filter { !$0.1.isEmpty }.map { section($0.0, $0.1) }.joined(separator: "\n"))
            </main>
            </body>
            </html>
            """
    }

    private var introduction: String {
        var text =
            "For somebody of whom nothing is known; what is nearest to the purpose comes first."
        if let purpose = inheritance.purpose { text = "<em>\(purpose.html).</em> " + text }
        if !inheritance.above.isEmpty {
            text +=
                " It stands under <b>\(inheritance.above.map(\.html).joined(separator: "</b>, then <b>"))</b>."
        }
        if let mismatch = inheritance.mismatch {
            text +=
                " It was written for <b>\(mismatch.writtenFor.html)</b> and is used with <b>\(mismatch.used.html)</b>."
        }
        return text
    }

    private func section(_ title: String, _ rows: [[String]]) -> String {
        let body = rows.dropFirst().map { row in
            "<tr>" + row.map { "<td>\($0)</td>" }.joined() + "</tr>"
        }.joined(separator: "\n")
        let head = (rows.first ?? []).map { "<th scope=\"col\">\($0)</th>" }.joined()
        return """
            <h2>\(title) (\(rows.count - 1))</h2>
            <div class="scroll"><table><thead><tr>\(head)</tr></thead><tbody>
            \(body)
            </tbody></table></div>
            """
    }

    private func title(_ entry: Inheritance.Entry) -> String {
        "\(entry.title.html) <code>\(entry.behavior.text.string.html)</code>"
    }

    private func value(_ entry: Inheritance.Entry) -> String {
        "<span class=\"value now\">\(entry.setting.html)</span>"
    }

    private func place(_ origin: Inheritance.Origin) -> String {
        "<code>\(origin.file.html):\(origin.position.line)</code>"
    }

    private func sets(_ entries: [Inheritance.Entry]) -> [[String]] {
        guard !entries.isEmpty else { return [] }
        return [["behavior", "in force for everyone", "the layer says"]]
            + entries.map { entry in
                let said = entry.adjustments.map { said in
                    "<p>" + said.operations.joined(separator: ", ").html
                        + (said.scope.map { " (\($0.html))" } ?? "")
                        + (said.condition.map { " when <code>\($0.html)</code>" } ?? "")
                        + " " + place(said.origin)
                        + (said.notes.reason.map { "<span class=\"why\">\($0.html)</span>" } ?? "")
                        + "</p>"
                }
                return [title(entry), value(entry), said.joined()]
            }
    }

    private func rows(_ entries: [Inheritance.Entry]) -> [[String]] {
        guard !entries.isEmpty else { return [] }
        return [["behavior", "in force", "from"]]
            + entries.map { entry in
                [
                    title(entry), value(entry),
                    (entry.from.layer ?? "the charter").html + " " + place(entry.from),
                ]
            }
    }

    private func users(_ entries: [Inheritance.Entry]) -> [[String]] {
        guard !entries.isEmpty else { return [] }
        return [["behavior", "in force", "users may"]]
            + entries.map { entry in
                let may =
                    entry.userMore.map { entry.isSwitch ? "turn it \($0)" : "have up to \($0)" }
                    ?? "only be more careful"
                return [title(entry), value(entry), may.html]
            }
    }

    private var exceptions: [[String]] {
        guard !inheritance.exceptions.isEmpty else { return [] }
        return [["until", "behavior", "what", "who answers for it"]]
            + inheritance.exceptions.map { exception in
                let notes = exception.said.notes
                return [
                    exception.until?.date ?? "no end",
                    "<code>\(exception.behavior.text.string.html)</code>",
                    exception.said.operations.joined(separator: ", ").html + " "
                        + place(exception.said.origin),
                    [notes.owner, notes.ticket].compactMap { $0 }.joined(separator: ", ").html,
                ]
            }
    }
}
