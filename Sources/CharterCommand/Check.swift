import ArgumentParser
import CharterDetection
import CharterDocuments
import CharterEngine
import CharterServer
import Foundation

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks charters, layers and tests: errors, warnings and, on demand, notes.",
        discussion: """
            A charter is a `.md` file, a layer a `.yaml` file. Layers are checked against --charter, else \
            the first charter among the files, else the standard charter. Exit code 1: something was found.
            """)

    @Argument(help: "The documents.")
    var files: [String]

    @Option(help: "The charter that layers are checked against.")
    var charter: String?

    @Flag(help: "Show notes, too: what may surprise.")
    var notes = false

    @Option(help: "text or json.")
    var format = OutputFormat.text

    func run() throws {
        var diagnostics: [Diagnostic] = []
        var summaries: [String] = []
        let charterPath = charter ?? files.first { $0.hasSuffix(".md") }
        let policyFiles = PolicyFiles(charterPath: charterPath)
        do {
            let base = CharterDocument.read(try policyFiles.charterSource())
            for file in files where file.hasSuffix(".md") {
                let reading = CharterDocument.read(try PolicyFiles.source(file))
                diagnostics += reading.diagnostics
                guard let document = reading.value else { continue }
                diagnostics += document.doubts
                summaries.append(Check.summary(document))
            }
            for file in files where !file.hasSuffix(".md") {
                diagnostics += try Check.check(file, policyFiles, base)
            }
        } catch let error as FileError {
            Output.error("charter: \(error)")
            throw ExitCode.input
        }
        // What is wrong with a template is told by each layer that extends it.
        var told: Set<Diagnostic> = []
        diagnostics.removeAll { !told.insert($0).inserted }
        report(diagnostics, summaries)
        if diagnostics.contains(where: { $0.severity > .note }) { throw ExitCode.findings }
    }

    private func report(_ diagnostics: [Diagnostic], _ summaries: [String]) {
        let shown = diagnostics.filter { notes || $0.severity > .note }
        if format == .json {
            print(DiagnosticText.json(shown))
            return
        }
        for summary in summaries { print(summary) }
        if !shown.isEmpty { print(DiagnosticText.render(shown, isColored: Output.isTerminal)) }
        print(DiagnosticText.summary(diagnostics))
    }

    private static func check(
        _ file: String, _ files: PolicyFiles, _ base: Reading<CharterDocument>
    ) throws -> [Diagnostic] {
        guard let charter = base.value else { return base.diagnostics }
        let source = try PolicyFiles.source(file)
        if file.hasSuffix(".test.yaml") { return PolicyTestDocument.read(source).diagnostics }
        if file.hasSuffix(".replies.yaml") {
            return Replies.read(source, charter.charter).diagnostics
        }
        if file.hasSuffix(".patterns.yaml") {
            return PatternsDocument.read(source, for: charter.charter).diagnostics
        }
        if URL(filePath: file).lastPathComponent == "charter.yaml" {
            return Settings.read(source, environment: ProcessInfo.processInfo.environment)
                .diagnostics
        }
        switch LayerHeader(source).level {
        case .user:
            let reading = LayerDocument.read(
                source, in: .init(charter: charter.charter, level: .user),
                templates: { files.find($0, beside: file) })
            return reading.diagnostics + (reading.value?.doubts(in: charter.charter) ?? [])
        case .platform: return told(try files.read(charter, platform: file), of: file)
        case .root, .operator: return told(try files.read(charter, innermost: file), of: file)
        }
    }

    /// Of other documents, templates and layers above, the errors alone: they keep this one from
    /// being compiled.
    private static func told(
        _ reading: Reading<PolicyDocuments>, of file: String
    ) -> [Diagnostic] {
        (reading.diagnostics + (reading.value?.doubts ?? []))
            .filter { $0.file == file || $0.severity == .error }
    }

    private static func summary(_ document: CharterDocument) -> String {
        let counts = document.counts
        return "\(document.source.file): \(counts.sections) sections, "
            + "\(counts.behaviors) behaviors, \(counts.authorities) authorities, "
            + "\(counts.examples) examples, \(counts.comparisons) comparisons, \(counts.links) links"
    }
}
