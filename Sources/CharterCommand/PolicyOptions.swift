import ArgumentParser
import CharterDocuments
import CharterEngine
import CharterServer

/// Which documents a command decides with.
struct PolicyOptions: ParsableArguments {
    @Option(help: "The charter; unsaid: the standard charter that the program carries.")
    var charter: String?

    @Option(help: "The platform's layer.")
    var platform: String?

    @Option(
        name: .customLong("operator"),
        help: "The innermost operator's layer; the layers above are found by `under`.")
    var innermost: String?

    @Option(help: "The user's own layer.")
    var user: String?

    var files: PolicyFiles { PolicyFiles(charterPath: charter) }

    /// Reads everything; prints what is wrong and exits with 2 where something is.
    func read() throws -> (documents: PolicyDocuments, user: UserLayer?) {
        do {
            let reading = try files.read(platform: platform, innermost: innermost)
            guard let documents = reading.value else { throw PolicyOptions.refuse(reading.diagnostics) }
            guard let user else { return (documents, nil) }
            let layer = try files.readUser(user, documents.policy.charter)
            guard let value = layer.value else { throw PolicyOptions.refuse(layer.diagnostics) }
            return (documents, value.user)
        } catch let error as FileError {
            Output.error("charter: \(error)")
            throw ExitCode.input
        }
    }

    private static func refuse(_ diagnostics: [Diagnostic]) -> ExitCode {
        Output.error(DiagnosticText.render(diagnostics.filter { $0.severity == .error }))
        return .input
    }
}
