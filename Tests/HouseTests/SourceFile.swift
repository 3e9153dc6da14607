import Foundation

/// A Swift file of Sources/, as lines.
struct SourceFile {
    /// Its path from the root of the package.
    let name: String
    let lines: [Substring]

    static let root = URL(filePath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    static let sources = root.appending(path: "Sources")

    /// Every file of a part, in the order of their names.
    static func all(of part: String) throws -> [SourceFile] {
        let folder = FileManager.default.enumerator(
            at: sources.appending(path: part),
            includingPropertiesForKeys: nil
        )
        return try (folder?.allObjects as? [URL] ?? [])
            .filter { $0.pathExtension == "swift" }
            .sorted { $0.path < $1.path }
            .map { url in
                let text = try String(contentsOf: url, encoding: .utf8)
                return SourceFile(
                    name: String(url.path.dropFirst(root.path.count + 1)),
                    lines: text.split(separator: "\n", omittingEmptySubsequences: false)
                )
            }
    }

    /// The lines that hold one of these words, without their comments and without what stands in
    /// simple strings, numbered from 1.
    func code(with words: [String]) -> [(text: String, number: Int)] {
        zip(lines, 1...).compactMap { line, number in
            // Few lines have one, and only those are worth the expression.
            guard words.contains(where: line.contains) else { return nil }
            let bare = line.replacing(/"(\\.|[^"\\])*"/, with: "\"\"")
            let parts = bare.split(separator: "//", omittingEmptySubsequences: false)
            return (parts.first.map(String.init) ?? "", number)
        }
    }

    /// The modules that it imports, and where.
    var imports: [(module: String, line: Int)] {
        code(with: ["import "]).compactMap { text, number in
            let words = text.split(separator: " ")
            guard let place = words.firstIndex(of: "import"),
                words[..<place].allSatisfy({ Self.beforeImport.contains($0) || $0.hasPrefix("@") })
            else { return nil }
            // `import struct Module.Name` names the module first too.
            let kinds: Set<Substring> = [
                "struct", "class", "enum", "protocol", "func", "var", "let", "typealias",
            ]
            let module = words[(place + 1)...].first { !kinds.contains($0) }
            return module.map { (String($0.prefix { $0 != "." }), number) }
        }
    }

    private static let beforeImport: Set<Substring> = [
        "public", "package", "internal", "private", "fileprivate",
    ]
}
