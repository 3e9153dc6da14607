public import CharterDetection
public import CharterDocuments
public import CharterEngine
internal import Foundation
internal import CStandardCharter

/// Reads charters and layers from disk, by the names of docs/layers.md.
public struct PolicyFiles: Sendable {
    /// The charter's file; nil: the standard charter that the program carries.
    public let charterPath: String?
    /// What reads, and notes what it finds; nil: nobody asks what was read.
    private let reads: SourceReads?

    /// Reads nothing yet.
    public init(charterPath: String?) {
        self.init(charterPath: charterPath, reads: nil)
    }

    /// As above; what is read is noted.
    init(charterPath: String?, reads: SourceReads?) {
        self.charterPath = charterPath
        self.reads = reads
    }

    /// The charter's document.
    public func charterSource() throws(FileError) -> SourceText {
        guard let charterPath else {
            return carried(PolicyFiles.standardCharter, .charter)
        }
        return try source(charterPath, .charter)
    }

    /// A file that may be noted.
    func source(_ path: String, _ kind: PolicySource.Kind) throws(FileError) -> SourceText {
        guard let reads else { return try PolicyFiles.source(path) }
        return try reads.source(path, kind)
    }

    private func carried(_ source: SourceText, _ kind: PolicySource.Kind) -> SourceText {
        reads?.note(carried: source, kind)
        return source
    }

    private func isThere(_ path: String, _ kind: PolicySource.Kind) throws(FileError) -> Bool {
        guard let reads else { return FileManager.default.fileExists(atPath: path) }
        return try reads.isThere(path, kind)
    }

    /// The standard charter, as it was when the program was built.
    public static var standardCharter: SourceText {
        carried("standard.md", charter_standard_document())
    }

    /// The standard charter's patterns.
    public static var standardPatterns: SourceText {
        carried("standard.patterns.yaml", charter_standard_patterns())
    }

    /// What Discord's permissions open in the standard charter.
    public static var standardDiscordMapping: SourceText {
        carried("standard.discord.yaml", charter_standard_discord())
    }

    /// How people say what they would have a model do, for the standard charter.
    public static var standardPhrases: SourceText {
        carried("standard.phrases.yaml", charter_standard_phrases())
    }

    /// The standard charter's replies.
    public static var standardReplies: SourceText {
        carried("standard.replies.yaml", charter_standard_replies())
    }

    private static func carried(_ file: String, _ bytes: charter_bytes) -> SourceText {
        SourceText(
            file: file, bytes: Array(UnsafeBufferPointer(start: bytes.start, count: bytes.count)))
    }

    /// A file that stands beside the charter, `standard.patterns.yaml` beside `standard.md`; nil
    /// where there is none.
    public func companion(_ kind: String) throws(FileError) -> SourceText? {
        guard let charterPath else {
            return switch kind {
            case "patterns": carried(PolicyFiles.standardPatterns, .patterns)
            case "replies": carried(PolicyFiles.standardReplies, .replies)
            case "discord": PolicyFiles.standardDiscordMapping
            case "phrases": carried(PolicyFiles.standardPhrases, .phrases)
            default: nil
            }
        }
        let path = URL(filePath: charterPath).deletingPathExtension().relativePath + ".\(kind).yaml"
        guard let sourceKind = PolicySource.Kind(rawValue: kind) else {
            return FileManager.default.fileExists(atPath: path)
                ? try PolicyFiles.source(path) : nil
        }
        guard try isThere(path, sourceKind) else {
            reads?.noteAbsent(path, sourceKind)
            return nil
        }
        return try source(path, sourceKind)
    }

    /// The compiled phrases beside the charter; without any, a finder that finds nothing.
    public func phrases(for charter: Charter) throws(FileError) -> Reading<PhraseFinder> {
        let source = try companion("phrases") ?? SourceText(file: "no.phrases.yaml", text: "")
        let reading = PhrasesDocument.read(source, for: charter)
        guard let document = reading.value else {
            return Reading(value: nil, diagnostics: reading.diagnostics)
        }
        let compiled = PatternCache.compile(document)
        return Reading(
            value: compiled.value, diagnostics: reading.diagnostics + compiled.diagnostics)
    }

    /// A document of at most `SourceText.largest` bytes; a larger one is not loaded whole.
    public static func source(_ path: String) throws(FileError) -> SourceText {
        // A byte order mark does not count: three bytes, and one that shows that there are more.
        SourceText(file: path, bytes: try bytes(of: path, upTo: SourceText.largest + 4))
    }

