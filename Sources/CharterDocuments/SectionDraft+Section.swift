internal import CharterEngine

extension SectionDraft {
    func section(_ source: SourceText) -> CharterDocument.Section {
        CharterDocument.Section(
            title: attributes.title, id: attributes.id, level: heading.level,
            position: source.position(of: heading.range.lowerBound), behavior: behavior,
            saysAuthority: value("authority") != nil, tags: [], prose: "", examples: [], links: [])
    }
}
