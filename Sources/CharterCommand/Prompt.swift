import ArgumentParser
import CharterAnalysis
import CharterDetection
import CharterDocuments
import CharterEngine
import CharterServer
import Foundation

struct Prompt: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "System prompts: made of a policy, and read back into a layer.",
        subcommands: [Compile.self, Extract.self])
}

extension Prompt {
    struct Compile: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes the system prompt of an operator, for a user and a context.",
            discussion: """
                It says what is in force where that is not what the charter says anyway, and what \
                the request demands. The same documents and request give the same bytes.
                """)

        @OptionGroup var policy: PolicyOptions
        @OptionGroup var request: RequestOptions

        @Option(
            help: ArgumentHelp(
                "`markdown` (unsaid), `xml`, or a file, `.style.yaml`.", valueName: "style"))
        var style = "markdown"

        @Option(
            help: ArgumentHelp(
                "The most tokens; what matters least is left out, and told.", valueName: "tokens"))
        var budget: Int?

        @Flag(help: "Tells for each part which line of which document it comes from.")
        var map = false

        @Option(
            help: ArgumentHelp(
                "Compares with a prompt in use; where they differ the exit code is 1.",
                valueName: "file"))
        var diff: String?

        @Option(help: "How to write it; JSON is `{text, tokens, parts, left_out}`.")
        var format = OutputFormat.text

        func validate() throws {
            if map, diff != nil { throw ValidationError("--map and --diff exclude each other") }
            if let budget, budget < 1 { throw ValidationError("--budget is at least 1") }
        }

        func run() throws {
            let (documents, user) = try policy.read()
            let request = try request.read(for: documents)
            let options = CompiledPrompt.Options(style: try readStyle(), budget: budget)
            let prompt: CompiledPrompt
            do {
                prompt = try CompiledPrompt(documents, request, user: user, options)
            } catch {
                throw UsageError("the operator has no such channel (\(error.rawValue))")
            }
            if let budget, prompt.tokens > budget {
                throw UsageError(
                    "--budget: without any rule the prompt takes \(prompt.tokens) tokens; say more")
            }
            if let diff {
                let differences = try differences(prompt, diff)
                if format == .json {
                    print(Compile.json(differences))
                } else {
                    for line in differences { print(TextWidth.visible(line)) }
                }
                if !differences.isEmpty { throw ExitCode.findings }
                return
            }
            if format == .json {
                print(prompt.json)
            } else if map {
                print(Output.visible(Compile.map(prompt)))
            } else {
                print(prompt.text, terminator: "")
            }
            if format == .text, !prompt.leftOut.isEmpty {
                let names = prompt.leftOut.map(\.text.string).joined(separator: ", ")
                Output.error("left out, for the budget: \(names)")
            }
        }

        private func readStyle() throws -> PromptStyle {
            if let named = PromptStyle.named[style] { return named }
            do {
                let reading = PromptStyle.read(try PolicyFiles.source(style))
                guard let value = reading.value else {
                    throw PolicyOptions.refuse(reading.diagnostics)
                }
                return value
            } catch let error as FileError {
                throw UsageError("--style: `markdown`, `xml` or a file; \(error)")
            }
        }

        private static func map(_ prompt: CompiledPrompt) -> [String] {
            prompt.parts.flatMap { part -> [String] in
                let text = part.text.split(separator: "\n").map(String.init)
                guard let behavior = part.behavior, let origin = part.origin else { return text }
                return text + [
                    "    ^ \(behavior), \(origin.layer ?? "charter"), \(origin.file):\(origin.position.line)"
                ]
            }
        }

        private static func json(_ differences: [String]) -> String {
            var writer = JSONWriter()
            writer.object { writer in
                writer.list("differences") { writer in differences.forEach { writer.value($0) } }
            }
            return writer.text
        }

        /// The lines that one has and the other has not, in the order of the longest common lines.
        private func differences(_ prompt: CompiledPrompt, _ path: String) throws -> [String] {
            let deployed = try PolicyFiles.prompt(path)
            let old = String(decoding: deployed.bytes, as: UTF8.self).components(separatedBy: "\n")
            let new = prompt.text.components(separatedBy: "\n")
            var lines: [(place: Int, order: Int, text: String)] = []
            for change in new.difference(from: old) {
                switch change {
                case .remove(let offset, let element, _):
                    lines.append((offset, 0, "- \(element)"))
                case .insert(let offset, let element, _):
                    lines.append((offset, 1, "+ \(element)"))
                }
            }
            return lines.sorted { ($0.place, $0.order) < ($1.place, $1.order) }.map(\.text)
        }
    }
}

