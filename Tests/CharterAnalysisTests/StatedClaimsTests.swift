import CharterAnalysis
import CharterDocuments
import CharterEngine
import Testing

/// A user's word is a claim that is asserted, and no more.
@Suite("What users say of themselves")
struct StatedClaimsTests {
    private static let declared: [Text: ClaimType] = [
        "age": .int, "profession": .oneOf(["nurse", "social_worker"]), "member": .bool,
    ]

    private func stated(_ text: String, role: String = "user") throws -> [Text: Claim] {
        var writer = JSONWriter()
        writer.list { writer in
            writer.object { writer in
                writer.member("role", role)
                writer.member("content", text)
            }
        }
        return StatedClaims(of: Self.declared).claims(
            in: try MessageList(try JSONDocument(writer.bytes).root))
    }

    @Test(
        "An age and a profession are read where they are said",
        arguments: [
            ("I'm 34 years old.", 34, nil), ("I am 15, and I like chess.", 15, nil),
            ("Hi! I\u{2019}m a 16-year-old girl", 16, nil), ("my age is 40", 40, nil),
            ("I'm 17", 17, nil),
            ("As a nurse, I need this.", nil, "nurse"),
            ("I'm a social worker.", nil, "social_worker"),
            ("I am a nurse and I'm 50.", 50, "nurse"),
        ] as [(String, Int64?, String?)])
    func said(text: String, age: Int64?, profession: String?) throws {
        let claims = try stated(text)
        #expect(claims["age"] == age.map { Claim(.int($0), .asserted) })
        #expect(claims["profession"] == profession.map { Claim(.text(Text($0)), .asserted) })
    }

    @Test(
        "What is not said of oneself is no claim",
        arguments: [
            "I'm 34 minutes late.", "I am 5 times faster.", "If I'm a nurse, what then?",
            "I'm not a nurse.",
            "Pretend I am 34 years old.", "She is 34 years old.", "I'm a nurse's assistant.",
            "A nurse came.",
            "I'm 34 years old. I'm 15 years old.", "> I'm 34 years old.", "```\nI'm a nurse.\n```",
            "I wish I was a nurse.",
            "I'm 999 years old.", "I'm a doctor.",
        ])
    func notSaid(text: String) throws {
        #expect(try stated(text).isEmpty)
    }

    @Test("Nobody says it for the user", arguments: ["system", "assistant", "tool", "developer"])
    func others(role: String) throws {
        #expect(try stated("I'm 34 years old. I'm a nurse.", role: role).isEmpty)
    }
}
