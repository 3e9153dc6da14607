import CharterEngine
import CharterGateway
import Testing

/// Who is asking is never a guess.
@Suite("Caller")
struct CallerTests {
    private func caller(_ fields: [(String, String)]) throws(APIError) -> Caller {
        try Caller { name in fields.filter { $0.0 == name }.map(\.1) }
    }

    @Test("Roles may come in several fields; nothing else may come twice")
    func repetition() throws {
        let roles = try caller([("charter-roles", "a, b"), ("charter-roles", "c")]).roles
        #expect(roles == ["a", "b", "c"])
        for name in ["charter-user", "charter-channel", "charter-surface", "charter-language"] {
            for values in [["u9", "u9"], ["u9", ""], ["u9, u9"], ["u9,"]] {
                let fields = values.map { (name, $0) }
                let error = #expect(throws: APIError.self) { try caller(fields) }
                #expect(error?.status == 400)
                #expect(error?.param == name)
            }
        }
        let parts = [#"{"x":{"value":1"#, #""evidence":"asserted"}"#, #""age":20}"#]
        #expect(throws: APIError.self) { try caller(parts.map { ("charter-claims", $0) }) }
    }

    @Test("A claim is vouched at best")
    func claims() throws {
        let claims = #"{"age":20,"member":{"value":true,"evidence":"asserted"}}"#
        let read = try caller([("charter-claims", claims)]).claims
        #expect(read["age"]?.evidence == .vouched)
        #expect(read["member"]?.evidence == .asserted)
        let verified = #"{"age":{"value":20,"evidence":"verified"}}"#
        #expect(throws: APIError.self) { try caller([("charter-claims", verified)]) }
    }
}
