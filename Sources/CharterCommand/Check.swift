import ArgumentParser
import CharterDocuments
import CharterServer

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Checks charters, layers and what stands beside them.",
        discussion: """
            By their names: `.md` is a charter, `.test.yaml` policy tests,
            `.patterns.yaml` and `.replies.yaml` stand beside a charter, `charter.yaml`
            sets up the server, and any other `.yaml` is a layer. A layer is checked
            against --charter, else the first charter among the files, else the
            standard charter. Errors and warnings make the exit code 1.
            """)

    @Argument(help: ArgumentHelp("The documents.", valueName: "file"))
    var files: [String]

    @Option(help: ArgumentHelp("The charter that layers are checked against.", valueName: "file"))
    var charter: String?

    @Flag(help: "Shows notes, too: what may surprise.")
    var notes = false

    @Option(help: "How to write it.")
    var format = OutputFormat.text

    func run() throws {
        var check = try DocumentCheck(charter: charter, among: files)
        for file in files { try check.add(file) }
        let shown = check.diagnostics.filter { notes || $0.severity > .note }
        switch format {
        case .json: print(DiagnosticText.json(shown))
        case .text: report(check, shown)
        }
        if shown.contains(where: { $0.severity > .note }) { throw ExitCode.findings }
    }

    private func report(_ check: DocumentCheck, _ shown: [Diagnostic]) {
        for summary in check.summaries { print(summary) }
        if !shown.isEmpty {
            if !check.summaries.isEmpty { print() }
            print(DiagnosticText.render(shown, isColored: Output.isTerminal))
        }
        let hidden = check.diagnostics.count - shown.count
        let told = shown.isEmpty ? "no errors, no warnings" : DiagnosticText.summary(shown)
        print(told + (hidden == 0 ? "" : ", \(hidden) note\(hidden == 1 ? "" : "s") (--notes)"))
    }
}
