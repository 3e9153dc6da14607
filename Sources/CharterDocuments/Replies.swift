public import CharterEngine

/// What a refusal or an owed duty says, and what stands for what is left out, by behavior and language (`NAME.replies.yaml`, docs/gateway.md).
public struct Replies: Sendable {
    /// The texts of one behavior, by language tag in lower case.
    public struct Reply: Sendable {
        /// What is said where the behavior is refused.
        public var refusal: [String: String] = [:]
        /// What is said where the duty is owed.
        public var duty: [String: String] = [:]
        /// What stands in place of words that exercise the behavior.
        public var redaction: [String: String] = [:]
    }

    /// What stands in place of words where it is unsaid.
    public static let standardRedaction = "[redacted]"
    /// The language of a text that names none.
    public static let standardLanguage = "en"

    private var replies: [BehaviorID: Reply]

    /// Says nothing unless told; the behaviors are not looked up.
    public init(_ replies: [BehaviorID: Reply] = [:]) {
        self.replies = replies
    }

    /// What a refusal of the behavior says; nil where it is unsaid.
    public func refusal(of behavior: BehaviorID, language: String?) -> String? {
        Replies.choose(replies[behavior]?.refusal, language)
    }

    /// What the duty says when it is owed; nil where it is unsaid.
    public func duty(of behavior: BehaviorID, language: String?) -> String? {
        Replies.choose(replies[behavior]?.duty, language)
    }

    /// What stands in place of words that exercise the behavior; ``standardRedaction`` where it is unsaid.
    public func redaction(of behavior: BehaviorID, language: String?) -> String {
        Replies.choose(replies[behavior]?.redaction, language) ?? Replies.standardRedaction
    }

    /// The language itself, else its first subtag (RFC 4647 lookup), else English.
    private static func choose(_ texts: [String: String]?, _ language: String?) -> String? {
        guard let texts else { return nil }
        var tag = language?.lowercased() ?? standardLanguage
        while true {
            if let text = texts[tag] { return text }
            guard let end = tag.lastIndex(of: "-") else { break }
            tag = String(tag[..<end])
        }
        return texts[standardLanguage]
    }

    /// Reads the replies of a charter; all that is wrong at once; O(size).
    public static func read(_ source: SourceText, _ charter: Charter) -> Reading<Replies> {
        if let bound = source.bounds(area: "replies") {
            return Reading(value: nil, diagnostics: [bound])
        }
        var findings = Findings(source)
        let root = YAMLReader.read(source.bytes, area: "replies", &findings)
        guard let root, root.scalar != "" else {
            return Reading(value: Replies(), diagnostics: findings.diagnostics)
        }
        let replies = read(root, charter, &findings)
        return Reading(value: Replies(replies), diagnostics: findings.diagnostics)
    }

    private static func read(
        _ root: YAMLNode, _ charter: Charter, _ findings: inout Findings
    ) -> [BehaviorID: Reply] {
        var replies: [BehaviorID: Reply] = [:]
        for (key, value) in pairs(root, "replies", &findings) {
            let id = BehaviorID(Text(key.scalar ?? ""))
            guard let behavior = charter[id] else {
                findings.add(
                    "replies.unknown-behavior", at: key.range,
                    "the charter has no behavior `\(id)`",
                    help: NearestName.help(
                        for: id.text.string, among: charter.behaviors.map(\.id.text.string)))
                continue
            }
            for (kind, texts) in pairs(value, "a behavior's replies", &findings) {
                switch kind.scalar {
                case "refusal": replies[id, default: Reply()].refusal = read(texts, &findings)
                case "duty":
                    replies[id, default: Reply()].duty = read(texts, &findings)
                    if behavior.kind != .duty {
                        findings.add(
                            "replies.no-duty", .warning, at: kind.range, "`\(id)` is no duty",
                            reason: "only a duty is owed, so that this is never said",
                            help: "take it out, or write `refusal`")
                    }
                case "redaction":
                    let words = read(texts, &findings)
                    replies[id, default: Reply()].redaction = words
                    check(redaction: words, of: behavior, at: kind.range, &findings)
                default:
                    findings.add(
                        "replies.unknown-key", at: kind.range,
                        "there is no `\(kind.scalar ?? "")` here",
                        help: NearestName.help(
                            for: kind.scalar ?? "", among: ["refusal", "duty", "redaction"])
                            ?? "write `refusal`, `duty` or `redaction`")
                }
            }
        }
        return replies
    }

    private static func check(
        redaction words: [String: String], of behavior: Behavior, at place: Range<Int>,
        _ findings: inout Findings
    ) {
        if words.values.contains(where: { $0.allSatisfy(\.isWhitespace) }) {
            findings.add(
                "replies.bad-value", at: place, "a redaction that says nothing",
                reason: "what stands before it and behind it would read as one",
                help: "write a word, such as `\(standardRedaction)`")
        }
        if behavior.otherwise != .transform {
            findings.add(
                "replies.no-redaction", .warning, at: place,
                "`\(behavior.id)` calls for no redaction",
                reason:
                    "without `otherwise=transform` no words are replaced, so that this is never said",
                help: "take it out, or write `otherwise=transform` at the behavior")
        }
    }

    private static func read(_ node: YAMLNode, _ findings: inout Findings) -> [String: String] {
        if let text = node.scalar { return [standardLanguage: text] }
        var texts: [String: String] = [:]
        for (language, text) in pairs(node, "a reply", &findings) {
            guard let said = text.scalar else {
                findings.add(
                    "replies.bad-value", at: text.range, "a text is expected, not \(text.kind)",
                    help: "write `language: text`")
                continue
            }
            texts[(language.scalar ?? "").lowercased()] = said
        }
        return texts
    }

    private static func pairs(
        _ node: YAMLNode, _ what: String, _ findings: inout Findings
    ) -> [(key: YAMLNode, value: YAMLNode)] {
        findings.pairs(
            of: node, "replies.bad-value", "\(what): a map is expected, not \(node.kind)",
            help: "write `name: …` lines", mayBeUnsaid: false)
    }
}
