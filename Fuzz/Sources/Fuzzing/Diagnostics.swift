public import CharterDocuments
internal import CharterEngine

/// Each diagnostic points into the document that it names, and all of them can be shown.
public func checkPlaces(of diagnostics: [Diagnostic], in sources: [SourceText]) {
    for diagnostic in diagnostics {
        let source = required(
            sources.first { $0.file == diagnostic.file }, "\(diagnostic.file): \(diagnostic)")
        let position = diagnostic.position
        check((1...source.lineCount).contains(position.line), "\(diagnostic)")
        let columns = source.line(position.line).count + 2
        check((1...columns).contains(position.column), "\(diagnostic)")
        check(diagnostic.length >= 1, "\(diagnostic)")
    }
    _ = DiagnosticText.render(diagnostics)
    _ = readJSON(DiagnosticText.json(diagnostics))
}

/// What somebody of ours has written as JSON is JSON.
@discardableResult
public func readJSON(_ text: String) -> JSONValue {
    required(try? JSONDocument(Array(text.utf8)), "JSON in \(text)").root
}

/// As the text.
@discardableResult
public func readJSON(_ bytes: [UInt8]) -> JSONValue {
    required(try? JSONDocument(bytes), "JSON in \(String(decoding: bytes, as: UTF8.self))").root
}
