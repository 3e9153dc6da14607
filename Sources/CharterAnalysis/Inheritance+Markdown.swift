internal import CharterEngine

extension Inheritance {
    /// A summary for a page about a template: what it sets, and how much it leaves as it is.
    public var summary: String {
        let said = entries.filter(\.isSaid)
        let inherited = entries.filter { !$0.isSaid }
        var lines = [
            "It sets \(said.count) of \(entries.count) behaviors; for a request that shows nothing, this is in force:",
            "", "| behavior | in force | the layer says | users may |", "| --- | --- | --- | --- |",
        ]
        for entry in said {
            let words = entry.adjustments.map { said in
                said.operations.joined(separator: ", ")
                    + (said.condition.map { " when `\($0.replacing("|", with: "\\|"))`" } ?? "")
            }
            let users =
                entry.userMore.map { entry.isSwitch ? "turn it \($0)" : "have up to \($0)" }
                ?? (entry.mayUserChange ? "be more careful" : "not change it")
            lines.append(
                "| `\(entry.behavior)` | \(entry.setting) | \(words.joined(separator: "; ")) | \(users) |"
            )
        }
        let open = inherited.filter(\.mayOperatorChange).count
        let hardcoded = inherited.filter(\.isHardcoded).count
        lines += [
            "",
            "Of the \(inherited.count) that it inherits, whoever extends it may change \(open); "
                + "\(hardcoded) are hardcoded.",
        ]
        return lines.joined(separator: "\n") + "\n"
    }
}
