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
public struct DiagnosticText: Sendable {
    /// Whether to color by ANSI sequences: on a terminal alone, which the caller knows.
    public var isColored: Bool
    /// The most columns of a line of the document; of a longer one a part is shown.
    public var width: Int

    public init(isColored: Bool = false, width: Int = 100) {
        self.isColored = isColored
        self.width = max(20, width)
    }

    /// All of them, an empty line behind each, and the summary; empty where there are none.
    public func text(_ diagnostics: [Diagnostic]) -> String {
        guard !diagnostics.isEmpty else { return "" }
        return diagnostics.map { text($0) + "\n" }.joined()
            + DiagnosticText.summary(of: diagnostics) + "\n"
    }

    /// How many there are of each severity, worst first, such as `2 errors, 1 warning`.
    public static func summary(of diagnostics: [Diagnostic]) -> String {
        let counts = [Diagnostic.Severity.error, .warning, .note].compactMap {
            severity -> String? in
            let count = diagnostics.count { $0.severity == severity }
            guard count > 0 else { return nil }
            return "\(count) \(severity.rawValue)\(count == 1 ? "" : "s")"
        }
        return counts.isEmpty ? "nothing found" : counts.joined(separator: ", ")
    }

    /// One diagnostic, each line with its end.
    public func text(_ diagnostic: Diagnostic) -> String {
        let style = Style(diagnostic.severity)
        let position = diagnostic.position
        let number = position.line > 0 ? String(position.line) : ""
        let margin = String(repeating: " ", count: number.count + 2)
        var lines = [
            paint("\(diagnostic.severity.rawValue)[\(diagnostic.id)]", style)
                + paint(": " + TextWidth.visible(diagnostic.message), .strong)
        ]
        let place = position.line > 0 ? ":\(position.line):\(position.column)" : ""
        lines.append(
            margin.dropLast() + paint("--> ", .margin) + TextWidth.visible(diagnostic.file) + place)
        if position.line > 0 {
            let start = position.column - diagnostic.lineStart
            let line = UnderlinedLine(
                diagnostic.line, meant: start..<(start + diagnostic.length), width: width,
                hasMore: diagnostic.lineStart > 1)
            let marks = String(repeating: "^", count: line.length)
            lines.append(paint("\(margin)|", .margin))
            lines.append(paint(" \(number) | ", .margin) + line.text)
            lines.append(
                paint("\(margin)| ", .margin) + String(repeating: " ", count: line.indent)
                    + paint(marks, style))
        }
        for (name, text) in [("why", diagnostic.reason), ("help", diagnostic.help)] {
            guard let text else { continue }
            lines.append(
                paint("\(margin)= ", .margin) + paint("\(name): ", .strong)
                    + TextWidth.visible(text))
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private enum Style: String {
        case error = "1;31"
        case warning = "1;33"
        case note = "1;36"
        case margin = "1;34"
        case strong = "1"

        init(_ severity: Diagnostic.Severity) {
            switch severity {
            case .error: self = .error
            case .warning: self = .warning
            case .note: self = .note
            }
        }
    }

    private func paint(_ text: String, _ style: Style) -> String {
        isColored ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}
