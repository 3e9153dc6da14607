import ArgumentParser
import CharterDocuments
import CharterEngine
import CharterServer
import Foundation

struct Discord: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Discord's structure: its permissions by this engine.",
        subcommands: [Check.self, Import.self])
}

extension Discord {
    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "check",
            abstract: "Holds the engine against permissions that Discord's own library computed.",
            discussion: """
                Each line of a file is a guild as Discord's API sends it, with the permission bits \
                of its members in its channels. A value that differs makes the exit code 1.
                """)

        @Argument(help: ArgumentHelp("The files.", valueName: "cases.jsonl"))
        var files: [String]

        @Option(help: "How to write it.")
        var format = OutputFormat.text

        func run() throws {
            var results: [DiscordCaseFile] = []
            for file in files {
                results.append(try DiscordCaseFile.run(file))
            }
            print(
                format == .json
                    ? DiscordCaseFile.json(results)
                    : Output.visible(results.flatMap(\.lines)))
            if results.contains(where: { !$0.differences.isEmpty }) { throw ExitCode.findings }
        }
    }

    struct Import: ParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "import",
            abstract: "Makes an operator layer of a guild, with its roles and channels.",
            discussion: """
                The guild is one JSON object of Discord's API, with its roles, channels and threads in \
                it; members may be left out. A mapping, `.discord.yaml`, says what a permission opens. \
                The layer goes to standard output, what has no counterpart to standard error.
                """)

        @Argument(help: ArgumentHelp("The guild.", valueName: "guild.json"))
        var guild: String

        @Option(
            help: ArgumentHelp(
                "The mapping; unsaid: the one beside the charter, or the standard charter's.",
                valueName: "file"))
        var mapping: String?

        @Option(
            help: ArgumentHelp("The charter; unsaid: the standard charter.", valueName: "file"))
        var charter: String?

        @Option(help: "How to write it; JSON is `{layer, notes}`.")
        var format = OutputFormat.text

        func run() throws {
            let files = PolicyFiles(charterPath: charter)
            let document = try files.readCharter()
            let source = try mapping.map(PolicyFiles.source) ?? files.companion("discord")
            guard let source else {
                throw UsageError("say --mapping FILE: there is none beside the charter")
            }
            let mapping = DiscordMapping.read(source, document.charter)
            guard let mappingValue = mapping.value else {
                throw PolicyOptions.refuse(mapping.diagnostics)
            }
            let made = DiscordImport(try readGuild(), mappingValue, document.charter)
            if format == .json {
                var writer = JSONWriter()
                writer.object { writer in
                    writer.member("layer", made.layer)
                    writer.list("notes") { writer in
                        for note in made.notes { writer.value(note) }
                    }
                }
                print(writer.text)
            } else {
                print(made.layer, terminator: "")
                for note in made.notes { Output.error("note: \(note)") }
            }
        }

        private func readGuild() throws -> DiscordGuild {
            let largest = 256 << 20
            let bytes = try PolicyFiles.bytes(of: guild, upTo: largest + 1)
            let limits = JSONLimits(bytes: largest, values: 20_000_000)
            do {
                return try DiscordGuild(try JSONDocument(bytes, limits: limits).root)
            } catch let error as DiscordGuildError {
                let place = SourceText(file: guild, bytes: bytes).position(of: error.offset)
                throw FileError(
                    path: "\(guild):\(place.line):\(place.column)",
                    message: "\(error.path): \(error.message)")
            } catch let error as JSONError {
                throw FileError(path: guild, message: "\(error)")
            }
        }
    }
}

/// The cases of one file, and what came of them.
struct DiscordCaseFile {
    var file: String
    var cases = 0
    var compared = 0
    /// By case.
    var differences: [(name: String, difference: Vector.Difference)] = []

    /// The most differences that are listed.
    private static let mostListed = 20

    static func run(_ file: String) throws -> DiscordCaseFile {
        var result = DiscordCaseFile(file: file)
        for (place, line) in try PolicyFiles.lines(of: file) {
            guard let json = try? JSONDocument(Array(line)).root, let each = DiscordCase(json)
            else { throw FileError(path: place, message: "this line is no case") }
            do {
                let outcome = try each.outcome()
                result.cases += 1
                result.compared += outcome.compared
                result.differences += outcome.differences.map { (each.name, $0) }
            } catch let error as DiscordGuildError {
                throw FileError(
                    path: "\(place):\(error.offset + 1)", message: "\(error.path): \(error.message)"
                )
            } catch let error as PolicyError {
                throw FileError(path: place, message: "the guild has no policy: \(error)")
            }
        }
        return result
    }

    var lines: [String] {
        let agreed = compared - differences.count
        let failed = differences.isEmpty ? "" : ", \(differences.count) differ"
        return ["\(file): \(cases) guilds, \(agreed) of \(compared) values to the bit\(failed)"]
            + differences.prefix(DiscordCaseFile.mostListed).map { each in
                "  ✘ \(each.name) \(each.difference.path): expected \(each.difference.expected), "
                    + "got \(each.difference.actual)"
            }
    }

    static func json(_ results: [DiscordCaseFile]) -> String {
        var writer = JSONWriter()
        writer.list { writer in
            for result in results {
                writer.object { writer in
                    writer.member("file", result.file)
                    writer.member("guilds", result.cases)
                    writer.member("values", result.compared)
                    writer.list("differences") { writer in
                        for (name, difference) in result.differences {
                            writer.object { writer in
                                writer.member("case", name)
                                writer.member("path", difference.path)
                                writer.member("expected", difference.expected)
                                writer.member("actual", difference.actual)
                            }
                        }
                    }
                }
            }
        }
        return writer.text
    }
}
