internal import CharterEngine

extension SectionDraft {
    /// The section as people read it: prose, commentary, examples, links.
    func section(_ source: SourceText) -> CharterDocument.Section {
        var reader = SectionReader(source)
        for block in content { reader.read(block) }
        reader.finish()
        return CharterDocument.Section(
            title: attributes.title, id: attributes.id, level: heading.level,
            span: source.span(heading.range), behavior: behavior,
            saysAuthority: value("authority") != nil, tags: tags,
            prose: reader.prose.joined(separator: "\n\n"), commentary: reader.commentary,
            examples: reader.examples, links: reader.links, slips: reader.slips)
    }

    private var tags: [String] { value("tags")?.tags ?? [] }
}

extension YAMLNode {
    /// The names of a `tags` note: a list, or a text with commas.
    var tags: [String] {
        switch content {
        case .scalar(let text):
            text.split(separator: ",").map { String($0).trimmingSpace }.filter { !$0.isEmpty }
        case .sequence(let nodes): nodes.flatMap(\.tags)
        case .mapping: []
        }
    }
}
