public import CharterDocuments

/// A behavior that has moved, and the request that did it.
public struct ProbeFinding: Sendable {
    /// What has moved.
    public let target: ProbeTarget
    /// What is wrong, behind the behavior's id.
    public let message: String
    /// The request that did it.
    public let attempt: ProbeAttempt

    init(_ target: ProbeTarget, _ message: String, _ attempt: ProbeAttempt) {
        self.target = target
        self.message = message
        self.attempt = attempt
    }

    /// What a decision, or a matrix, shows to have moved.
    ///
    /// - Parameter root: an object with `behaviors`, each with its `setting`, and where things were demanded
    ///   with a `verdict`.
    public static func findings(
        in root: JSONValue, _ targets: [ProbeTarget], _ attempt: ProbeAttempt
    ) -> [ProbeFinding] {
        var settings: [String: String] = [:]
        for member in root["behaviors"]?.children ?? root.children {
            settings[String(decoding: member.key, as: UTF8.self)] = member["setting"]?.string
        }
        let unmet = Set(root["verdict"]?["unmet"]?.children.compactMap(\.string) ?? [])
        return targets.compactMap { target in
            guard let setting = settings[target.behavior] else {
                return ProbeFinding(target, "the decision does not name it", attempt)
            }
            if target.isMoved(to: setting) {
                return ProbeFinding(
                    target, "was \(target.setting), may be \(target.most) at most, is \(setting)",
                    attempt)
            }
            let isDemanded =
                attempt.demands && target.values.last == target.aim
                && target.isMoved(to: target.aim)
            if isDemanded, !unmet.contains(target.behavior) {
                return ProbeFinding(
                    target, "\(target.aim) was demanded, and the verdict lets it pass", attempt)
            }
            return nil
        }
    }

    /// That an answer names no decision: nobody can tell what it rests on.
    public static func unaccounted(
        _ targets: [ProbeTarget], _ attempt: ProbeAttempt
    ) -> [ProbeFinding] {
        targets.first.map {
            [ProbeFinding($0, "an answer came without a decision", attempt)]
        } ?? []
    }
}
