import CharterAnalysis
import CharterDocuments
import CharterEngine
import Testing

/// What is not the same in two versions of a charter.
@Suite("Charter changes")
struct CharterChangesTests {
    private func charter(_ text: String) throws -> Charter {
        try #require(CharterDocument.read(SourceText(file: "a.md", text: text)).value).charter
    }

    @Test("Each difference is told, and nothing else")
    func changes() throws {
        let old = try charter(
            """
            ---
            charter: a
            version: 1
            claims: {age: int}
            ---

            ## Same {#same authority=user default=off}

            ## Old {#old authority=user default=off}

            ## Moved {#moved authority=operator default=off}

            ## Ruled {#ruled authority=user default=off}

            ```charter
            adjust: [{forbid: on, when: claims.age < 16}]
            ```
            """)
        let new = try charter(
            """
            ---
            charter: a
            version: 2
            claims: {age: int}
            ---

            ## Moved, renamed {#moved authority=user default=on cautious=off tier=safety}

            ## Same {#same authority=user default=off}

            ## Ruled {#ruled authority=user default=off}

            ```charter
            adjust: [{forbid: on, when: claims.age < 18}]
            ```

            ## New {#new authority=root default=off}
            """)
        let changes = CharterChanges(from: old, to: new).changes
        #expect(changes.map(\.behavior) == ["moved", "ruled", "new", "old"])
        #expect(
            changes[0].sentences == [
                "its default was `off` and is `on`", "its authority was operator and is user",
                "its tier was guidelines and is safety",
                "how far the user may go was `no say` and is `on`",
                "how far the user may be let go was `no say` and is `on`",
            ])
        #expect(changes[1].sentences == ["its rules on facts changed"])
        #expect(changes[2].sentences == ["is new, `off`"])
        #expect(changes[3].sentences == ["is gone"])
        #expect(CharterChanges(from: new, to: new).changes.isEmpty)
    }
}
