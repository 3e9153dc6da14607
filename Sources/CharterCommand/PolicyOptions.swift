import ArgumentParser
import CharterDocuments
import CharterEngine
import CharterServer

/// Which documents a command decides with.
struct PolicyOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The charter; unsaid: the standard charter, which the program carries.",
            valueName: "file"))
    var charter: String?

    @Option(help: ArgumentHelp("The platform's layer.", valueName: "file"))
    var platform: String?

    @Option(
        name: .customLong("operator"),
        help: ArgumentHelp(
            "The operator's layer, the innermost one; those above it are found by `under`.",
            valueName: "file"))
    var innermost: String?

    @Option(help: ArgumentHelp("The user's own layer.", valueName: "file"))
    var user: String?

    /// Reads everything; prints what is wrong and exits with 2 where something is.
    func read() throws -> (documents: PolicyDocuments, user: UserLayer?) {
        if let charter, !charter.hasSuffix(".md") {
            throw UsageError("\(charter): a charter is a Markdown document, `.md`")
        }
        let files = PolicyFiles(charterPath: charter)
        let reading = try files.read(platform: platform, innermost: innermost)
        guard let documents = reading.value else {
            throw PolicyOptions.refuse(reading.diagnostics)
        }
        if documents.policy.charter.behaviors.isEmpty {
            throw UsageError("\(documents.policy.charter.file): the charter has no behaviors")
        }
        guard let user else { return (documents, nil) }
        let layer = try files.readUser(user, documents.policy.charter)
        guard let value = layer.value else { throw PolicyOptions.refuse(layer.diagnostics) }
        return (documents, value.user)
    }

    /// Prints the errors among diagnostics; to throw is left to the caller.
    static func refuse(_ diagnostics: [Diagnostic]) -> ExitCode {
        Output.error(diagnostics.filter { $0.severity == .error })
        return .input
    }
}

extension PolicyFiles {
    /// The lines of a file of cases that are not empty, each with its place, `cases.jsonl:1`.
    static func lines(
        of path: String
    ) throws(FileError) -> [(place: String, line: ArraySlice<UInt8>)] {
        let largest = 1 << 30
        let bytes = try PolicyFiles.bytes(of: path, upTo: largest + 1)
        guard bytes.count <= largest else {
            throw FileError(path: path, message: "the file is larger than \(largest) bytes")
        }
        return bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
            .enumerated().filter { !$0.element.isEmpty }
            .map { ("\(path):\($0.offset + 1)", $0.element) }
    }

    /// The charter; prints what is wrong and exits with 2 where something is.
    func readCharter() throws -> CharterDocument {
        let reading = CharterDocument.read(try charterSource())
        guard let document = reading.value else { throw PolicyOptions.refuse(reading.diagnostics) }
        return document
    }
}
