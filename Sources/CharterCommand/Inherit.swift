import ArgumentParser
import CharterAnalysis
import CharterDocuments
import CharterEngine
import CharterServer
import Foundation

struct Inherit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows what an operator sets, what it inherits, and what may still change.",
        usage: "charter inherit [<options>] <file>",
        discussion: """
            For a request that shows nothing about anybody. What is nearest to the layer's \
            `purpose` comes first in each group.
            """)

    @Argument(help: ArgumentHelp("The operator's layer.", valueName: "file"))
    var layer: String

    @Option(
        help: ArgumentHelp("The charter; unsaid: the standard charter.", valueName: "file"))
    var charter: String?

    @Option(help: ArgumentHelp("The platform's layer.", valueName: "file"))
    var platform: String?

    @Flag(help: "Lists everything; unsaid, what has nothing to do with the purpose is counted.")
    var all = false

    @Flag(help: "Writes a page for a colleague, self-contained.")
    var html = false

    @Flag(help: "Writes a summary in Markdown, as the page of a template has it.")
    var summary = false

    @Option(help: "How to write it.")
    var format = OutputFormat.text

    func run() throws {
        var options = PolicyOptions()
        options.charter = charter
        options.platform = platform
        options.innermost = layer
        options.user = nil
        let (documents, _) = try options.read()
        guard let inheritance = try Inheritance(documents) else {
            throw UsageError("\(layer): this is no operator's layer")
        }
        if html {
            print(InheritancePage(inheritance).html)
        } else if summary {
            print(inheritance.summary, terminator: "")
        } else if format == .json {
            print(inheritance.json)
        } else {
            let changes = try changes(inheritance, documents.policy.charter)
            print(
                Output.visible(
                    InheritanceText(inheritance, showsAll: all, changes: changes).lines))
        }
    }
}

extension Inherit {
    /// What changed since the version that the layer was written for; nil where that version does not
    /// lie beside the charter, as `standard-1.2.md`.
    private func changes(
        _ inheritance: Inheritance, _ new: Charter
    ) throws -> CharterChanges? {
        guard let mismatch = inheritance.mismatch, let charter else { return nil }
        let parts = mismatch.writtenFor.split(separator: " ")
        guard parts.count == 2 else { return nil }
        let folder = URL(filePath: charter).deletingLastPathComponent()
        let file = folder.appending(path: "\(parts[0])-\(parts[1]).md").relativePath
        guard !parts.joined().contains("/"), FileManager.default.fileExists(atPath: file) else {
            return nil
        }
        let reading = CharterDocument.read(try PolicyFiles.source(file))
        guard let old = reading.value else { throw PolicyOptions.refuse(reading.diagnostics) }
        return CharterChanges(from: old.charter, to: new)
    }
}

/// What an operator inherits, as people read it on a terminal.
struct InheritanceText {
    private let inheritance: Inheritance
    private let showsAll: Bool
    private let changes: CharterChanges?
    /// How many of a group are listed that have nothing to do with the purpose.
    private static let mostOthers = 6

    init(_ inheritance: Inheritance, showsAll: Bool, changes: CharterChanges? = nil) {
        self.inheritance = inheritance
        self.showsAll = showsAll
        self.changes = changes
    }

    var lines: [String] {
        var lines = [heading]
        if let purpose = inheritance.purpose { lines.append("for: \(purpose)") }
        if let mismatch = inheritance.mismatch {
            let hint =
                changes == nil
                ? ": look through what changed"
                : ", where this changed (what the layer adjusts first):"
            lines.append("written for \(mismatch.writtenFor), used with \(mismatch.used)\(hint)")
            lines += changed
        }
        let entries = inheritance.entries
        lines += sets(entries.filter(\.isSaid))
        let inherited = entries.filter { !$0.isSaid }
        lines += group("inherits, and may change", inherited.filter(\.mayOperatorChange))
        lines += group(
            "inherits, and cannot change",
            inherited.filter { !$0.mayOperatorChange && !$0.isHardcoded })
        lines += group("inherits, and nobody may change", inherited.filter(\.isHardcoded))
        lines += users(entries.filter(\.mayUserChange))
        lines += exceptions
        return lines
    }

