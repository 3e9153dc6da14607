internal import CMarkGFM

extension CharterDocument.Section {
    /// The rule as a browser shows it; O(size).
    ///
    /// HTML in the document and links to `javascript:` and the like are left out, and so are the marks
    /// of example sets, `[^tag]`.
    public var html: String {
        let text = prose.replacing(/\[\^[^\]\s]*\]/, with: "")
        guard let rendered = cmark_markdown_to_html(text, text.utf8.count, CMARK_OPT_DEFAULT) else {
            return ""
        }
        defer { cmark_get_default_mem_allocator().pointee.free(rendered) }
        return String(cString: rendered)
    }
}
