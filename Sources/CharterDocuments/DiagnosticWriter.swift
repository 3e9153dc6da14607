internal import CharterEngine

/// Writes diagnostics for programs: a JSON list of
/// `{id, severity, file, line, column, length, message, reason, help}`.
public enum DiagnosticWriter {
    /// The list; `reason` and `help` are null where there is none.
    public static func json(_ diagnostics: [Diagnostic]) -> String {
        var writer = JSONWriter()
        write(diagnostics, to: &writer)
        return writer.text
    }

    /// Writes the list, as a value of a larger text.
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
}
