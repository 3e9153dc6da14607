internal import CharterEngine

/// Sorts the blocks of a section.
struct SectionReader {
    let source: SourceText
    private(set) var prose: [String] = []
    private(set) var commentary: [String] = []
    private(set) var examples: [Example] = []
    private(set) var links: [CharterDocument.Link] = []
    private(set) var slips: [ExampleReader.Slip] = []
    /// A paragraph `**Example**: …`, whose block is yet to come.
    private var caption: (text: String, range: Range<Int>)?
    /// Whether an indented block belongs to the admonition (`!!! meta "Commentary"`) above it.
    private var isCommentary = false

    init(_ source: SourceText) {
        self.source = source
    }

    mutating func read(_ block: MarkdownDocument.Block) {
        if case .fence(let fence) = block, readExample(fence) { return }
        finish()
        switch block {
        case .indentedCode(let range) where isCommentary: comment(range)
        case .indentedCode(let range): prose.append(text(range))
        case .paragraph(let paragraph):
            let bytes = source.bytes[paragraph.range]
            isCommentary = bytes.starts(with: "!!!".utf8)
            if isCommentary {
                comment(paragraph.range)
            } else if let text = SectionReader.caption(source.text(paragraph.range)) {
                caption = (text, paragraph.range)
                links += LinkReader(source, paragraph.range).links
            } else {
                prose.append(text(paragraph.range))
                links += LinkReader(source, paragraph.range).links
            }
        case .container(let range):
            isCommentary = false
            prose.append(text(range))
            links += LinkReader(source, range).links
        case .fence(let fence):
            isCommentary = false
            prose.append(text(fence.range))
        case .aside, .heading: isCommentary = false
        }
    }

    /// A caption that no block follows is prose.
    mutating func finish() {
        guard let caption else { return }
        prose.append(text(caption.range))
        slips.append(.init(range: caption.range, message: "no `~~~xml` block follows the example"))
        self.caption = nil
    }

    private mutating func readExample(_ fence: MarkdownDocument.Fence) -> Bool {
        guard fence.info.split(separator: " ").first == "xml" else { return false }
        let reader = ExampleReader(source, fence.contentRange)
        let isExample = reader.turns.contains { if case .passage = $0 { false } else { true } }
        guard caption != nil || isExample else { return false }
        let start = caption?.range.lowerBound ?? fence.range.lowerBound
        examples.append(
            Example(
                caption: caption?.text, span: source.span(start..<fence.range.upperBound),
                turns: reader.turns))
        slips += reader.slips
        caption = nil
        isCommentary = false
        return true
    }

    private mutating func comment(_ range: Range<Int>) {
        links += LinkReader(source, range).links
        var lines: [String] = []
        let last = source.position(of: range.upperBound).line
        for number in source.position(of: range.lowerBound).line...last {
            let line = source.line(number)
            if line.starts(with: "!!!".utf8) { continue }
            lines.append(source.text(source.trimmed(line.startIndex..<line.endIndex)))
        }
        let text = lines.joined(separator: "\n").trimmingSpace
        if !text.isEmpty { commentary.append(text) }
    }

    private func text(_ range: Range<Int>) -> String { source.text(source.trimmed(range)) }

    /// What stands behind `**Example**:`; nil where the paragraph does not begin so.
    private static func caption(_ paragraph: String) -> String? {
        for mark in ["**Example**:", "**Example:**", "**Example**"] where paragraph.hasPrefix(mark)
        {
            return String(paragraph.dropFirst(mark.count)).trimmingSpace
        }
        return nil
    }
}
