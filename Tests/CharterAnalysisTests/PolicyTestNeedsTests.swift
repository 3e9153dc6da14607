import CharterAnalysis
import CharterDocuments
import CharterEngine
import Testing

/// Which adjustments no test needs.
@Suite("Policy test needs")
struct PolicyTestNeedsTests {
    private static let charter = """
        # Desk

        ## A {#a authority=operator default=off delegable=user}

        ## B {#b authority=operator default=on}
        """

    private func needs(_ layer: String, _ tests: String) throws -> PolicyTestNeeds {
        let charter = try #require(
            CharterDocument.read(SourceText(file: "desk.md", text: Self.charter)).value)
        let reading = PolicyDocuments.read(
            charter, operators: [SourceText(file: "layer.yaml", text: layer)])
        let documents = try #require(reading.value, "\(reading.diagnostics)")
        let document = try #require(
            PolicyTestDocument.read(SourceText(file: "t", text: "tests:\n\(tests)")).value)
        for test in document.tests {
            #expect(test.difference(documents.policy, user: nil) == nil, "\(test.name)")
        }
        return try PolicyTestNeeds(documents, document.tests, user: nil)
    }

    private static let layer = """
        layer: operator
        adjust:
          a: {set: on, allow: on}
          b: off
        roles:
          x: {adjust: {b: on}}
        channels:
          c: {everyone: {a: {deny: on}}, roles: {x: {a: {allow: on}}}, members: {u: {a: {forbid: on}}}}
        """

    @Test("What no test sees is told, each operation by itself")
    func unneeded() throws {
        let needs = try needs(
            Self.layer, "  - {name: n, expect: {behaviors: {a: {setting: on}}}}\n")
        #expect(needs.count == 7)
        #expect(
            needs.unneeded.map { "\($0.behavior) \($0.operation) \($0.position.line)" } == [
                "a allow 3", "b set 4", "b set 6", "a deny 8", "a allow 8", "a forbid 8",
            ])
    }

    @Test("Where each is seen, nothing is told")
    func needed() throws {
        let needs = try needs(
            Self.layer,
            """
              - {name: all, expect: {behaviors: {a: {setting: on, ceilings: {user: on}}, b: {setting: off}}}}
              - {name: role, request: {user: {roles: [x]}}, expect: {behaviors: {b: {setting: on}}}}
              - {name: channel, request: {channel: c}, expect: {behaviors: {a: {setting: off}}}}
              - name: both
                request: {user: {roles: [x]}, channel: c}
                expect: {behaviors: {a: {ceilings: {user: on}}}}
              - name: member
                request: {user: {id: u, roles: [x]}, channel: c}
                expect: {behaviors: {a: {ceilings: {user: off}}}}

            """)
        #expect(needs.unneeded.isEmpty, "\(needs.unneeded)")
    }
}
