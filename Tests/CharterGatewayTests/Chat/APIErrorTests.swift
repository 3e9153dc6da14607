import CharterDocuments
import CharterGateway
import Foundation
import Testing

@Suite("Errors in the API's form")
struct APIErrorTests {
    private func object(_ error: APIError) throws -> [String: String?] {
        let read = try JSONSerialization.jsonObject(with: Data(error.body)) as? [String: Any]
        let object = try #require(read?["error"] as? [String: Any])
        #expect(read?.count == 1)
        return object.mapValues { $0 as? String }
    }

    @Test("An error has message, type, param and code, each a string or null")
    func form() throws {
        let error = APIError.invalid("say \"x\"\n", param: "messages[3].role", code: "bad_role")
        #expect(
            try object(error) == [
                "message": "say \"x\"\n", "type": "invalid_request_error",
                "param": "messages[3].role", "code": "bad_role",
            ]
        )
        #expect(try object(.unknownKey)["param"] == .some(nil))
    }

    @Test("A policy's answer is never one that clients try again")
    func policyAnswers() {
        for error in [APIError.refused("no"), .forbidden("no")] {
            #expect(![408, 409, 429].contains(error.status) && error.status < 500)
            #expect(error.headers.contains { $0 == ("x-should-retry", "false") })
        }
    }

    @Test("What is not there for now says when to come back")
    func unavailable() {
        let error = APIError.unavailable("the policy is not loaded", retryAfterSeconds: 2)
        #expect(error.status == 503)
        #expect(error.headers.map { "\($0.name): \($0.value)" } == ["retry-after: 2"])
    }

    @Test(
        "An upstream's error keeps its status, message and code",
        arguments: [
            (
                400, #"{"error":{"message":"m","type":"t","param":"p","code":"c"}}"#, 400, "m", "t",
                "c"
            ),
            (
                429, #"{"error":{"message":"m","type":"tokens","code":42}}"#, 429, "m", "tokens",
                "42"
            ),
            (500, #"{"error":"broken"}"#, 500, "broken", "server_error", "upstream_error"),
            (
                404, "<html>", 404, "the model's server answered with status 404",
                "invalid_request_error", "upstream_error"
            ),
            (
                503, "{}", 503, "the model's server answered with status 503", "server_error",
                "upstream_error"
            ),
            (
                302, "{}", 502, "the model's server answered with status 302", "server_error",
                "upstream_error"
            ),
        ]
    )
    func upstream(
        _ status: Int,
        _ body: String,
        _ expected: Int,
        _ message: String,
        _ type: String,
        _ code: String
    ) throws {
        let error = UpstreamError.error(status: status, body: Array(body.utf8))
        #expect(error.status == expected)
        #expect(error.message == message)
        #expect(error.type == type)
        #expect(error.code == code)
    }

    @Test("That the gateway's own key was refused is not told as if the client's were")
    func credentials() {
        for status in [401, 403] {
            let body = Array(#"{"error":{"message":"Incorrect API key provided: sk-123"}}"#.utf8)
            let error = UpstreamError.error(status: status, body: body)
            #expect(error.status == 502)
            #expect(!error.message.contains("sk-"))
        }
    }

    @Test("A long message from upstream is cut")
    func longMessage() {
        let long = String(repeating: "x", count: 100_000)
        let error = UpstreamError.error(
            status: 400,
            body: Array(#"{"error":{"message":"\#(long)"}}"#.utf8)
        )
        #expect(error.message.count == 2_000)
    }
}
