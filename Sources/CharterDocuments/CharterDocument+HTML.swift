internal import CMarkGFM

extension CharterDocument {
    /// The rule of a section as a browser shows it; O(size of the section + number of sections).
    ///
    /// HTML in the document and links to `javascript:` and the like are left out, and so are the marks
    /// of example sets, `[^tag]`. A link `[?](#id)`, as the Model Spec has them, gets the title of what
    /// it points to.
    public func html(of section: Section) -> String {
        var text = section.prose.replacing(/\[\^[^\]\s]*\]/, with: "")
        if text.contains("[?](#") {
            let titles = Dictionary(
                sections.compactMap { section in section.id.map { ($0, section.title) } },
                uniquingKeysWith: { first, _ in first })
            text = text.replacing(/\[\?\]\(#([^)\s]*)\)/) { match in
                "[\(titles[String(match.output.1)] ?? "?")](#\(match.output.1))"
            }
        }
        guard let rendered = cmark_markdown_to_html(text, text.utf8.count, CMARK_OPT_DEFAULT) else {
            return ""
        }
        defer { cmark_get_default_mem_allocator().pointee.free(rendered) }
        return String(cString: rendered)
    }
}
