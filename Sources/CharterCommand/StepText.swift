import CharterDocuments
import CharterEngine

/// A step of a trail as people read it.
struct StepText {
    let step: Step
    let policy: Policy

    private var behavior: Behavior? { policy.charter[step.behavior] }

    /// Who took the step: a layer by its name, and the scope where it is not the layer itself.
    var speaker: String {
        let layer = step.origin.layer?.string
        if step.operation == .administrator { return "operator, administrator role" }
        return switch step.scope {
        case .root: "charter"
        case .platform: layer ?? "platform"
        case .operator: layer ?? "operator"
        case .role: "\(layer ?? "operator"), role"
        case .channelEveryone: "\(layer ?? "operator"), channel"
        case .channelRole: "\(layer ?? "operator"), channel's role"
        case .channelMember: "\(layer ?? "operator"), channel's member"
        case .user: layer ?? "user"
        case .platformInstruction: "platform, in a message"
        case .operatorInstruction: "operator, in a message"
        case .userInstruction: "user, in a message"
        case .demand: "demand"
        }
    }

    /// `clinic.yaml:21`; empty for what no document holds.
    var place: String {
        let origin = step.origin
        return origin.file.isEmpty ? "" : "\(origin.file):\(origin.position.line)"
    }

    /// `set ranges`, `when age`.
    var operation: String {
        guard let value = DecisionWriter(policy.charter).spelled(step) else {
            return step.operation.rawValue
        }
        return "\(step.operation.rawValue) \(value)"
    }

    /// Why it was refused, with the name that JSON has for it; nil where it was not.
    var refusal: String? {
        step.reason.map { "refused (\($0.rawValue)): \($0.words)" }
    }

    /// What the layer says about it: `a ward trial (dr.lee, ETH-204)`.
    var notes: String? {
        let notes = step.origin.notes
        let sources = [notes.owner, notes.ticket].compactMap { $0 }.joined(separator: ", ")
        guard let reason = notes.reason else { return sources.isEmpty ? nil : sources }
        return sources.isEmpty ? reason : "\(reason) (\(sources))"
    }
}

extension Reason {
    /// Why, in words.
    var words: String {
        switch self {
        case .notAdjustable: "this level has no say"
        case .aboveCeiling: "it is more than this level may set"
        case .forbidden: "it was forbidden before, and forbidden is final"
        case .notDelegable: "the next level may not be given that much"
        case .protected: "it belongs to a level below, which it cannot be taken from"
        case .denied: "its own level has configured otherwise"
        case .noAuthority: "this source speaks for nobody"
        case .unknownBehavior: "the charter has no such behavior"
        case .unknownValue: "the behavior has no such value"
        case .needsExplicit: "only an explicit instruction moves this behavior"
        case .needsEvidence: "the claim is not shown well enough"
        }
    }
}