extension Prompt {
    struct Extract: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Reads a system prompt in use back into a layer.",
            discussion: """
                By the phrase rules beside the charter, without a model, or by a model. The layer \
                goes to standard output, with the sentence behind each adjustment; what is out of \
                bounds, what looks like an instruction and was read as none, and what is risky go to \
                standard error.
                """)

        @Argument(help: ArgumentHelp("The prompt.", valueName: "prompt.txt"))
        var prompt: String

        @Option(
            help: ArgumentHelp("The charter; unsaid: the standard charter.", valueName: "file"))
        var charter: String?

        @OptionGroup var reader: ReaderOptions

        @Option(help: "How to write it; JSON is `{layer, by, refused, unknown, risks}`.")
        var format = OutputFormat.text

        func run() async throws {
            let document = try PolicyFiles(charterPath: charter).readCharter()
            let source = try PolicyFiles.prompt(prompt)
            let reader = try await reader.sentenceReader(
                of: [source.bytes], charter, document.charter)
            let extracted = try ExtractedPrompt(source, reader, document.charter)
            if format == .json {
                print(Extract.json(extracted))
            } else {
                print(extracted.layer, terminator: "")
                for line in Extract.notes(extracted, byRules: self.reader.readerURL == nil) {
                    Output.error(line)
                }
            }
        }

        private static func notes(_ extracted: ExtractedPrompt, byRules: Bool) -> [String] {
            let isNothing = extracted.adjustments.isEmpty && extracted.refused.isEmpty
            var lines = [
                "by \(extracted.reader):"
                    + (isNothing ? " nothing was found" : "")
                    + (isNothing && byRules
                        ? " (the standard charter's rules know English alone)" : "")
            ]
            for (each, reason) in extracted.refused {
                lines.append(
                    "  line \(each.sentence.line): \(each.operation.rawValue) \(each.value) of "
                        + "\(each.behavior) is out of bounds: \(reason.words)")
            }
            for (sentence, risk) in extracted.risks {
                lines.append("  line \(sentence.line): risky, \(risk.words)")
            }
            for sentence in extracted.unknown {
                lines.append(
                    "  line \(sentence.line): read as no instruction \"\(sentence.text.prefix(100))\""
                )
            }
            return lines
        }

        private static func json(_ extracted: ExtractedPrompt) -> String {
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("layer", extracted.layer)
                writer.member("by", extracted.reader)
                writer.list("adjustments") { writer in
                    for each in extracted.adjustments { write(each, nil, to: &writer) }
                }
                writer.list("refused") { writer in
                    for (each, reason) in extracted.refused { write(each, reason, to: &writer) }
                }
                writer.list("unknown") { writer in
                    for sentence in extracted.unknown {
                        writer.object { writer in
                            writer.member("line", sentence.line)
                            writer.member("sentence", sentence.text)
                        }
                    }
                }
                writer.list("risks") { writer in
                    for (sentence, risk) in extracted.risks {
                        writer.object { writer in
                            writer.member("line", sentence.line)
                            writer.member("risk", risk.rawValue)
                            if risk != .secret { writer.member("sentence", sentence.text) }
                        }
                    }
                }
            }
            return writer.text
        }

        private static func write(
            _ each: ExtractedPrompt.Extracted, _ reason: Reason?, to writer: inout JSONWriter
        ) {
            writer.object { writer in
                writer.member("behavior", each.behavior.text.string)
                writer.member("operation", each.operation.rawValue)
                writer.member("value", each.value.string)
                writer.member("line", each.sentence.line)
                writer.member("sentence", each.sentence.text)
                if let reason { writer.member("reason", reason.rawValue) }
            }
        }
    }
}

extension PolicyFiles {
    /// A system prompt in use; one that is too large is refused, not cut.
    fileprivate static func prompt(_ path: String) throws -> SourceText {
        let source = try PolicyFiles.source(path)
        if let bound = source.bounds(area: "charter") {
            let reason = bound.reason.map { ": \($0)" } ?? ""
            throw UsageError("\(path): \(bound.message)\(reason)")
        }
        return source
    }
}