    /// The bytes of a file, or as many of them as are asked for.
    public static func bytes(of path: String, upTo count: Int) throws(FileError) -> [UInt8] {
        guard let file = FileHandle(forReadingAtPath: path) else {
            throw FileError(path: path, message: "there is no such file, or it cannot be read")
        }
        defer { try? file.close() }
        let data: Data?
        do {
            data = try file.read(upToCount: count)
        } catch {
            throw FileError(path: path, message: "this is no file that can be read")
        }
        return Array(data ?? Data())
    }

    /// The chain of operators that ends in `path`: each layer's `under` is found by its name.
    public func chain(endingIn path: String) throws(FileError) -> [SourceText] {
        var chain = [try source(path, .layer)]
        while chain.count <= Policy.mostOperators, let under = LayerHeader(chain[0]).under {
            guard let above = find(under, beside: chain[0].file, .layer) else { break }
            chain.insert(above, at: 0)
        }
        return chain
    }

    /// `NAME.yaml` beside the layer, then in its `templates/`, then in the charter's folder and its
    /// `templates/`; with the standard charter, last among the templates that the program carries.
    public func find(_ name: String, beside path: String) -> SourceText? {
        find(name, beside: path, .template)
    }

    private func find(
        _ name: String, beside path: String, _ kind: PolicySource.Kind
    ) -> SourceText? {
        guard !name.isEmpty, !name.contains("/"), !name.hasPrefix(".") else { return nil }
        var folders = [URL(filePath: path).deletingLastPathComponent()]
        if let charterPath {
            folders.append(URL(filePath: charterPath).deletingLastPathComponent())
        }
        for folder in folders {
            for place in [folder, folder.appending(path: "templates")] {
                let file = place.appending(path: "\(name).yaml").relativePath
                // One that was in force and is gone is not replaced by another of its name.
                guard let isThere = try? isThere(file, kind) else { return nil }
                if isThere { return try? source(file, kind) }
            }
        }
        guard charterPath == nil, let template = PolicyFiles.standardTemplates[name] else {
            return nil
        }
        return carried(template, kind)
    }

    /// The templates that the program carries with the standard charter, by name.
    public static let standardTemplates: [String: SourceText] = {
        var templates: [String: SourceText] = [:]
        var place = 0
        while let name = charter_standard_template(place).name {
            let text = String(cString: name)
            templates[text] = carried(
                "templates/\(text).yaml", charter_standard_template(place).bytes)
            place += 1
        }
        return templates
    }()

    /// Reads the charter with its layers and compiles them.
    ///
    /// - Parameter innermost: the innermost operator's file; the layers above are found by `under`.
    public func read(
        platform: String? = nil, innermost: String? = nil
    ) throws(FileError) -> Reading<PolicyDocuments> {
        let charter = CharterDocument.read(try charterSource())
        guard let document = charter.value else {
            return Reading(value: nil, diagnostics: charter.diagnostics)
        }
        return try read(document, platform: platform, innermost: innermost)
    }

    /// As above, for a charter that was read before: policies of one charter share its storage.
    public func read(
        _ charter: CharterDocument, platform: String? = nil, innermost: String? = nil
    ) throws(FileError) -> Reading<PolicyDocuments> {
        var platformSource: SourceText?
        if let platform { platformSource = try source(platform, .platform) }
        var operators: [SourceText] = []
        if let innermost { operators = try chain(endingIn: innermost) }
        let nearest = innermost ?? platform ?? ""
        return PolicyDocuments.read(
            charter, platform: platformSource, operators: operators,
            templates: { find($0, beside: nearest) })
    }

    /// Reads a user's layer.
    public func readUser(
        _ path: String, _ charter: Charter
    ) throws(FileError) -> Reading<LayerDocument> {
        LayerDocument.read(
            try PolicyFiles.source(path),
            in: LayerDocument.Context(charter: charter, level: .user),
            templates: { find($0, beside: path) })
    }
}

/// A file that cannot be read.
public struct FileError: Error, Hashable, Sendable, CustomStringConvertible {
    /// As the caller names it; a line behind a colon where one is meant.
    public let path: String
    /// One sentence without a full stop; it holds nothing of the file.
    public let message: String

    /// A file with what is wrong with it.
    public init(path: String, message: String) {
        self.path = path
        self.message = message
    }

    /// Path and message, as a line for people.
    public var description: String { "\(path): \(message)" }
}
