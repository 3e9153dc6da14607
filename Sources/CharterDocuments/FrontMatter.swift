internal import CharterEngine

/// The YAML before a charter's text (SEMANTICS §2).
struct FrontMatter {
    private(set) var isPresent = false
    /// Whether it begins, and does not end.
    private(set) var isUnclosed = false
    /// `charter`, `version`, `reviewer`, as they are written.
    private(set) var texts: [String: String] = [:]
    private(set) var claims = DeclaredClaims()
    private(set) var assume: [Text: ClaimValue] = [:]
    /// The first byte of the text behind it.
    private(set) var end = 0

    private static let keys = ["charter", "version", "semantics", "reviewer", "claims", "assume"]

    mutating func read(_ source: SourceText, _ findings: inout Findings) {
        guard isMark(1, source) else { return }
        guard source.lineCount > 1,
            let close = (2...source.lineCount).first(where: { isMark($0, source) })
        else {
            isUnclosed = true
            findings.add(
                "charter.syntax", at: 0..<3, "the front matter has no end",
                reason: "a document that begins with `---` has front matter up to the next `---`",
                help: "close it with `---`")
            return
        }
        isPresent = true
        end = close < source.lineCount ? source.offset(ofLine: close + 1) : source.bytes.count
        let start = source.offset(ofLine: 2)
        let text = Array(source.bytes[start..<source.offset(ofLine: close)])
        let root = YAMLReader.read(text, area: "charter", &findings) { start + $0 }
        guard let root, root.scalar != "" else {
            claims.isIncomplete = findings.hasErrors
            return
        }
        guard case .mapping(let pairs) = root.content else {
            findings.add(
                "charter.syntax", at: root.range, "the front matter is a map, not \(root.kind)",
                help: "write `key: value` lines")
            return
        }
        read(pairs, &findings)
    }

    private func isMark(_ number: Int, _ source: SourceText) -> Bool {
        let start = source.offset(ofLine: number)
        guard start < source.bytes.count, source.bytes[start] == UInt8(ascii: "-") else {
            return false
        }
        let line = source.line(number)
        return line.starts(with: "---".utf8)
            && line.dropFirst(3).allSatisfy { $0 == 0x20 || $0 == 0x09 }
    }

    private mutating func read(
        _ pairs: [(key: YAMLNode, value: YAMLNode)], _ findings: inout Findings
    ) {
        let reader = ClaimReader(badValue: "charter.bad-attribute")
        let hasDuplicates = findings.hasErrors
        for (key, value) in pairs {
            switch key.scalar ?? "" {
            case "charter", "version", "reviewer":
                guard let text = value.scalar else {
                    findings.add(
                        "charter.bad-attribute", at: value.range,
                        "`\(key.scalar ?? "")` is a text, not \(value.kind)",
                        help: "write one text, in quotes where it has signs")
                    continue
                }
                texts[key.scalar ?? ""] = text
            case "semantics":
                guard value.scalar == "1" else {
                    findings.add(
                        "charter.bad-attribute", at: value.range, "there is no such `semantics`",
                        reason: "this is version 1", help: "write `semantics: 1`")
                    continue
                }
            case "claims":
                claims = reader.declarations(value, &findings)
                claims.isIncomplete = hasDuplicates
            case "assume": break
            default:
                findings.add(
                    "charter.unknown-attribute", at: key.range,
                    "front matter has no `\(key.scalar ?? "")`",
                    help: NearestName.help(for: key.scalar ?? "", among: FrontMatter.keys)
                        ?? "it has `charter`, `version`, `semantics`, `reviewer`, `claims`, `assume`"
                )
            }
        }
        if let node = pairs.first(where: { $0.key.scalar == "assume" })?.value {
            assume = reader.assumptions(node, claims: claims, &findings)
        }
    }
}
