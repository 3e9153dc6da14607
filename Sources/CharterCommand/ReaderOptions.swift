import ArgumentParser
import CharterAnalysis
import CharterDetection
import CharterDocuments
import CharterEngine
import CharterServer
import Foundation

/// Who reads what sentences instruct: the phrase rules beside the charter, or a model.
struct ReaderOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A model that reads, instead of phrase rules: a server with OpenAI's chat completions and JSON schemas; its key is read from READER_KEY.",
            valueName: "url"))
    var reader: String?

    @Option(
        help: ArgumentHelp(
            "The reading model's name; unsaid: the first that its server lists.", valueName: "name")
    )
    var readerModel: String?

    func validate() throws {
        guard let reader else {
            if readerModel != nil { throw ValidationError("--reader-model goes with --reader URL") }
            return
        }
        guard reader.hasPrefix("http://") || reader.hasPrefix("https://"),
            URL(string: reader)?.host()?.isEmpty == false
        else {
            throw ValidationError("--reader: write an address, http://127.0.0.1:8081/v1")
        }
    }

    /// The reader; where it is a model, it has read the texts.
    func sentenceReader(
        of texts: [[UInt8]], _ charterPath: String?, _ charter: Charter
    ) async throws -> any SentenceReader {
        guard let reader else { return try PhraseFinder.read(charterPath, charter) }
        let key = ProcessInfo.processInfo.environment["READER_KEY"].flatMap {
            $0.isEmpty ? nil : $0
        }
        let model = ModelReader(url: reader, key: key, model: readerModel)
        do {
            return try await model.read(texts, charter) { done, count in
                if count > 1, isatty(STDERR_FILENO) == 1 {
                    Output.error("\(done) of \(count) answers")
                }
            }
        } catch {
            Output.error("charter: \(reader): \(error.message)")
            throw ExitCode.environment
        }
    }
}

extension PhraseFinder {
    /// The phrases beside a charter, or the standard charter's; none where there are none.
    fileprivate static func read(_ charterPath: String?, _ charter: Charter) throws -> PhraseFinder
    {
        let source = try PolicyFiles(charterPath: charterPath).companion("phrases")
        guard let source else { return try PhraseFinder([]) }
        let reading = PhrasesDocument.read(source, for: charter)
        guard let document = reading.value else { throw PolicyOptions.refuse(reading.diagnostics) }
        let compiled = PatternCache.compile(document)
        guard let finder = compiled.value else { throw PolicyOptions.refuse(compiled.diagnostics) }
        return finder
    }
}
