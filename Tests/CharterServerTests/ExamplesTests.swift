import CharterAnalysis
import CharterDocuments
import CharterEngine
import CharterServer
import Foundation
import Testing

/// The examples are as good as they tell others to be.
@Suite("Examples")
struct ExamplesTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Examples")

    static let names = ["clinic", "coding_agent", "community", "teen_tutor"]

    @Test(
        "Their layers are without warnings, their tests pass, and need all that a layer says",
        arguments: names)
    func example(name: String) throws {
        let layer = Self.folder.appending(path: "\(name)/\(name).yaml").path
        let reading = try PolicyFiles(charterPath: nil).read(innermost: layer)
        let documents = try #require(reading.value, "\(DiagnosticText.render(reading.diagnostics))")
        #expect((reading.diagnostics + documents.doubts).allSatisfy { $0.severity == .note })
        let tests = Self.folder.appending(path: "\(name)/\(name).test.yaml").path
        let document = try #require(
            PolicyTestDocument.read(try PolicyFiles.source(tests)).value)
        #expect(document.tests.count >= 8)
        for test in document.tests {
            let difference = test.difference(documents.policy, user: nil)
            #expect(difference == nil, "\(test.name)")
        }
        let needs = try PolicyTestNeeds(documents, document.tests, user: nil)
        #expect(needs.unneeded.filter { $0.file == layer }.isEmpty, "\(needs.unneeded)")
    }
}
