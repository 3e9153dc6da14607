public import CharterEngine

/// The prose of a behavior, taken apart: its rule, what each value means, and why.
public struct BehaviorProse: Sendable {
    /// The first paragraph, on one line.
    private let rule: String
    /// The first sentence behind *Why.*
    let why: String?

    /// Takes apart what stands under a behavior's heading; O(its bytes).
    public init(_ prose: String) {
        var (rule, why): (String?, String?) = (nil, nil)
        var rest = prose.utf8[...]
        while rule == nil || why == nil, !rest.isEmpty {
            let end = BehaviorProse.endOfParagraph(in: rest)
            let paragraph = Substring(rest[..<end])
            rest = rest[end...].drop { $0 == UInt8(ascii: "\n") }
            if !paragraph.utf8.starts(with: "*Why".utf8) {
                rule = rule ?? paragraph.onOneLine
            } else if paragraph.utf8.starts(with: "*Why.*".utf8) {
                why = why ?? BehaviorProse.sentence(String(paragraph.onOneLine.dropFirst(6)))
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

    /// What is in force, as a rule for a model: `` `doses` is `label`: what the leaflet says. ``
    public func inForce(_ setting: Rank, of behavior: Behavior) -> String {
        let name = behavior.name(of: setting)?.string ?? ""
        let inForce = "`\(behavior.id)` is `\(name)`"
        if behavior.kind == .dial, let meaning = meaning(of: name, in: behavior) {
            return "\(inForce): \(meaning)"
        }
        return "\(inForce). " + (rule.isEmpty ? behavior.title : rule)
    }

    /// What the rule says behind a value's name, up to the next value's or to the end of the sentence.
    private func meaning(of value: String, in behavior: Behavior) -> String? {
        guard let start = rule.firstRange(of: "`\(value)`: ")?.upperBound else { return nil }
        let rest = rule[start...]
        let next = behavior.values.compactMap { rest.firstRange(of: " `\($0)`: ")?.lowerBound }
            .min()
        let text = next.map { String(rest[..<$0]) } ?? BehaviorProse.sentence(String(rest))
        return text.isEmpty ? nil : text
    }

    /// Up to the first full stop that ends a sentence.
    private static func sentence(_ text: String) -> String {
        let text = text.drop { $0 == " " }
        guard let end = text.firstRange(of: ". ")?.lowerBound else { return String(text) }
        return String(text[...end])
    }
}
