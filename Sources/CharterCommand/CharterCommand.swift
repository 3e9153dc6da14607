import ArgumentParser

/// The command `charter`: one file a subcommand.
@main
struct CharterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "charter",
        abstract: "Decides, enforces and explains what a language model may do.",
        version: "0.1.0")
}
