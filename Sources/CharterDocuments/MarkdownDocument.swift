internal import CMarkGFM
internal import CharterEngine

/// The headings and fenced blocks at the top level of a CommonMark document (SEMANTICS §2).
struct MarkdownDocument: Sendable {
    struct Heading: Sendable {
        /// 1 to 6.
        var level: Int
        /// The text, with `\u{FFFC}` for each code span and each piece of HTML.
        var text: String
        /// What stands for each `\u{FFFC}`.
        var elided: [String]
        /// Where in the text, in bytes, something is emphasized or a link.
        var marked: [Range<Int>]
        /// In bytes of the document.
        var range: Range<Int>
    }

    struct Fence: Sendable {
        /// The info string, trimmed.
        var info: String
        var content: String
        /// The fences included.
        var range: Range<Int>
        /// The lines of the content.
        var contentRange: Range<Int>
        /// The line of the content's first line, from 1.
        var firstLine: Int
    }

    struct Paragraph: Sendable {
        var range: Range<Int>
    }

    enum Block: Sendable {
        case heading(Heading)
        case fence(Fence)
        case paragraph(Paragraph)
        /// Code without fences.
        case indentedCode(Range<Int>)
        /// A list or a quotation.
        case container(Range<Int>)
        /// HTML, or a line across.
        case aside(Range<Int>)
    }

    private(set) var blocks: [Block] = []
    /// What looks like a behavior and is none: a heading with attributes or a `charter` block in a list
    /// or quotation, a paragraph that begins with `#`.
    private(set) var hidden: [Range<Int>] = []

    /// Parses the document from `start` on; what stands before counts as empty lines.
    init(_ source: SourceText, from start: Int) {
        let skipped = source.position(of: start).line - 1
        let parser = cmark_parser_new(CMARK_OPT_DEFAULT | CMARK_OPT_SOURCEPOS)
        defer { cmark_parser_free(parser) }
        source.bytes[start...].withUnsafeBytes { bytes in
            let characters = bytes.bindMemory(to: CChar.self)
            cmark_parser_feed(parser, characters.baseAddress, characters.count)
        }
        guard let root = cmark_parser_finish(parser) else { return }
        defer { cmark_node_free(root) }
        var node = cmark_node_first_child(root)
        while let current = node {
            let block = MarkdownDocument.block(current, source, skipped)
            switch block {
            case .container(let range):
                if source.holds("{#", in: range) || source.holds("charter", in: range) {
                    readHidden(in: current, source, skipped)
                }
            case .paragraph(let paragraph):
                let first = source.line(source.position(of: paragraph.range.lowerBound).line)
                if first.starts(with: "#".utf8), first.contains(UInt8(ascii: "{")) {
                    hidden.append(paragraph.range)
                }
            case .heading, .fence, .indentedCode, .aside: break
            }
            blocks.append(block)
            node = cmark_node_next(current)
        }
    }

    private mutating func readHidden(
        in container: OpaquePointer, _ source: SourceText, _ skipped: Int
    ) {
        guard let iterator = cmark_iter_new(container) else { return }
        defer { cmark_iter_free(iterator) }
        while true {
            let event = cmark_iter_next(iterator)
            if event == CMARK_EVENT_DONE { return }
            guard event == CMARK_EVENT_ENTER, let node = cmark_iter_get_node(iterator) else {
                continue
            }
            switch cmark_node_get_type(node) {
            case CMARK_NODE_HEADING, CMARK_NODE_CODE_BLOCK:
                switch MarkdownDocument.block(node, source, skipped) {
                case .heading(let heading) where heading.text.holds("{#"):
                    hidden.append(heading.range)
                case .fence(let fence) where fence.info == "charter": hidden.append(fence.range)
                default: break
                }
            default: break
            }
        }
    }

    private static func block(
        _ node: OpaquePointer, _ source: SourceText, _ skipped: Int
    ) -> Block {
        let startLine = Int(cmark_node_get_start_line(node)) + skipped
        let endLine = Int(cmark_node_get_end_line(node)) + skipped
        let start =
            source.offset(ofLine: startLine) + max(0, Int(cmark_node_get_start_column(node)) - 1)
        let end = max(start, source.line(max(startLine, endLine)).endIndex)
        let range = start..<end
        switch cmark_node_get_type(node) {
        case CMARK_NODE_HEADING:
            var heading = Heading(
                level: Int(cmark_node_get_heading_level(node)), text: "", elided: [], marked: [],
                range: range)
            readText(of: node, into: &heading)
            return .heading(heading)
        case CMARK_NODE_CODE_BLOCK where isFenced(node):
            let info = cmark_node_get_fence_info(node).map { String(cString: $0) } ?? ""
            let content = cmark_node_get_literal(node).map { String(cString: $0) } ?? ""
            let lines = content.utf8.count { $0 == 0x0A }
            let contentRange =
                source.offset(ofLine: startLine + 1)..<source.offset(ofLine: startLine + 1 + lines)
            return .fence(
                Fence(
                    info: info, content: content, range: range, contentRange: contentRange,
                    firstLine: startLine + 1))
        case CMARK_NODE_CODE_BLOCK: return .indentedCode(range)
        case CMARK_NODE_PARAGRAPH: return .paragraph(Paragraph(range: range))
        case CMARK_NODE_HTML_BLOCK, CMARK_NODE_THEMATIC_BREAK: return .aside(range)
        default: return .container(range)
        }
    }

    private static func isFenced(_ node: OpaquePointer) -> Bool {
        var length: CInt = 0
        var offset: CInt = 0
        var character: CChar = 0
        return cmark_node_get_fenced(node, &length, &offset, &character) != 0
    }

    /// The text of all inlines of a heading; what is code or HTML is kept apart.
    private static func readText(of node: OpaquePointer, into heading: inout Heading) {
        guard let iterator = cmark_iter_new(node) else { return }
        defer { cmark_iter_free(iterator) }
        while true {
            let event = cmark_iter_next(iterator)
            if event == CMARK_EVENT_DONE { return }
            guard event == CMARK_EVENT_ENTER, let inline = cmark_iter_get_node(iterator) else {
                continue
            }
            let literal = cmark_node_get_literal(inline).map { String(cString: $0) } ?? ""
            let start = heading.text.utf8.count
            switch cmark_node_get_type(inline) {
            case CMARK_NODE_TEXT:
                // The mark itself stands for itself.
                heading.elided += literal.unicodeScalars.filter { $0 == "\u{FFFC}" }.map(
                    String.init)
                heading.text += literal
            case CMARK_NODE_CODE, CMARK_NODE_HTML_INLINE:
                heading.elided.append(literal)
                heading.text += "\u{FFFC}"
            case CMARK_NODE_SOFTBREAK, CMARK_NODE_LINEBREAK: heading.text += " "
            default: break
            }
            if cmark_node_parent(inline) != node, inline != node {
                heading.marked.append(start..<heading.text.utf8.count)
            }
        }
    }
}

extension MarkdownDocument.Heading {
    /// The beginning of the heading's text with its code in place.
    func restoring(_ text: String) -> String {
        var rest = elided[...]
        return text.unicodeScalars.reduce(into: "") { result, scalar in
            if scalar == "\u{FFFC}", let literal = rest.popFirst() {
                result += literal
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
    }
}
