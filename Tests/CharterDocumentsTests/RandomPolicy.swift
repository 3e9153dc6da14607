import CharterDocuments
import CharterEngine
import Foundation
import Testing

/// The policies of the random vectors, for tests that ask them other questions.
struct RandomPolicy {
    var name: String
    var documents: PolicyDocuments
    var user: LayerDocument?

    static func all() throws -> [RandomPolicy] {
        let data = try Data(contentsOf: VectorTests.folder.appending(path: "random.jsonl"))
        return try data.split(separator: UInt8(ascii: "\n")).map { line in
            try RandomPolicy(JSONDocument(Array(line)).root)
        }
    }

    private init(_ json: JSONValue) throws {
        func source(_ file: String, _ value: JSONValue) -> SourceText {
            SourceText(file: file, bytes: Array(value.text ?? []))
        }
        func find(_ name: String) -> SourceText? {
            json["templates"]?.children.first { $0.key.elementsEqual(name.utf8) }.map {
                source("\(name).yaml", $0)
            }
        }
        name = try #require(json["case"]?.string)
        let markdown = try #require(json["charter"])
        let charter = try #require(CharterDocument.read(source("charter.md", markdown)).value)
        let layers = json["layers"]
        let list = layers?["operator"].map { $0.kind == .list ? Array($0.children) : [$0] } ?? []
        let reading = PolicyDocuments.read(
            charter, platform: layers?["platform"].map { source("platform.yaml", $0) },
            operators: list.enumerated().map { source("operator\($0.offset).yaml", $0.element) },
            templates: find)
        documents = try #require(reading.value)
        user = layers?["user"].flatMap {
            LayerDocument.read(
                source("user.yaml", $0), in: .init(charter: charter.charter, level: .user),
                templates: find
            ).value
        }
    }

    /// A request with roles, a channel, claims and instructions at random, of all evidence.
    func request(_ random: inout some RandomNumberGenerator) -> Request {
        let layer = documents.operators.last?.layer
        var request = Request()
        request.roles = (layer?.roles ?? []).map(\.name).filter { _ in Bool.random(using: &random) }
        let channels = layer?.channels ?? []
        request.channel = channels.randomElement(using: &random)?.name
        let members = channels.flatMap { $0.members.keys }
        request.user = members.sorted().randomElement(using: &random)
        request.at = Instant(parsing: "20\(Int.random(in: 24...29, using: &random))-06-01")
        request.surface = ["app", "web", "phone"].randomElement(using: &random).map { Text($0) }
        for (name, values) in RandomPolicy.claims where Int.random(in: 0..<4, using: &random) > 0 {
            guard let value = values.randomElement(using: &random),
                let evidence = Evidence.allCases.randomElement(using: &random)
            else { continue }
            request.claims[name] = Claim(value, evidence)
        }
        for behavior in documents.charter.charter.behaviors {
            for level in [Level.platform, .operator, .user]
            where Int.random(in: 0..<4, using: &random) == 0 {
                guard let value = behavior.values.randomElement(using: &random) else { continue }
                request.instructions.append(
                    Instruction(from: .principal(level), .set(behavior.id, value)))
            }
        }
        return request
    }

    private static let claims: [(Text, [ClaimValue])] = [
        ("age", [.int(3), .int(15), .int(18), .int(34), .int(70)]),
        ("profession", ["nurse", "physician", "pharmacist"].map { .text(Text($0)) }),
        ("member", [.bool(true), .bool(false)]),
        ("score", [.double(-2.5), .double(0.25), .double(0.5), .int(1), .int(9)]),
        ("region", ["Bern", "Basel", "EU", ""].map { .text(Text($0)) }),
        ("tenure", [.int(0), .int(3), .int(26)]),
    ]
}
