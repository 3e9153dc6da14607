import ArgumentParser
import CharterDocuments
import CharterEngine
import Foundation

struct Matrix: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows every behavior: its setting, each level's ceiling, and who may adjust it.",
        discussion: """
            The ceiling is the highest value that a level may put in force; a dash says
            that it has no say. For example:

              charter matrix --operator clinic.yaml --html > matrix.html
            """)

    @OptionGroup var policy: PolicyOptions
    @OptionGroup var request: RequestOptions

    @Option(help: "How to write it.")
    var format = OutputFormat.text

    @Flag(help: "One self-contained page for a browser instead.")
    var html = false

    func validate() throws {
        if html, format == .json {
            throw ValidationError("--html and --format json exclude each other")
        }
    }

    func run() throws {
        let (documents, user) = try policy.read()
        let request = try request.read(for: documents)
        let decided = try decision(documents.policy, request, user: user, withTrail: html)
        if html {
            print(MatrixPage(documents, decided, request).html)
        } else {
            let matrix = PolicyMatrix(documents.policy, decided)
            print(format == .json ? matrix.json : Matrix.text(matrix))
        }
    }

    /// A table with the tiers as headings.
    private static func text(_ matrix: PolicyMatrix) -> String {
        var rows = [["behavior", "setting", "platform", "operator", "user", "who may adjust it"]]
        var tiers: [Int: String] = [:]
        for tier in Tier.allCases.map(\.rawValue) {
            let members = matrix.rows.filter { $0.tier == tier }
            if !members.isEmpty { tiers[rows.count] = tier }
            rows += members.map { row in
                [
                    row.id, row.setting, row.platform ?? "–", row.operator ?? "–", row.user ?? "–",
                    row.adjusters,
                ]
            }
        }
        let lines = TextTable(rows).lines.enumerated().flatMap { number, line in
            (tiers[number].map { ["", $0] } ?? []) + ["  " + line]
        }
        return Output.visible(lines)
    }
}
