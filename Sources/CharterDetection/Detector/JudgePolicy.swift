public import CharterDocuments
public import CharterEngine

/// The charter as a judge is given it: under each behavior's heading its values, its text with its
/// reasons, and its examples with what they say of each answer. There is no other policy.
public struct JudgePolicy: Sendable {
    /// What the policy is of.
    public let charter: Charter
    /// By behavior: its section, in Markdown.
    private let sections: [BehaviorID: String]

    /// The most behaviors, and the most bytes of policy, of one prompt; a longer section has one of its
    /// own.
    private static let (mostBehaviors, mostBytes) = (8, 24_000)

    /// Renders every behavior of a charter; O(its bytes).
    public init(_ document: CharterDocument) {
        charter = document.charter
        var sections: [BehaviorID: String] = [:]
        for section in document.sections {
            guard let id = section.behavior, sections[id] == nil, let behavior = charter[id]
            else { continue }
            sections[id] = JudgePolicy.text(of: section, behavior)
        }
        self.sections = sections
    }

    /// Behaviors that fit into one prompt together, in charter order; what the charter lacks is left out.
    public func groups(of behaviors: Set<BehaviorID>) -> [[BehaviorID]] {
        var groups: [[BehaviorID]] = []
        var bytes = 0
        for behavior in charter.behaviors where behaviors.contains(behavior.id) {
            let count = section(behavior.id).utf8.count
            let isFull =
                groups.last.map { $0.count == Self.mostBehaviors } ?? true
                || bytes + count > Self.mostBytes
            if isFull {
                groups.append([])
                bytes = 0
            }
            groups[groups.count - 1].append(behavior.id)
            bytes += count
        }
        return groups
    }

    func section(_ id: BehaviorID) -> String { sections[id] ?? "" }

    private static func text(of section: CharterDocument.Section, _ behavior: Behavior) -> String {
        let values = behavior.values.map { "`\($0.string)`" }.joined(separator: ", ")
        let kind =
            behavior.kind == .duty
            ? "A duty: it is exercised where the texts have what makes it owed; its value is `\(behavior.values[0].string)`."
            : "Values, the most careful first: \(values)."
        let parts =
            ["## \(section.title) (`\(behavior.id)`)", kind, section.prose]
            + section.examples.map(text(of:))
        return parts.filter { !$0.isEmpty }.joined(separator: "\n\n")
    }

    private static func text(of example: Example) -> String {
        var lines = ["### Example" + (example.caption.map { ": \($0)" } ?? "")]
        for turn in example.turns {
            switch turn {
            case .message(let message): lines.append(text(of: message, nil))
            case .passage(let passage): lines.append(passage.text)
            case .comparison(let comparison):
                for answer in comparison.answers {
                    for (message, place) in zip(answer.messages, 0...) {
                        lines.append(text(of: message, place == 0 ? answer : nil))
                    }
                }
            }
        }
        return lines.joined(separator: "\n")
    }

    /// `[assistant, BAD: the frame does not matter]`, and under it what is said.
    private static func text(of message: Example.Message, _ answer: Example.Answer?) -> String {
        let grade = answer?.grade.map { ", \($0.rawValue)" } ?? ""
        let remark = answer?.remark.map { ": \($0)" } ?? ""
        return "[\(message.role.rawValue)\(grade)\(remark)]\n\(message.text)"
    }
}
