import Foundation
import Testing

/// The map of rules at the end of docs/semantics.md leads to what it names.
@Suite("The map of rules")
struct RuleMapTests {
    private static let page = SourceFile.root.appending(path: "docs/semantics.md")

    /// `[suite: `words`](../path)`, or `[`symbol`](../path)`.
    private struct Entry {
        var name: String
        var path: String
    }

    private static func entries() throws -> [Entry] {
        let text = try String(contentsOf: page, encoding: .utf8)
        let map = text.components(separatedBy: "\n## Where each rule is done\n").last ?? ""
        let link = /\[(?:[\w. ]+: )?`([^`]+)`\]\(\.\.\/([^)#]+)\)/
        return map.matches(of: link).map { Entry(name: String($0.1), path: String($0.2)) }
    }

    @Test("names what is in the file that it leads to")
    func names() throws {
        let entries = try Self.entries()
        #expect(entries.count > 200)
        var texts: [String: String] = [:]
        for entry in entries {
            if texts[entry.path] == nil {
                let file = SourceFile.root.appending(path: entry.path)
                texts[entry.path] = try? String(contentsOf: file, encoding: .utf8)
            }
            guard let text = texts[entry.path] else {
                Issue.record("\(entry.path) is not there")
                continue
            }
            // A broken document is the file itself; of a symbol the last part stands in the file.
            if entry.path.hasSuffix(entry.name) { continue }
            let symbol = entry.name.prefix { $0 != "(" }.split(separator: ".").last.map(String.init)
            let sought =
                entry.path.hasPrefix("Sources/") || entry.name.hasPrefix("Law.")
                ? symbol ?? entry.name
                : entry.name.replacingOccurrences(of: "\"", with: "\\\"")
                    .replacingOccurrences(of: "\\|", with: "|")
            let isThere = text.contains(sought)
            #expect(isThere, "\(entry.path) has no \(entry.name)")
        }
    }

    @Test("has a row for every error of §9 and every reason of a step")
    func rows() throws {
        let names = Set(
            try String(contentsOf: Self.page, encoding: .utf8)
                .components(separatedBy: "\n## Where each rule is done\n").last?
                .matches(of: /`([a-z_.-]+)`/).map { String($0.1) } ?? [])
        let reasons = [
            "not_adjustable", "above_ceiling", "forbidden", "not_delegable", "protected", "denied",
            "no_authority", "unknown_behavior", "unknown_value", "needs_explicit", "needs_evidence",
        ]
        for reason in reasons { #expect(names.contains(reason), "\(reason)") }
        let page = try String(
            contentsOf: SourceFile.root.appending(path: "docs/semantics.md"), encoding: .utf8)
        let errors =
            page.components(separatedBy: "\n## 9").dropFirst().first?
            .components(separatedBy: "\n## Where").first?
            .matches(of: /`((?:charter|layer|condition|request)\.[a-z-]+)`/).map { String($0.1) }
            ?? []
        #expect(errors.count > 20)
        for error in errors { #expect(names.contains(error), "\(error)") }
    }
}
