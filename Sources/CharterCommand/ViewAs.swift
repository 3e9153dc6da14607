import ArgumentParser
import CharterDocuments
import CharterEngine

struct ViewAs: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "view-as",
        abstract: "Shows what somebody with these roles may do in a channel, and why.",
        discussion: """
            As Discord's *View Server As Role*: what the user has, what the user may ask for, and \
            which line of which document opens or closes it. Behaviors that no layer speaks of \
            are left out, unless they are named.
            """)

    @OptionGroup var policy: PolicyOptions
    @OptionGroup var request: RequestOptions

    @Argument(help: "Behaviors to show; unsaid: those of which a layer says something here.")
    var behaviors: [String] = []

    @Option(help: "How to write it; JSON is the decision with its `trail`.")
    var format = OutputFormat.text

    func run() throws {
        let (documents, user) = try policy.read()
        let charter = documents.policy.charter
        let request = try request.read(for: documents)
        let decided = try decision(documents.policy, request, user: user, withTrail: true)
        guard format == .text else {
            print(DecisionWriter(charter).json(decided, trail: true))
            return
        }
        let moved = Set(decided.trail.filter { $0.scope != .root }.map(\.behavior))
        let shown =
            try charter.behaviors(named: behaviors)
            ?? charter.indices.filter { moved.contains(charter[$0].id) }
        print(Output.visible(ViewAs.lines(documents.policy, request, decided, shown)))
    }

    private static func lines(
        _ policy: Policy, _ request: Request, _ decision: Decision, _ shown: [BehaviorIndex]
    ) -> [String] {
        let rows = shown.map { index in
            let behavior = policy.charter[index]
            let decided = decision.behaviors[index.number]
            let steps = decision.trail.filter { $0.behavior == behavior.id }
            let last = steps.last { $0.scope != .root } ?? steps.last
            let why = last.map { step in
                let text = StepText(step: step, policy: policy)
                return "\(text.speaker): \(text.operation)"
                    + (text.place.isEmpty ? "" : " (\(text.place))")
                    + (text.refusal.map { ", \($0)" } ?? "")
            }
            return [
                behavior.id.text.string, behavior.spelled(decided.setting),
                Reach(decided.ceilings.user, setting: decided.setting).words(behavior), why ?? "",
            ]
        }
        let roles = request.roles.map(\.string).joined(separator: ", ")
        var lines = [
            (request.roles.isEmpty ? "somebody without a role" : "somebody with \(roles)")
                + (request.channel.map { ", in \($0)" } ?? "")
        ]
        if !decision.ignoredRoles.isEmpty {
            let names = decision.ignoredRoles.map { "`\($0.string)`" }.joined(separator: ", ")
            lines.append("the operator does not define \(names)")
        }
        if rows.isEmpty { return lines + ["no layer says anything; everything is the charter's"] }
        return lines + TextTable([["behavior", "is", "the user may", "last said by"]] + rows).lines
    }
}
