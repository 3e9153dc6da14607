import CharterAnalysis
import CharterDetection
import CharterDocuments
import CharterEngine
import CharterServer
import Foundation

/// Documents checked one after another, each against the charter that it goes with.
struct DocumentCheck {
    /// Everything found, in the order of the files, each thing once.
    private(set) var diagnostics: [Diagnostic] = []
    /// What was read, one line for each document that has a meaning.
    private(set) var summaries: [String] = []
    private var seen: Set<Diagnostic> = []
    private let files: PolicyFiles
    private let base: Reading<CharterDocument>
    private let isCharterSaid: Bool

    /// Layers are checked against `charter`; unsaid, against the first charter among the files.
    init(charter: String?, among files: [String]) throws {
        let path = charter ?? files.first(where: DocumentCheck.isCharter)
        if let path, !path.hasSuffix(".md") {
            throw UsageError("\(path): a charter is a Markdown document, `.md`")
        }
        self.files = PolicyFiles(charterPath: path)
        base = CharterDocument.read(try self.files.charterSource())
        isCharterSaid = path != nil
    }

    /// Whether a Markdown document has behaviors: a README beside a layer is no charter.
    private static func isCharter(_ file: String) -> Bool {
        guard file.hasSuffix(".md"), let source = try? PolicyFiles.source(file) else {
            return false
        }
        let reading = CharterDocument.read(source)
        return reading.value.map { !$0.charter.behaviors.isEmpty } ?? true
    }

    /// Checks a document; what kind it is, its name says.
    mutating func add(_ file: String) throws {
        if file.hasSuffix(".md") {
            let reading =
                file == files.charterPath
                ? base : CharterDocument.read(try PolicyFiles.source(file))
            add(reading, doubts: \.doubts, summary: DocumentCheck.summary)
            return
        }
        guard [".yaml", ".yml", ".json"].contains(where: file.hasSuffix) else {
            throw UsageError("\(file): documents are `.md` or `.yaml`; `charter test` runs vectors")
        }
        let source = try PolicyFiles.source(file)
        if file.hasSuffix(".test.yaml") {
            let reading = PolicyTestDocument.read(source)
            let doubts = try reading.value.map { document in
                document.doubts(source, in: try TestSuite.documents(of: document, beside: file).0)
            }
            add(reading, doubts: { _ in doubts ?? [] }) {
                "\(file): \($0.tests.count) policy tests"
            }
        } else if DocumentCheck.isSettings(source) {
            let environment = ProcessInfo.processInfo.environment
            let reading = Settings.read(source, environment: environment, needsKeys: false)
            // The documents that they name, too: what is wrong with them keeps a gateway from starting.
            let now = Instant(seconds: Int64(Date().timeIntervalSince1970))
            let gateway = reading.value.map { Gateway.read($0, at: now) }
            add(reading, doubts: { _ in gateway?.diagnostics ?? [] }) {
                "\(file): settings, \($0.operators.count) operators"
            }
        } else if file.hasSuffix(".patterns.yaml") {
            guard let charter = try charter(beside: file) else { return }
            add(PatternsDocument.read(source, for: charter)) {
                "\(file): \($0.patterns.count) patterns"
            }
        } else if file.hasSuffix(".style.yaml") {
            add(PromptStyle.read(source)) { _ in "\(file): style of prompts" }
        } else if file.hasSuffix(".discord.yaml") {
            guard let charter = try charter(beside: file) else { return }
            add(DiscordMapping.read(source, charter)) {
                "\(file): \($0.permissions.count) permissions of Discord"
            }
        } else if file.hasSuffix(".access.yaml") {
            guard let charter = try charter(beside: file) else { return }
            // What layers declare is looked at with the settings that name them.
            add(AccessMapping.read(source, charter, claims: charter.claims)) {
                "\(file): \($0.rules.count) actions of AuthZEN"
            }
        } else if file.hasSuffix(".phrases.yaml") {
            guard let charter = try charter(beside: file) else { return }
            add(PhrasesDocument.read(source, for: charter)) {
                "\(file): \($0.phrases.count) phrases"
            }
        } else if file.hasSuffix(".replies.yaml") {
            guard let charter = try charter(beside: file) else { return }
            add(Replies.read(source, charter)) { _ in "\(file): replies" }
        } else {
            try addLayer(source)
        }
    }

    /// `charter.yaml`, or whatever has an upstream.
    private static func isSettings(_ source: SourceText) -> Bool {
        URL(filePath: source.file).lastPathComponent == "charter.yaml"
            || source.bytes.split(separator: UInt8(ascii: "\n")).contains {
                $0.starts(with: "upstream:".utf8) || $0.starts(with: "upstreams:".utf8)
            }
    }

    private mutating func addLayer(_ source: SourceText) throws {
        guard let charter = base.value else { return add(base.diagnostics) }
        let file = source.file
        let header = LayerHeader(source)
        switch header.level {
        case .user:
            let context = LayerDocument.Context(charter: charter.charter, level: .user)
            let files = files
            let reading = LayerDocument.read(source, in: context) { files.find($0, beside: file) }
            add(reading, doubts: { $0.doubts(in: charter.charter) }) { _ in "\(file): user layer" }
        case .platform:
            add(try files.read(charter, platform: file), "\(file): platform layer", of: file)
        case .root, .operator:
            let under = header.under.map { " under \($0)" } ?? ""
            add(
                try files.read(charter, innermost: file), "\(file): operator layer\(under)",
                of: file)
        }
    }

    /// Of other documents, templates and layers above, the errors alone: they keep this one from
    /// being compiled.
    private mutating func add(
        _ reading: Reading<PolicyDocuments>, _ summary: String, of file: String
    ) {
        add(
            (reading.diagnostics + (reading.value?.doubts ?? []))
                .filter { $0.file == file || $0.severity == .error })
        if reading.value != nil { summaries.append(summary) }
    }

    /// The charter that patterns or replies stand beside, else that of the layers; nil where it has
    /// errors, which are then told.
    private mutating func charter(beside file: String) throws -> Charter? {
        // `NAME.kind.yaml`.
        let name = URL(filePath: file).deletingPathExtension().deletingPathExtension().relativePath
        var reading = base
        if !isCharterSaid, FileManager.default.fileExists(atPath: name + ".md") {
            reading = CharterDocument.read(try PolicyFiles.source(name + ".md"))
        }
        if reading.value == nil { add(reading.diagnostics) }
        return reading.value?.charter
    }

    private mutating func add<Value>(
        _ reading: Reading<Value>, doubts: (Value) -> [Diagnostic] = { _ in [] },
        summary: (Value) -> String
    ) {
        add(reading.diagnostics)
        guard let value = reading.value else { return }
        add(doubts(value))
        summaries.append(summary(value))
    }

    /// A layer above several others is read with each of them, and told once.
    private mutating func add(_ more: [Diagnostic]) {
        diagnostics += more.filter { seen.insert($0).inserted }
    }

    private static func summary(of document: CharterDocument) -> String {
        let counts = document.counts
        return "\(document.source.file): charter, \(counts.sections) sections, "
            + "\(counts.behaviors) behaviors, \(counts.authorities) authorities, "
            + "\(counts.examples) examples, \(counts.comparisons) comparisons, \(counts.links) links"
    }
}
