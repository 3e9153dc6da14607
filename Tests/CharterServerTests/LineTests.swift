import NIOHTTP1
import Testing

@testable import CharterGateway
@testable import CharterServer

/// What stands around the line: which requests it takes, and what it writes into heads.
@Suite("The line")
struct LineTests {
    @Test(
        "Calls of a model are known by method and path, as the router reads paths",
        arguments: [
            (HTTPMethod.POST, "/v1/chat/completions", WireProtocol.chatCompletions),
            (.POST, "/v1/messages", .messages), (.POST, "/v1/messages/count_tokens", .countTokens),
            (.POST, "/v1/responses?x=1", .responses), (.POST, "//v1//embeddings/", .embeddings),
            (.POST, "http://host:8080/v1/completions#x", .completions),
            (.GET, "/v1/chat/completions", nil), (.POST, "/v1/chat", nil), (.POST, "/", nil),
            (.POST, "", nil), (.POST, "/v1/chat/completions/x", nil), (.POST, "*", nil),
            (.POST, "/V1/messages", nil),
        ] as [(HTTPMethod, String, WireProtocol?)])
    func calls(method: HTTPMethod, uri: String, wire: WireProtocol?) {
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: uri)
        #expect(LineCall.wire(of: head) == wire)
    }

    @Test("The date is that of HTTP")
    func date() {
        var field = DateField()
        #expect(field.value(at: 784_111_777) == "Sun, 06 Nov 1994 08:49:37 GMT")
        #expect(field.value(at: 0) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(field.value(at: 951_827_696) == "Tue, 29 Feb 2000 12:34:56 GMT")
        #expect(field.value(at: 951_827_696) == "Tue, 29 Feb 2000 12:34:56 GMT")
    }

    @Test(
        "A call goes to the settings' address, with the settings' key or the caller's own",
        arguments: [
            ("http://127.0.0.1:8081/v1", "127.0.0.1", 8081, "127.0.0.1:8081", "/v1/messages"),
            (
                "https://models.example/api/v1", "models.example", 443, "models.example",
                "/api/v1/messages"
            ),
            ("http://[::1]:9/v1", "::1", 9, "[::1]:9", "/v1/messages"),
        ])
    func targets(url: String, host: String, port: Int, named: String, path: String) throws {
        var settings = Settings.Upstream(url: url)
        settings.dialects = [.anthropic]
        let target = UpstreamTarget(settings)
        #expect(target.address.host == host && target.address.port == port)
        #expect(target.address.isSecure == (target.security != nil))
        let call = Exchange.Call(path: "/messages", body: Array("{}".utf8))
        let head = target.head(call, authorization: "Bearer theirs", more: [("x", "a\r\nb: c")])
        #expect(head.uri == path)
        #expect(head.headers["host"] == [named])
        #expect(head.headers["x-api-key"] == ["theirs"])
        #expect(head.headers["anthropic-version"] == ["2023-06-01"])
        #expect(head.headers["content-length"] == ["2"])
        #expect(head.headers["x"] == [], "what would end a line is left out")
        settings.key = "ours"
        let own = UpstreamTarget(settings).head(call, authorization: "Bearer theirs", more: [])
        #expect(own.headers["x-api-key"] == ["ours"])
    }
}
