// CharterCommand: the command `charter`, one file a subcommand and nothing else.
//
// Flows in:  arguments, files, and for `serve` the settings of charter.yaml.
// Flows out: text or JSON on standard output, diagnostics on standard error, an exit code.
//
// What a subcommand does is done by the parts below; here is only how it is asked for and shown.
import ArgumentParser
import Foundation

/// The command `charter`: one file a subcommand.
///
/// Exit codes: 0 fine, 1 findings, 2 usage or input, 3 environment.
@main
struct CharterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "charter",
        abstract: "Decides, enforces and explains what a language model may do.",
        version: "0.1.0",
        subcommands: [
            Check.self, Matrix.self, Decide.self, Explain.self, Test.self, Serve.self,
        ])

    /// Runs the command, with ArgumentParser's own 64 mapped to 2.
    static func main() async {
        do {
            var command = try parseAsRoot()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch {
            let code = exitCode(for: error)
            let message = fullMessage(for: error)
            if code == .success {
                print(message)
            } else if !message.isEmpty {
                FileHandle.standardError.write(Data((message + "\n").utf8))
            }
            Foundation.exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }
}

extension ExitCode {
    /// Something was found.
    static let findings = ExitCode(1)
    /// Wrong usage or input.
    static let input = ExitCode(2)
    /// The environment is in the way: a file, a port, a missing library.
    static let environment = ExitCode(3)
}

/// How a command writes its output.
enum OutputFormat: String, ExpressibleByArgument, CaseIterable {
    case text, json
}

/// Where output goes.
enum Output {
    static func error(_ message: String) {
        FileHandle.standardError.write(Data((message + "\n").utf8))
    }

    /// Whether a person is reading standard output, and wants colour.
    static var isTerminal: Bool {
        isatty(STDOUT_FILENO) == 1 && ProcessInfo.processInfo.environment["NO_COLOR"] == nil
    }
}
