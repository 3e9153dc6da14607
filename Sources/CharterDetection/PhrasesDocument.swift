public import CharterDocuments
public import CharterEngine

/// What a sentence instructs: one entry of `NAME.phrases.yaml`.
public struct Phrase: Sendable, Hashable {
    /// What an adjustment that says the same would do.
    public enum Operation: String, Sendable, CaseIterable {
        case set, allow, deny, forbid
    }

    /// Which behavior.
    public var behavior: BehaviorID
    /// Which value of it.
    public var value: Text
    /// `set` where it is unsaid.
    public var operation: Operation
    /// Whether the sentence only hints at it (SEMANTICS §6: implicit).
    public var isImplied: Bool
    /// What is looked for in a sentence.
    public var form: Pattern.Form
}

/// `NAME.phrases.yaml`: how people say what they would have a model do, beside the charter `NAME.md`.
///
/// A list of maps: `behavior`, `value`, `op` (unsaid `set`), `implied` (unsaid `false`), `literal` or
/// `regex`. It is matched sentence by sentence.
public struct PhrasesDocument: Sendable {
    /// The document that it was read from.
    public let source: SourceText
    /// In the order of the document.
    public let phrases: [Phrase]
    private let forms: [Range<Int>]

    /// Reads phrases for a charter, without compiling; all that is wrong at once.
    public static func read(
        _ source: SourceText, for charter: Charter
    ) -> Reading<PhrasesDocument> {
        if let bound = source.bounds(area: "phrases") {
            return Reading(value: nil, diagnostics: [bound])
        }
        var reader = PhrasesReader(source, charter)
        reader.read()
        let document = PhrasesDocument(
            source: source, phrases: reader.phrases, forms: reader.forms)
        return Reading(value: document, diagnostics: reader.findings.diagnostics)
    }

    /// Compiles the phrases; about a millisecond for each.
    public func compile() -> Reading<PhraseFinder> {
        do throws(PatternProblems) {
            return Reading(value: try PhraseFinder(phrases), diagnostics: [])
        } catch {
            var findings = Findings(source)
            for problem in error.problems {
                findings.add(
                    "phrases.bad-regex", at: problem.pattern.map { forms[$0] } ?? 0..<1,
                    "this cannot be looked for: \(problem.kind)",
                    reason: "the dialect is Vectorscan's, and a match has a bounded length")
            }
            return Reading(value: nil, diagnostics: findings.diagnostics)
        }
    }
}

/// Reads the entries of one document.
private struct PhrasesReader {
    var findings: Findings
    let charter: Charter
    var phrases: [Phrase] = []
    var forms: [Range<Int>] = []

    private static let keys = ["behavior", "value", "op", "implied", "literal", "regex"]
    private static let most = 5_000

    init(_ source: SourceText, _ charter: Charter) {
        findings = Findings(source)
        self.charter = charter
    }

    mutating func read() {
        guard let root = YAMLReader.read(findings.source.bytes, area: "phrases", &findings),
            root.scalar != ""
        else { return }
        guard case .sequence(let entries) = root.content, entries.count <= PhrasesReader.most
        else {
            findings.add(
                "phrases.syntax", at: root.range,
                "phrases are a list of at most \(PhrasesReader.most), not \(root.kind)",
                help: "begin each phrase with `- behavior: …`")
            return
        }
        for entry in entries { read(entry) }
    }

    private mutating func read(_ entry: YAMLNode) {
        guard case .mapping(let pairs) = entry.content else {
            findings.add(
                "phrases.bad-value", at: entry.range, "a phrase is a map, not \(entry.kind)",
                help: "write `- {behavior: ID, value: VALUE, regex: REGEX}`")
            return
        }
        var values: [String: (text: String, range: Range<Int>)] = [:]
        for (key, value) in pairs {
            let name = key.scalar ?? ""
            guard PhrasesReader.keys.contains(name) else {
                findings.add(
                    "phrases.unknown-key", at: key.range, "a phrase has no `\(name)`",
                    help: NearestName.help(for: name, among: PhrasesReader.keys)
                        ?? "a phrase has "
                        + PhrasesReader.keys.map { "`\($0)`" }.joined(separator: ", "))
                continue
            }
            guard let text = value.scalar else {
                findings.add(
                    "phrases.bad-value", at: value.range, "`\(name)` is a text, not \(value.kind)")
                continue
            }
            values[name] = (text, value.range)
        }
        guard let behavior = behavior(values["behavior"], entry),
            let value = value(values["value"], behavior, entry),
            let operation = operation(values["op"]), let isImplied = bool(values["implied"]),
            let form = form(values["literal"], values["regex"], entry)
        else { return }
        phrases.append(
            Phrase(
                behavior: behavior.id, value: value, operation: operation, isImplied: isImplied,
                form: form.form))
        forms.append(form.range)
    }

    private mutating func behavior(
        _ value: (text: String, range: Range<Int>)?, _ entry: YAMLNode
    ) -> Behavior? {
        let name = value?.text ?? ""
        if let behavior = charter[BehaviorID(Text(name))] { return behavior }
        findings.add(
            value == nil ? "phrases.bad-value" : "phrases.unknown-behavior",
            at: value?.range ?? entry.range,
            value == nil
                ? "the phrase names no behavior" : "the charter has no behavior `\(name)`",
            help: NearestName.help(for: name, among: charter.behaviors.map(\.id.text.string)))
        return nil
    }

    private mutating func value(
        _ value: (text: String, range: Range<Int>)?, _ behavior: Behavior, _ entry: YAMLNode
    ) -> Text? {
        if let value, behavior.rank(of: Text(value.text)) != nil { return Text(value.text) }
        findings.add(
            value == nil ? "phrases.bad-value" : "phrases.unknown-value",
            at: value?.range ?? entry.range,
            value == nil
                ? "the phrase names no value"
                : "`\(behavior.id)` has no value `\(value?.text ?? "")`",
            help: "write one of " + behavior.values.map { "`\($0)`" }.joined(separator: ", "))
        return nil
    }

    private mutating func operation(
        _ value: (text: String, range: Range<Int>)?
    ) -> Phrase.Operation? {
        guard let value else { return .set }
        if let operation = Phrase.Operation(rawValue: value.text) { return operation }
        findings.add(
            "phrases.bad-value", at: value.range, "there is no operation `\(value.text)`",
            help: "write `set`, `allow`, `deny` or `forbid`")
        return nil
    }

    private mutating func bool(_ value: (text: String, range: Range<Int>)?) -> Bool? {
        switch value?.text {
        case nil, "false": return false
        case "true": return true
        default:
            findings.add(
                "phrases.bad-value", at: value?.range ?? 0..<1, "`implied` is `true` or `false`")
            return nil
        }
    }

    private mutating func form(
        _ literal: (text: String, range: Range<Int>)?, _ regex: (text: String, range: Range<Int>)?,
        _ entry: YAMLNode
    ) -> (form: Pattern.Form, range: Range<Int>)? {
        switch (literal, regex) {
        case (let literal?, nil): return (.literal(literal.text), literal.range)
        case (nil, let regex?): return (.regex(regex.text), regex.range)
        default:
            findings.add(
                "phrases.bad-value", at: entry.range,
                "a phrase has either a `literal` or a `regex`")
            return nil
        }
    }
}
