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
        name: .customLong("reader"),
        help: ArgumentHelp(
            "A model that reads, instead of phrase rules: a server with OpenAI's chat completions and JSON schemas; its key is read from READER_KEY.",
            valueName: "url"))
    var readerURL: String?

    @Option(
        help: ArgumentHelp(
            "The reading model's name; unsaid: the first that its server lists.", valueName: "name")
    )
    var readerModel: String?

    func validate() throws {
        guard let readerURL else {
            if readerModel != nil { throw ValidationError("--reader-model goes with --reader URL") }
            return
        }
        guard readerURL.hasPrefix("http://") || readerURL.hasPrefix("https://"),
            let url = URL(string: readerURL), url.host()?.isEmpty == false
        else {
            throw ValidationError("--reader: write an address, http://127.0.0.1:8081/v1")
        }
        guard url.user() == nil, url.password() == nil else {
            throw ValidationError("--reader: a key goes into READER_KEY, and not into the address")
        }
    }

    /// The reader; where it is a model, it has read the texts.
    func sentenceReader(
        of texts: [[UInt8]], _ charterPath: String?, _ charter: Charter
    ) async throws -> any SentenceReader {
        guard let readerURL else { return try PhraseFinder.read(charterPath, charter) }
        let key = ProcessInfo.processInfo.environment["READER_KEY"].flatMap {
            $0.isEmpty ? nil : $0
        }
        let model = ModelReader(url: readerURL, key: key, model: readerModel)
        do {
            return try await model.read(texts, charter) { done, count in
                if count > 1, isatty(STDERR_FILENO) == 1 {
                    Output.error("\(done) of \(count) answers")
                }
            }
        } catch {
            Output.error("charter: \(readerURL): \(error.message)")
            throw ExitCode.environment
        }
    }
}

extension PhraseFinder {
    /// The phrases beside a charter, or the standard charter's; none where there are none.
    fileprivate static func read(_ charterPath: String?, _ charter: Charter) throws -> PhraseFinder
    {
        let reading = try PolicyFiles(charterPath: charterPath).phrases(for: charter)
        guard let finder = reading.value else { throw PolicyOptions.refuse(reading.diagnostics) }
        return finder
    }
}
