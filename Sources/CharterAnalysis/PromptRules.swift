internal import CharterDocuments
internal import CharterEngine

/// What a prompt has to say: each behavior that is not as a model would have it anyway, or that the
/// request puts at stake.
struct PromptRules {
    /// One behavior in words.
    struct Rule {
        var behavior: BehaviorID
        var title: String
        /// What is in force, and what it means.
        var text: String
        /// Why, as whoever put it in force says it.
        var reason: String?
        var origin: Inheritance.Origin
        /// In charter order.
        var place: Int
        /// Lower is more important.
        var importance: [Int]
    }

    private(set) var rules: [Rule] = []

    /// The most important first: what is at stake, then by tier, then in charter order.
    var byImportance: [Rule] {
        rules.sorted { $0.importance.lexicographicallyPrecedes($1.importance) }
    }

    init(_ documents: PolicyDocuments, _ decision: Decision, _ request: Request) {
        let charter = documents.policy.charter
        let sections = Dictionary(
            documents.charter.sections.compactMap { section in
                section.behavior.map { ($0, section) }
            }, uniquingKeysWith: { first, _ in first })
        let demanded = Set(request.demands.map(\.behavior))
        let steps = Dictionary(grouping: decision.trail, by: \.behavior)
        for (place, behavior) in charter.behaviors.enumerated() {
            let setting = decision.behaviors[place].setting
            let isAtStake = demanded.contains(behavior.id)
            guard setting != behavior.default || isAtStake else { continue }
            let prose = sections[behavior.id].map { PromptProse($0.prose) }
            let step = steps[behavior.id]?.last { step in
                step.reason == nil && step.scope != .root && step.setting == setting
            }
            let origin = step?.origin
            rules.append(
                Rule(
                    behavior: behavior.id, title: behavior.title,
                    text: PromptRules.text(behavior, setting, prose),
                    reason: origin?.notes.reason ?? prose?.why,
                    origin: Inheritance.Origin(
                        layer: origin?.layer?.string, file: origin?.file ?? charter.file,
                        position: origin?.position ?? behavior.source),
                    place: place,
                    importance: [
                        isAtStake ? 0 : 1,
                        Tier.allCases.firstIndex(of: behavior.tier) ?? 0, place,
                    ]))
        }
    }

    private static func text(_ behavior: Behavior, _ setting: Rank, _ prose: PromptProse?) -> String
    {
        let name = behavior.name(of: setting)?.string ?? ""
        let inForce = "`\(behavior.id)` is `\(name)`"
        if behavior.kind == .dial, let meaning = prose?.meaning(of: name) {
            return "\(inForce): \(meaning)"
        }
        return "\(inForce). " + (prose?.rule ?? behavior.title)
    }
}

/// The prose of a behavior, taken apart: its rule, what each value means, and why.
struct PromptProse {
    /// The first paragraph, on one line.
    let rule: String
    /// The first sentence behind *Why.*
    let why: String?

    init(_ prose: String) {
        var (rule, why): (String?, String?) = (nil, nil)
        var rest = prose.utf8[...]
        while rule == nil || why == nil, !rest.isEmpty {
            let end = PromptProse.endOfParagraph(in: rest)
            let paragraph = Substring(rest[..<end])
            rest = rest[end...].drop { $0 == UInt8(ascii: "\n") }
            if !paragraph.utf8.starts(with: "*Why".utf8) {
                rule = rule ?? paragraph.onOneLine
            } else if paragraph.utf8.starts(with: "*Why.*".utf8) {
                why = why ?? PromptProse.sentence(String(paragraph.onOneLine.dropFirst(6)))
            }
        }
        self.rule = rule ?? ""
        self.why = why
    }

    /// Bytes are looked at, since characters would take most of the time that a prompt takes.
    private static func endOfParagraph(in text: Substring.UTF8View) -> String.Index {
        var last: UInt8 = 0
        for (index, byte) in zip(text.indices, text) {
            if byte == UInt8(ascii: "\n"), last == byte { return index }
            last = byte
        }
        return text.endIndex
    }

    /// What the rule says behind a value's name: `` `label`: what the leaflet says. ``
    func meaning(of value: String) -> String? {
        let mark = "`\(value)`: "
        guard let start = rule.firstRange(of: mark)?.upperBound else { return nil }
        let rest = rule[start...]
        // Up to the next value, or to where the values end.
        let end = rest.firstRange(of: " `")?.lowerBound
        let text = end.map { String(rest[..<$0]) } ?? PromptProse.sentence(String(rest))
        return text.isEmpty ? nil : text
    }

    /// Up to the first full stop that ends a sentence.
    private static func sentence(_ text: String) -> String {
        let text = text.drop { $0 == " " }
        guard let end = text.firstRange(of: ". ")?.lowerBound else { return String(text) }
        return String(text[...end])
    }
}

extension StringProtocol {
    /// The words of a text with one space between them: no white space in it begins a line.
    var onOneLine: String {
        var words = String.UnicodeScalarView()
        var isBehindSpace = false
        for scalar in unicodeScalars {
            if scalar.isSpace {
                isBehindSpace = !words.isEmpty
                continue
            }
            if isBehindSpace { words.append(" ") }
            isBehindSpace = false
            words.append(scalar)
        }
        return String(words)
    }
}

extension Unicode.Scalar {
    /// As Unicode has it; its tables are asked for what is no ASCII alone, since they are slow.
    fileprivate var isSpace: Bool {
        isASCII ? value == 0x20 || (0x09...0x0D).contains(value) : properties.isWhitespace
    }
}
