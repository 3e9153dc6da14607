import CharterDocuments
import Foundation
import Testing

@Suite("Vectors of the semantics")
struct VectorTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Vectors/semantics")

    static func vectors(_ file: String) throws -> [Vector] {
        let data = try Data(contentsOf: folder.appending(path: file))
        return try data.split(separator: UInt8(ascii: "\n")).map { line in
            try #require(Vector(JSONDocument(Array(line)).root))
        }
    }

    @Test("Every vector agrees", arguments: [("basics.jsonl", 972), ("random.jsonl", 600)])
    func agrees(file: String, count: Int) throws {
        let vectors = try VectorTests.vectors(file)
        #expect(vectors.count == count)
        for vector in vectors {
            let difference = vector.difference()
            #expect(difference == nil, "\(vector.name)")
        }
    }
}
