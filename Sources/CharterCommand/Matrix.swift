import ArgumentParser
import CharterDocuments
import CharterEngine
import Foundation

struct Matrix: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows every behavior: its setting, each level's ceiling, and who may adjust it.",
        discussion: "charter matrix --operator community.yaml --channel after_dark --html > matrix.html")

    @OptionGroup var policy: PolicyOptions
    @OptionGroup var request: RequestOptions

    @Option(help: "text or json.")
    var format = OutputFormat.text

    @Flag(help: "One self-contained page instead, light and dark.")
    var html = false

    func run() throws {
        let (documents, user) = try policy.read()
        let decided = try decision(documents.policy, request.read(), user: user)
        let matrix = PolicyMatrix(documents.policy, decided)
        if html {
            print(MatrixPage(matrix, documents).html)
        } else {
            print(format == .json ? matrix.json : Matrix.text(matrix))
        }
    }

    private static func text(_ matrix: PolicyMatrix) -> String {
        DecisionText.table(
            [["behavior", "tier", "setting", "platform", "operator", "user", "who may adjust"]]
                + matrix.rows.map { row in
                    [
                        row.id, row.tier, row.setting, row.platform ?? "–", row.operator ?? "–",
                        row.user ?? "–", row.adjusters,
                    ]
                })
    }
}
