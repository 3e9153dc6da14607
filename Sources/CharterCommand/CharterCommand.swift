// CharterCommand: the command `charter`, one file a subcommand and nothing else.
//
// Flows in:  arguments, files, and for `serve` the settings of charter.yaml.
// Flows out: text or JSON on standard output, diagnostics on standard error, an exit code.
//
// What a subcommand does is done by the parts below; here is only how it is asked for and shown.
import ArgumentParser
import CharterDocuments
import CharterServer
import Foundation

/// The command `charter`: one file a subcommand.
///
/// Flows in: arguments, documents, requests. Flows out: text or JSON, and an exit code: 0 fine,
/// 1 findings, 2 usage or input, 3 environment.
@main
struct CharterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "charter",
        abstract: "Decides, enforces and explains what a language model may do.",
        discussion: """
            Exit codes: 0 fine, 1 something was found, 2 wrong usage or input, 3 the
            environment is in the way (a port that is taken, a file that cannot be written).
            """,
        version: Version.current,
        subcommands: [
            Init.self, Check.self, Matrix.self, Decide.self, Explain.self, Test.self, Serve.self,
            Inherit.self, ViewAs.self, Prompt.self, Discord.self, Token.self, Keys.self,
            Status.self, Probe.self,
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
        } catch let error as UsageError {
            Output.error("charter: \(error.message)")
            Foundation.exit(ExitCode.input.rawValue)
        } catch let error as FileError {
            Output.error("charter: \(error)")
            Foundation.exit(ExitCode.input.rawValue)
        } catch {
            let code = exitCode(for: error)
            let message = fullMessage(for: error)
            if code == .success {
                print(message)
            } else if !message.isEmpty {
                Output.error(message)
            }
            Foundation.exit(code == .validationFailure ? ExitCode.input.rawValue : code.rawValue)
        }
    }
}

/// What is wrong with arguments, as the documents show; exit code 2.
struct UsageError: Error {
    /// One sentence in lower case without a full stop.
    let message: String

    init(_ message: String) {
        self.message = message
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
    /// Writes to standard error, with one line end behind it.
    static func error(_ message: String) {
        write(
            visible(
                message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)))
    }

    /// Lines as they may stand on a terminal: nothing in them that a document or an argument says acts
    /// on it, or looks like a line of its own.
    static func visible(_ lines: [String]) -> String {
        lines.map(TextWidth.visible).joined(separator: "\n")
    }

    private static func write(_ message: String) {
        let end = message.hasSuffix("\n") ? "" : "\n"
        FileHandle.standardError.write(Data((message + end).utf8))
    }

    /// Writes diagnostics to standard error; nothing where there are none.
    static func error(_ diagnostics: [Diagnostic]) {
        guard !diagnostics.isEmpty else { return }
        write(DiagnosticText.render(diagnostics, isColored: isTerminal(STDERR_FILENO)))
    }

    /// Whether a person is reading standard output, and wants color.
    static var isTerminal: Bool { isTerminal(STDOUT_FILENO) }

    private static func isTerminal(_ descriptor: Int32) -> Bool {
        isatty(descriptor) == 1
            && (ProcessInfo.processInfo.environment["NO_COLOR"] ?? "").isEmpty
    }
}
