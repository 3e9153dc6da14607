internal import CharterEngine

/// Writes diagnostics for people: what, where with the line underlined, why, and what to write.
///
/// ```
/// error[layer.unknown-behavior]: the charter has no behavior `profanities`
///   --> clinic.yaml:3:3
///    |
///  3 |   profanities: on
///    |   ^^^^^^^^^^^
///    = help: did you mean `profanity`?
/// ```
public enum DiagnosticText {
    /// All of them, with an empty line between two.
    ///
    /// - Parameters:
    ///   - isColored: whether to color by ANSI sequences: on a terminal alone, which the caller knows.
    ///   - width: the most columns of a line of the document; of a longer one a part is shown.
    public static func render(
        _ diagnostics: [Diagnostic], isColored: Bool = false, width: Int = 100
    ) -> String {
        let paint = Paint(isColored: isColored)
        return diagnostics.map { lines($0, paint, max(20, width)).joined() }.joined(separator: "\n")
    }

    /// How many there are of each severity, worst first, such as `2 errors, 1 warning`.
    public static func summary(_ diagnostics: [Diagnostic]) -> String {
        let counts = [Diagnostic.Severity.error, .warning, .note].compactMap {
            severity -> String? in
            let count = diagnostics.count { $0.severity == severity }
            guard count > 0 else { return nil }
            return "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
        }
        return counts.isEmpty ? "nothing found" : counts.joined(separator: ", ")
    }

    /// A JSON list of `{id, severity, file, line, column, length, message, reason, help}`; `reason`
    /// and `help` are null where there is none.
    public static func json(_ diagnostics: [Diagnostic]) -> String {
        var writer = JSONWriter()
        write(diagnostics, to: &writer)
        return writer.text
    }

    /// Writes that list as a value of a larger text.
    public static func write(_ diagnostics: [Diagnostic], to writer: inout JSONWriter) {
        writer.list { writer in
            for diagnostic in diagnostics {
                writer.object { writer in
                    writer.member("id", diagnostic.id)
                    writer.member("severity", diagnostic.severity.rawValue)
                    writer.member("file", diagnostic.file)
                    writer.member("line", diagnostic.position.line)
                    writer.member("column", diagnostic.position.column)
                    writer.member("length", diagnostic.length)
                    writer.member("message", diagnostic.message)
                    writer.member("reason", diagnostic.reason)
                    writer.member("help", diagnostic.help)
                }
            }
        }
    }

    /// One diagnostic, each line with its end.
    private static func lines(_ diagnostic: Diagnostic, _ paint: Paint, _ width: Int) -> [String] {
        let severity = diagnostic.severity
        let position = diagnostic.position
        let number = position.line > 0 ? String(position.line) : ""
        let margin = String(repeating: " ", count: number.count + 2)
        let place = position.line > 0 ? ":\(position.line):\(position.column)" : ""
        var lines = [
            paint.severity("\(severity.rawValue)[\(diagnostic.id)]", severity)
                + paint.strong(": " + TextWidth.visible(diagnostic.message)),
            margin.dropLast() + paint.margin("--> ") + TextWidth.visible(diagnostic.file) + place,
        ]
        if position.line > 0, let line = diagnostic.line {
            let start = position.column - diagnostic.lineStart
            let line = UnderlinedLine(
                line, meant: start..<(start + diagnostic.length), width: width,
                hasMore: diagnostic.lineStart > 1)
            let marks = String(repeating: "^", count: line.length)
            lines.append(paint.margin(margin + "|"))
            lines.append(paint.margin(" \(number) | ") + line.text)
            lines.append(
                paint.margin(margin + "| ") + String(repeating: " ", count: line.indent)
                    + paint.severity(marks, severity))
        }
        for (name, text) in [("why", diagnostic.reason), ("help", diagnostic.help)] {
            guard let text else { continue }
            lines.append(
                paint.margin(margin + "= ") + paint.strong(name + ": ") + TextWidth.visible(text))
        }
        return lines.map { $0 + "\n" }
    }
}

/// Colors of a terminal, or none.
private struct Paint {
    let isColored: Bool

    func severity(_ text: String, _ severity: Diagnostic.Severity) -> String {
        switch severity {
        case .error: paint(text, "1;31")
        case .warning: paint(text, "1;33")
        case .note: paint(text, "1;36")
        }
    }

    func margin(_ text: String) -> String { paint(text, "1;34") }

    func strong(_ text: String) -> String { paint(text, "1") }

    private func paint(_ text: String, _ code: String) -> String {
        isColored ? "\u{1B}[\(code)m\(text)\u{1B}[0m" : text
    }
}
