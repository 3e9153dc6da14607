import CharterDocuments
import CharterEngine
@testable import CharterGateway
import Foundation
import Testing

/// The vectors of AuthZEN's working group, each set under a charter that says what its policy says.
@Suite("AuthZEN")
struct AccessPointTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(
            path: "Vectors/authzen")

    private static func source(_ path: String) throws -> SourceText {
        SourceText(
            file: path, bytes: Array(try Data(contentsOf: folder.appending(path: path))))
    }

    static func point(_ charter: String, _ name: String) throws -> AccessPoint {
        let document = try #require(
            CharterDocument.read(try source("policies/\(charter).md")).value)
        let reading = PolicyDocuments.read(
            document, operators: [try source("policies/\(name).yaml")])
        let documents = try #require(
            reading.value, "\(DiagnosticText.render(reading.diagnostics))")
        let mapping = AccessMapping.read(
            try source("policies/\(name).access.yaml"), document.charter,
            claims: documents.declaredClaims)
        return AccessPoint(
            documents.policy,
            try #require(mapping.value, "\(DiagnosticText.render(mapping.diagnostics))"))
    }

    /// A file of vectors with what answers it.
    struct File: Sendable, CustomTestStringConvertible {
        var path: String
        var charter: String
        var policy: String
        var search: AccessPoint.Search?
        var count: Int
        var testDescription: String { path }
    }

    static let files = [
        File(
            path: "todo/decisions-authorization-api-1_0-00.json", charter: "todo", policy: "todo",
            count: 40),
        File(
            path: "todo/decisions-authorization-api-1_0-01.json", charter: "todo", policy: "todo",
            count: 40),
        File(
            path: "todo/decisions-authorization-api-1_0-02.json", charter: "todo", policy: "todo",
            count: 43),
        File(path: "gateway/decisions.json", charter: "todo", policy: "gateway", count: 25),
        File(
            path: "search/subject/results.json", charter: "records", policy: "records",
            search: .subject, count: 60),
        File(
            path: "search/resource/results.json", charter: "records", policy: "records",
            search: .resource, count: 18),
        File(
            path: "search/action/results.json", charter: "records", policy: "records",
            search: .action, count: 120),
        File(
            path: "idp/results.json", charter: "records", policy: "records", search: .resource,
            count: 6),
    ]

    @Test("Every vector of the working group comes out as expected", arguments: files)
    func vectors(file: File) throws {
        let point = try Self.point(file.charter, file.policy)
        let root = try JSONDocument(try Self.source(file.path).bytes).root
        let now = Instant(seconds: 1_800_000_000)
        var count = 0
        for (key, isBatch) in [("evaluation", false), ("search", false), ("evaluations", true)] {
            let cases = root.children.first { $0.key.elementsEqual(key.utf8) }
            for entry in cases?.children.map({ $0 }) ?? [] {
                count += 1
                let body = Array(try #require(entry["request"]).raw)
                let expected = try #require(entry["expected"])
                let answer: [UInt8]
                if let search = file.search {
                    answer = try point.search(search, body, at: now)
                } else if isBatch {
                    answer = try point.evaluations(body, at: now)
                } else {
                    answer = try point.evaluation(body, at: now)
                }
                let found = try JSONDocument(answer).root
                #expect(
                    Self.plain(found, file.search, isBatch)
                        == Self.plain(expected, file.search, isBatch),
                    "\(String(decoding: body, as: UTF8.self))")
            }
        }
        #expect(count == file.count)
    }

    /// What is compared: decisions in order, results as a set.
    private static func plain(
        _ value: JSONValue, _ search: AccessPoint.Search?, _ isBatch: Bool
    ) -> [String] {
        if search != nil {
            return
                (value["results"]?.children.map { entry in
                    ["type", "id", "name"].compactMap { key in
                        entry.children.first { $0.key.elementsEqual(key.utf8) }?.string
                    }.joined(separator: " ")
                } ?? []).sorted()
        }
        let decisions =
            isBatch
            ? (value["evaluations"] ?? value).children.map { $0["decision"] ?? $0 }
            : [value["decision"] ?? value]
        return decisions.map { "\($0.boolean.map(String.init) ?? "none")" }
    }
}