    private var changed: [String] {
        let said = Set(inheritance.entries.filter(\.isSaid).map(\.behavior))
        let all = changes?.changes ?? []
        let ordered =
            all.filter { said.contains($0.behavior) } + all.filter { !said.contains($0.behavior) }
        return ordered.map { "  \($0.behavior) \($0.sentences.joined(separator: "; "))" }
    }

    private var heading: String {
        let above = inheritance.above.reversed().map { ", under \($0)" }.joined()
        return "\(inheritance.name ?? "the operator")\(above)"
    }

    private func sets(_ entries: [Inheritance.Entry]) -> [String] {
        guard !entries.isEmpty else { return ["", "sets nothing"] }
        var rows: [[String]] = []
        for entry in entries {
            for (place, said) in entry.adjustments.enumerated() {
                let condition = said.condition.map { " when \($0)" } ?? ""
                rows.append([
                    place == 0 ? entry.behavior.text.string : "",
                    place == 0 ? entry.setting : "",
                    said.operations.joined(separator: ", ") + condition
                        + (said.scope.map { " (\($0))" } ?? ""),
                    "\(said.origin.file):\(said.origin.position.line)",
                ])
            }
        }
        return ["", "sets (\(entries.count)), with what comes of it for everyone:"]
            + TextTable(rows).lines.map { "  " + $0 }
    }

    private func group(_ title: String, _ entries: [Inheritance.Entry]) -> [String] {
        guard !entries.isEmpty else { return [] }
        let near = entries.filter { $0.relevance > 0 }
        let rest = entries.filter { $0.relevance == 0 }
        let shown = showsAll ? entries : near + rest.prefix(InheritanceText.mostOthers)
        let rows = shown.map { entry in
            [
                entry.behavior.text.string, entry.setting,
                entry.from.layer.map {
                    "from \($0), \(entry.from.file):\(entry.from.position.line)"
                }
                    ?? "the charter's, line \(entry.from.position.line)",
            ]
        }
        let left = entries.count - shown.count
        return ["", "\(title) (\(entries.count)):"] + TextTable(rows).lines.map { "  " + $0 }
            + (left == 0 ? [] : ["  and \(left) more (--all)"])
    }

    private func users(_ entries: [Inheritance.Entry]) -> [String] {
        guard !entries.isEmpty else { return ["", "its users may change nothing"] }
        let rows = entries.map { entry in
            [
                entry.behavior.text.string, entry.setting,
                entry.userMore.map { entry.isSwitch ? "to \($0)" : "up to \($0)" }
                    ?? "only to be more careful",
            ]
        }
        let shown = showsAll ? rows : Array(rows.prefix(4 * InheritanceText.mostOthers))
        let left = rows.count - shown.count
        return ["", "its users may change (\(entries.count)):"]
            + TextTable(shown).lines.map { "  " + $0 }
            + (left == 0 ? [] : ["  and \(left) more (--all)"])
    }

    private var exceptions: [String] {
        guard !inheritance.exceptions.isEmpty else { return [] }
        let rows = inheritance.exceptions.map { exception in
            let notes = exception.said.notes
            return [
                exception.until.map { "until \($0.date)" } ?? "no end",
                exception.behavior.text.string,
                exception.said.operations.joined(separator: ", "),
                [notes.owner, notes.ticket].compactMap { $0 }.joined(separator: ", "),
                "\(exception.said.origin.file):\(exception.said.origin.position.line)",
            ]
        }
        return ["", "exceptions, as they come due:"] + TextTable(rows).lines.map { "  " + $0 }
    }
}
