import CharterAnalysis
import CharterDocuments
import CharterEngine
import Foundation
import Testing

/// The templates are what their pages say, and every adjustment of theirs is needed by a test.
@Suite("Templates")
struct TemplateTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()
    private static let folder = root.appending(path: "Charters/templates")

    static let names: [String] = {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return files.filter { $0.hasSuffix(".yaml") && !$0.hasSuffix(".test.yaml") }
            .map { String($0.dropLast(5)) }.sorted()
    }()

    private static func source(_ file: URL) throws -> SourceText {
        SourceText(file: file.lastPathComponent, bytes: Array(try Data(contentsOf: file)))
    }

    private static func documents(_ name: String) throws -> PolicyDocuments {
        let charter = try #require(
            CharterDocument.read(try source(root.appending(path: "Charters/standard.md"))).value)
        let reading = PolicyDocuments.read(
            charter, operators: [try source(folder.appending(path: "\(name).yaml"))])
        let documents = try #require(reading.value, "\(DiagnosticText.render(reading.diagnostics))")
        let warnings = documents.doubts.filter { $0.severity > .note }
        #expect(warnings.isEmpty, "\(DiagnosticText.render(warnings))")
        return documents
    }

    @Test("There is one for each of ten domains")
    func all() {
        #expect(Self.names.count == 10, "\(Self.names)")
    }

    @Test("Each has twenty tests or more, which pass, and need every adjustment", arguments: names)
    func tests(name: String) throws {
        let documents = try Self.documents(name)
        let file = Self.folder.appending(path: "\(name).test.yaml")
        let document = try #require(PolicyTestDocument.read(try Self.source(file)).value)
        #expect(document.tests.count >= 20)
        for test in document.tests {
            let difference = test.difference(documents.policy, user: nil)
            #expect(difference == nil, "\(test.name)")
        }
        let needs = try PolicyTestNeeds(documents, document.tests, user: nil)
        #expect(needs.unneeded.isEmpty, "\(needs.unneeded)")
        #expect(needs.count >= 8)
    }

    @Test("The summary on its page is the tool's", arguments: names)
    func page(name: String) throws {
        let inheritance = try #require(try Inheritance(try Self.documents(name)))
        let page = try String(
            contentsOf: Self.folder.appending(path: "\(name).md"), encoding: .utf8)
        let summary = page.components(separatedBy: "<!-- inherit -->\n").dropFirst().first?
            .components(separatedBy: "<!-- /inherit -->").first
        let matches = summary == inheritance.summary
        #expect(matches, "charter inherit --summary Charters/templates/\(name).yaml")
    }
}
