import CharterDocuments
import CharterEngine
import Foundation
import Logging
import Testing

@testable import CharterServer

/// docs/openapi.yaml says what the server does: no path more, and none less.
@Suite("The description of the HTTP interface")
struct InterfaceDescriptionTests {
    private static let root: YAMLNode? = {
        let source = SourceText(file: "openapi.yaml", bytes: InterfaceDescription.yaml)
        var findings = Findings(source)
        let root = YAMLReader.read(source.bytes, area: "openapi", &findings)
        return findings.hasErrors ? nil : root
    }()

    private func member(_ names: String...) throws -> YAMLNode {
        var node = try #require(Self.root, "the document is no YAML of the house")
        for name in names {
            node = try #require(Self.members(of: node)[name], "there is no \(name)")
        }
        return node
    }

    private static func members(of node: YAMLNode) -> [String: YAMLNode] {
        guard case .mapping(let pairs) = node.content else { return [:] }
        return Dictionary(
            pairs.map { ($0.key.scalar ?? "", $0.value) }, uniquingKeysWith: { first, _ in first })
    }

    @Test("has each route of the server, and no other")
    func routes() async throws {
        let gateway = try #require(
            Gateway.read(
                Settings(upstreams: [.init(url: "http://127.0.0.1:1/v1")]),
                at: Instant(seconds: 0)
            ).value)
        let server = try GatewayServer(gateway, logger: Logger(label: "test"))
        let routes = server.routes
        try await server.shutdown()
        var described: Set<String> = []
        for (path, item) in Self.members(of: try member("paths")) {
            for method in Self.members(of: item).keys {
                guard method != "parameters", method != "servers" else { continue }
                described.insert("\(method.uppercased()) \(path)")
            }
        }
        #expect(described == Set(routes.clients + routes.admin))
        #expect(routes.admin == ["GET /metrics"])
    }

    @Test(
        "lists exactly the members that a request may have",
        arguments: [
            (["Request"], RequestMembers.request),
            (["Request", "properties", "user"], RequestMembers.user),
            (["Claim"], RequestMembers.claim), (["Adjustment"], RequestMembers.instruction),
            (["Delegation"], RequestMembers.delegation), (["Demand"], RequestMembers.demand),
        ])
    func members(path: [String], keys: [StaticString]) throws {
        var schema = try member("components", "schemas")
        for name in path { schema = try #require(Self.members(of: schema)[name]) }
        let properties = Self.members(of: try #require(Self.members(of: schema)["properties"]))
        #expect(Set(properties.keys) == Set(keys.map { "\($0)" }))
        #expect(Self.members(of: schema)["additionalProperties"]?.scalar == "false")
    }

    @Test("names the version that is running, and refers to nothing that it lacks")
    func references() throws {
        #expect(try member("info", "version").scalar == Version.current)
        let text = String(decoding: InterfaceDescription.yaml, as: UTF8.self)
        let references = text.matches(of: /'#\/components\/(\w+)\/(\w+)'/)
        #expect(references.count > 50)
        for reference in references {
            _ = try member("components", String(reference.1), String(reference.2))
        }
    }
}
