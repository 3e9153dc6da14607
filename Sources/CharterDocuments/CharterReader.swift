internal import CharterEngine

/// Reads a charter: front matter, headings with attributes, `charter` blocks (SEMANTICS §2).
struct CharterReader {
    private let source: SourceText
    var findings: Findings
    private var frontMatter = FrontMatter()
    /// The most behaviors of a charter, and the most headings.
    static let mostBehaviors = 10_000
    static let mostHeadings = 20_000

    init(_ source: SourceText) {
        self.source = source
        findings = Findings(source)
    }

    mutating func read() -> CharterDocument? {
        frontMatter.read(source, &findings)
        guard !frontMatter.isUnclosed, paragraphsAreBounded(from: frontMatter.end) else {
            return nil
        }
        let markdown = MarkdownDocument(source, from: frontMatter.end)
        var drafts = sections(of: markdown)
        inheritTiers(&drafts)
        let builder = BehaviorReader(frontMatter: frontMatter)
        var behaviors: [Behavior] = []
        var ids: Set<BehaviorID> = []
        for place in drafts.indices where drafts[place].isBehavior {
            guard ids.count < CharterReader.mostBehaviors else {
                findings.add(
                    "charter.syntax", at: drafts[place].heading.range,
                    "a charter has at most \(CharterReader.mostBehaviors) behaviors",
                    help: "split the charter")
                break
            }
            let behavior = builder.behavior(drafts[place], &findings)
            guard let id = drafts[place].attributes.id.map({ BehaviorID(Text($0)) }) else {
                continue
            }
            guard ids.insert(id).inserted else {
                findings.add(
                    "charter.duplicate-id", at: drafts[place].attributes.idRange,
                    "the id `\(id)` stands here a second time",
                    reason: "layers name behaviors by their ids", help: "give this one another id")
                continue
            }
            guard let behavior else { continue }
            drafts[place].behavior = behavior.id
            behaviors.append(behavior)
        }
        for draft in drafts {
            if !draft.isBehavior { BehaviorReader.checkSection(draft, &findings) }
            checkConflicts(draft, ids)
        }
        guard !findings.hasErrors,
            var charter = Charter(
                behaviors: behaviors, claims: frontMatter.claims.types, assume: frontMatter.assume,
                file: source.file)
        else { return nil }
        charter.name = frontMatter.texts["charter"]
        charter.version = frontMatter.texts["version"]
        charter.reviewer = frontMatter.texts["reviewer"]
        return CharterDocument(
            source: source, charter: charter, sections: drafts.map { $0.section(source) },
            places: findings.places, hidden: markdown.hidden)
    }

    /// cmark-gfm is quadratic in some paragraphs, so that they are bounded before it sees them.
    private mutating func paragraphsAreBounded(from start: Int) -> Bool {
        guard let bound = ParagraphBound.first(in: source, from: start) else { return true }
        switch bound {
        case .tooLong(let range):
            findings.add(
                "charter.syntax", at: range, "this paragraph is too long",
                reason: "lines without an empty one between them have at most "
                    + "\(SourceText.largestParagraph) bytes", help: "put an empty line in")
        case .tooMuchMarkup(let range):
            findings.add(
                "charter.syntax", at: range,
                "up to here there are too many `[` and `<` in long paragraphs",
                reason: "where they have no end, to read them takes time that grows with both",
                help: "put empty lines in, and code into fenced blocks")
        }
        return false
    }

    private mutating func sections(of markdown: MarkdownDocument) -> [SectionDraft] {
        var drafts: [SectionDraft] = []
        for block in markdown.blocks {
            switch block {
            case .heading(let heading):
                guard drafts.count < CharterReader.mostHeadings else {
                    findings.add(
                        "charter.syntax", at: heading.range,
                        "a charter has at most \(CharterReader.mostHeadings) headings",
                        help: "split the charter")
                    return drafts
                }
                drafts.append(SectionDraft(heading, Attributes(heading, &findings)))
            case .fence(let fence) where isBlock(fence):
                guard let last = drafts.indices.last else {
                    findings.add(
                        "charter.syntax", at: fence.range,
                        "a `charter` block before the first heading",
                        reason: "a block belongs to the heading above it",
                        help: "put it under the heading of its behavior")
                    continue
                }
                guard drafts[last].block == nil else {
                    findings.add(
                        "charter.syntax", at: fence.range,
                        "a second `charter` block in this section",
                        reason: "a heading is one behavior", help: "join the two blocks")
                    continue
                }
                drafts[last].block = Block(fence, source, &findings)
            case .fence, .paragraph, .indentedCode, .container, .aside:
                if let last = drafts.indices.last { drafts[last].content.append(block) }
            }
        }
        return drafts
    }

