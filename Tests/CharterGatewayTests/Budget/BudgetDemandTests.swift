import CharterDetection
import CharterDocuments
import CharterEngine
import CharterGateway
import Testing

/// What budgets learn of a request.
@Suite("Budget demand")
struct BudgetDemandTests {
    private func demand(_ more: String, user: Text? = nil) throws -> BudgetDemand {
        let text = "## A {#a authority=user default=off}\n"
        let charter = try #require(
            CharterDocument.read(SourceText(file: "a.md", text: text)).value)
        let enforcement = Enforcement(
            operatorName: "o", policy: try Policy.compile(charter.charter), charter: charter,
            patterns: try PatternSet([]), replies: Replies())
        var caller = Caller()
        caller.user = user
        let body = #"{"model":"m","messages":[{"role":"user","content":"hello"}]\#(more)}"#
        let exchange = try Exchange(
            Array(body.utf8), .init(id: "1", at: Instant(seconds: 0), caller: caller), enforcement)
        #expect(exchange.budgetDemand.requestBytes == body.utf8.count)
        return exchange.budgetDemand
    }

    @Test("The user is the caller's, or else the body's")
    func user() throws {
        #expect(try demand("").user == nil)
        #expect(try demand(#","user":"b""#).user == "b")
        #expect(try demand(#","user":"b""#, user: "c").user == "c")
    }

    @Test(
        "The longest answer is what the request says, for each of its choices",
        arguments: [
            ("", nil), (#","max_tokens":9"#, 9), (#","max_completion_tokens":8,"max_tokens":9"#, 8),
            (#","max_tokens":9,"n":3"#, 27), (#","max_tokens":null"#, nil),
            (#","max_tokens":-9"#, 0), (#","max_tokens":"9""#, nil),
            (#","max_tokens":9223372036854775807,"n":128"#, 1 << 39),
        ] as [(String, Int?)])
    func longest(more: String, tokens: Int?) throws {
        #expect(try demand(more).mostTokens == tokens)
        #expect(try demand(more).model == "m")
    }
}
