import ArgumentParser
import CharterAnalysis
import CharterDocuments
import CharterEngine
import CharterServer
import Foundation

struct Init: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Begins an operator's layer with its tests, on the standard charter.",
        usage: "charter init [<options>] <name>",
        discussion: """
            Writes NAME.yaml and NAME.test.yaml, then shows what the layer inherits. What is not \
            said is asked for on a terminal.
            """)

    @Argument(help: ArgumentHelp("The operator's name, such as `my_shop`.", valueName: "name"))
    var name: String

    @Option(
        help: ArgumentHelp(
            "A template to extend: \(PolicyFiles.standardTemplates.keys.sorted().joined(separator: ", ")); `none` for none.",
            valueName: "template"))
    var template: String?

    @Option(help: ArgumentHelp("What the product is for, in a sentence.", valueName: "text"))
    var purpose: String?

    @Option(help: ArgumentHelp("Where to write; unsaid: here.", valueName: "folder"))
    var directory = "."

    func run() throws {
        guard BehaviorID(Text(name)).isWellFormed else {
            throw UsageError(
                "\(name): a name is of a to z, 0 to 9 and `_`, and begins with a letter")
        }
        let purpose = self.purpose ?? Init.ask("What is it for, in a sentence?")
        let template = try chosenTemplate()
        let layerFile = "\(directory)/\(name).yaml"
        let testFile = "\(directory)/\(name).test.yaml"
        try write(Init.layer(name, purpose: purpose, template: template), to: layerFile)
        let files = PolicyFiles(charterPath: nil)
        guard let documents = try files.read(innermost: layerFile).value,
            let inheritance = try Inheritance(documents)
        else { throw UsageError("\(layerFile): the layer could not be read") }
        try write(Init.tests(name, inheritance), to: testFile)
        var lines = ["wrote \(layerFile) and \(testFile); in CI, run", ""]
        lines += [
            "  charter check \(name).yaml \(name).test.yaml", "  charter test \(name).test.yaml",
            "",
        ]
        lines += InheritanceText(inheritance, showsAll: false).lines
        print(Output.visible(lines))
    }

    private func chosenTemplate() throws -> String? {
        let names = PolicyFiles.standardTemplates.keys.sorted()
        let answer =
            template
            ?? Init.ask("Which template is near to it? \(names.joined(separator: ", ")); or none")
        guard let answer, answer != "none", !answer.isEmpty else { return nil }
        guard names.contains(answer) else {
            throw UsageError(
                "there is no template `\(answer)`; "
                    + (NearestName.help(for: answer, among: names)
                        ?? "there are \(names.joined(separator: ", "))"))
        }
        return answer
    }

    /// Asks on a terminal; nil where nobody is there.
    private static func ask(_ question: String) -> String? {
        guard isatty(STDIN_FILENO) == 1, isatty(STDERR_FILENO) == 1 else { return nil }
        Output.error(question)
        return readLine()?.trimmingCharacters(in: .whitespaces)
    }

    /// A file that is there stays as it is.
    private func write(_ text: String, to path: String) throws {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw UsageError("\(path): there is such a file already")
        }
        guard FileManager.default.createFile(atPath: path, contents: Data(text.utf8)) else {
            Output.error("charter: \(path): the file cannot be written")
            throw ExitCode.environment
        }
    }

    private static func layer(_ name: String, purpose: String?, template: String?) -> String {
        let text = purpose.map { $0.isEmpty ? "" : $0 } ?? ""
        var lines = [
            "# What \(name) changes in the standard charter; `charter inherit \(name).yaml` shows the rest.",
            "layer: operator", "name: \(name)", "written_for: standard 1.0",
        ]
        if !text.isEmpty {
            let quoted = text.replacing("'", with: "''")
            lines.append("purpose: '\(TextWidth.visible(quoted))'")
        }
        if let template { lines.append("extends: [\(template)]") }
        lines += [
            "adjust: {}  # write in its place:", "# adjust:",
            "#   formality: {set: formal, reason: why it is so}",
        ]
        return lines.joined(separator: "\n") + "\n"
    }

    /// Tests of what holds at the beginning: whoever changes it will notice.
    private static func tests(_ name: String, _ inheritance: Inheritance) -> String {
        let said = inheritance.entries.filter(\.isSaid)
        let shown = said.isEmpty ? Array(inheritance.entries.prefix(5)) : said
        var lines = [
            "# What \(name).yaml must decide. `charter test \(name).test.yaml`",
            "layers: {operator: [\(name).yaml]}", "tests:",
            "  - name: this is in force for somebody of whom nothing is known", "    expect:",
            "      behaviors:",
        ]
        for entry in shown {
            lines.append("        \(entry.behavior): {setting: \"\(entry.setting)\"}")
        }
        if let hardcoded = inheritance.entries.first(where: {
            $0.isHardcoded && $0.setting == "off"
        }) {
            lines += [
                "", "  - name: nobody turns on what is hardcoded", "    request:",
                "      instructions: [{from: operator, behavior: \(hardcoded.behavior), set: \"on\"}]",
                "    expect:", "      behaviors:",
                "        \(hardcoded.behavior): {setting: \"off\", decided_by: root}",
            ]
        }
        return lines.joined(separator: "\n") + "\n"
    }
}
