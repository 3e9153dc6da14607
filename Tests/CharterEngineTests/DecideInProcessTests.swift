import CharterEngine
import Foundation
import Testing

/// The example of docs/library.md: `DoseDesk.swift` is what it shows.
@Suite("Decide in process")
struct DecideInProcessTests {
    @Test(
        "The example says what the page says of it",
        arguments: [
            (["clinician"], "allow", ["dosage"]), (["patient"], "guide", []), ([], "guide", []),
        ])
    func example(roles: [String], act: String, byAsking: [String]) throws {
        let desk = try #require(try DoseDesk())
        let verdict = try desk.verdictOnExactDose(roles: roles.map { .init($0) })
        #expect(verdict.act.rawValue == act)
        let asked = verdict.byAsking.map { desk.policy.charter[$0].id.description }
        #expect(asked == byAsking)
    }

    @Test("The page shows the very code that is compiled here")
    func page() throws {
        // In Tests/Release this folder is a link.
        let folder = URL(filePath: #filePath).resolvingSymlinksInPath().deletingLastPathComponent()
        let root = folder.deletingLastPathComponent().deletingLastPathComponent()
        let code = try String(contentsOf: folder.appending(path: "DoseDesk.swift"), encoding: .utf8)
        let page = try String(contentsOf: root.appending(path: "docs/library.md"), encoding: .utf8)
        let block = page.components(separatedBy: "```swift\n").dropFirst().first?
            .components(separatedBy: "```\n").first
        #expect(block == code)
    }
}
