import Foundation
import Testing

/// What the documents tell a reader to type works.
///
/// Every fenced block whose info string is `sh`, in the README and under docs/ and Examples/, is run by `sh -eu` in a
/// fresh copy of the documents, with the command first on the PATH. A `text` block right behind it is
/// what it prints, to the letter but for the numbers of lines, which move with every edit. What is not
/// to be typed has another info string (`console`). A block that cannot run here is exempted by name,
/// with the reason.
@Suite("Documented commands")
struct DocumentedCommands {
    /// Blocks that are not run, by how they begin.
    static let exemptions: [(beginning: String, reason: String)] = [
        ("make run", "serves until Ctrl-C; what it starts is what the acceptance tests start"),
        ("make test", "is what runs this test"),
        ("make build", "make test builds the same before it comes here"),
        ("make bench", "takes minutes, and its figures mean nothing beside a test run"),
        ("make fuzz", "takes minutes; make test runs each fuzzer for a shorter time"),
        (
            "charter serve",
            "serves until Ctrl-C; the acceptance tests start it with settings of their own"
        ),
        ("curl", "talks to a gateway that make run has started; the acceptance tests ask the same"),
    ]

    @Test("succeed", arguments: try blocks())
    func succeed(block: Block) async throws {
        let folder = FileManager.default.temporaryDirectory.appending(
            path: "charter-docs-\(UUID())"
        )
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        for name in ["Charters", "Examples", "docs", "README.md"] {
            let source = House.root.appending(path: name)
            guard FileManager.default.fileExists(atPath: source.path) else { continue }
            try FileManager.default.copyItem(at: source, to: folder.appending(path: name))
        }
        let path = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
        let ended = try await Child.run(
            ["sh", "-euc", block.text],
            seconds: 300,
            folder: folder,
            environment: ["PATH": House.path(".build/debug") + ":" + path]
        )
        #expect(ended.status == 0, "\(block.place): status \(ended.status)\n\(ended.output)")
        guard let printed = block.printed else { return }
        #expect(
            Self.comparable(ended.output) == Self.comparable(printed),
            "\(block.place) prints something else than the document says"
        )
    }

    /// Without numbers of lines, and without what is invisible at the ends of lines.
    private static func comparable(_ text: String) -> [String] {
        text.replacing(/(\.(?:md|yaml)):\d+/) { "\($0.output.1):#" }
            .replacing(/[ ]+/, with: " ")
            .trimmingCharacters(in: .whitespacesAndNewlines)
            .components(separatedBy: "\n")
            .map { $0.trimmingCharacters(in: .whitespaces) }
    }

    @Test("are exempted only where they are")
    func exemptions() throws {
        let texts = try Self.files().flatMap(Self.blocks(of:)).map(\.text)
        for block in try Self.files().flatMap(Self.blocks(of:)) where Self.isExempt(block) {
            // An exempted line must not take others with it.
            #expect(
                block.lines.allSatisfy { line in
                    Self.exemptions.contains { line.hasPrefix($0.beginning) }
                },
                "\(block.place): put what can be run into a block of its own"
            )
        }
        #expect(!texts.isEmpty, "no document has a command")
    }

    /// A fenced block and where it stands.
    struct Block: CustomTestStringConvertible, Sendable {
        let place: String
        let text: String
        /// What the document says that it prints.
        var printed: String?
        var testDescription: String { place }

        /// What is typed: without comments, and with continued lines as one.
        var lines: [String] {
            text.replacing("\\\n", with: " ").split(separator: "\n")
                .map { $0.trimmingCharacters(in: .whitespaces) }
                .filter { !$0.isEmpty && !$0.hasPrefix("#") }
        }
    }

    static func blocks() throws -> [Block] {
        try files().flatMap(blocks(of:)).filter { !isExempt($0) }
    }

    private static func isExempt(_ block: Block) -> Bool {
        exemptions.contains { exemption in
            block.lines.contains { $0.hasPrefix(exemption.beginning) }
        }
    }

    private static func files() -> [URL] {
        let documents = ["docs", "Examples"].flatMap { name in
            let folder = FileManager.default.enumerator(
                at: House.root.appending(path: name), includingPropertiesForKeys: nil)
            return (folder?.allObjects as? [URL] ?? []).filter { $0.pathExtension == "md" }
        }
        return [House.root.appending(path: "README.md")]
            .filter { FileManager.default.fileExists(atPath: $0.path) }
            + documents.sorted { $0.path < $1.path }
    }

    private static func blocks(of file: URL) throws -> [Block] {
        let name = file.path.dropFirst(House.root.path.count + 1)
        var blocks: [Block] = []
        var open: (line: Int, fence: Substring, info: String, text: [Substring])?
        // Whether nothing but empty lines stands between the last block of commands and here.
        var isBehindCommands = false
        let lines = try String(contentsOf: file, encoding: .utf8)
            .split(separator: "\n", omittingEmptySubsequences: false)
        for (line, number) in zip(lines, 1...) {
            let bare = line.drop { $0 == " " }
            if let block = open {
                guard bare.hasPrefix(block.fence) else {
                    open?.text.append(line)
                    continue
                }
                open = nil
                let text = block.text.joined(separator: "\n")
                if block.info == "sh" {
                    blocks.append(Block(place: "\(name):\(block.line)", text: text))
                } else if block.info == "text", isBehindCommands {
                    blocks[blocks.count - 1].printed = text
                }
                isBehindCommands = block.info == "sh"
            } else if bare.hasPrefix("```") || bare.hasPrefix("~~~") {
                let fence = bare.prefix { $0 == bare.first }
                let info = bare.dropFirst(fence.count).trimmingCharacters(in: .whitespaces)
                open = (number, fence, info, [])
            } else if !bare.isEmpty {
                isBehindCommands = false
            }
        }
        return blocks
    }
}