    /// Whether a fence is a `charter` block; one that nearly is one is a slip, and read as one.
    private mutating func isBlock(_ fence: MarkdownDocument.Fence) -> Bool {
        if fence.info == "charter" { return true }
        let first = fence.info.split(whereSeparator: { $0 == " " || $0 == "\t" }).first
        guard first?.lowercased() == "charter" else { return false }
        findings.add(
            "charter.syntax", at: fence.range,
            "the info string `\(fence.info)` is nearly `charter`",
            reason: "a block that is not read would lose what it says", help: "write `charter`")
        return true
    }

    private func inheritTiers(_ drafts: inout [SectionDraft]) {
        var enclosing: [(level: Int, tier: YAMLNode)] = []
        for place in drafts.indices {
            let level = drafts[place].heading.level
            enclosing.removeAll { $0.level >= level }
            if let tier = drafts[place].value("tier") {
                enclosing.append((level, tier))
            } else {
                drafts[place].inheritedTier = enclosing.last?.tier
            }
        }
    }

    private mutating func checkConflicts(_ draft: SectionDraft, _ known: Set<BehaviorID>) {
        guard case .sequence(let ids)? = draft.block?["conflicts"]?.content else { return }
        for id in ids {
            guard let name = id.scalar, !known.contains(BehaviorID(Text(name))) else { continue }
            findings.add(
                "charter.unknown-conflict", at: id.range, "there is no behavior `\(name)`",
                help: NearestName.help(for: name, among: known.lazy.map(\.text.string))
                    ?? "name a heading that has an `authority`, a `default` or a `charter` block")
        }
    }
}

/// A heading with its attributes, its block and what else stands under it.
struct SectionDraft {
    let heading: MarkdownDocument.Heading
    let attributes: Attributes
    var block: Block?
    var content: [MarkdownDocument.Block] = []
    var inheritedTier: YAMLNode?
    var behavior: BehaviorID?

    init(_ heading: MarkdownDocument.Heading, _ attributes: Attributes) {
        self.heading = heading
        self.attributes = attributes
    }

    /// A heading is a behavior where it says an authority or a default, or has a block (SEMANTICS §2).
    var isBehavior: Bool {
        block != nil
            || attributes.attributes.contains { $0.key == "authority" || $0.key == "default" }
    }

    /// What the heading says, or else the block.
    func value(_ key: String) -> YAMLNode? {
        attributes.attributes.first { $0.key == key }?.value ?? block?[key]
    }
}

/// A `charter` block: a map.
struct Block {
    private(set) var pairs: [(key: YAMLNode, value: YAMLNode)] = []
    /// Whether it is a map, so that what it does not say is unsaid.
    private(set) var isReadable = true

    init(_ fence: MarkdownDocument.Fence, _ source: SourceText, _ findings: inout Findings) {
        let content = Array(fence.content.utf8)
        let errors = findings.diagnostics.count
        let lines = SourceText(file: source.file, bytes: content)
        let root = YAMLReader.read(content, area: "charter", &findings) { offset in
            // A fence's indentation is taken off its lines, so a line's end is where it was.
            let place = lines.position(of: offset)
            let line = source.line(fence.firstLine + place.line - 1)
            return max(
                line.startIndex, line.endIndex - lines.line(place.line).count + place.column - 1)
        }
        switch root?.content {
        case .mapping(let pairs)?: self.pairs = pairs
        case nil, .scalar("")?: isReadable = findings.diagnostics.count == errors
        default:
            isReadable = false
            findings.add(
                "charter.syntax", at: fence.range, "a `charter` block is a map",
                help: "write `key: value` lines")
        }
    }

    subscript(key: String) -> YAMLNode? { pairs.first { $0.key.scalar == key }?.value }
}
