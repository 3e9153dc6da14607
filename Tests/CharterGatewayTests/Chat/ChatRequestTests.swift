import CharterDocuments
import CharterGateway
import Testing

@Suite("Chat requests")
struct ChatRequestTests {
    private func read(_ text: String) throws(APIError) -> ChatRequest {
        try ChatRequest(body: Array(text.utf8))
    }

    private func texts(_ messages: String) throws -> [String] {
        try read(#"{"model":"m","messages":[\#(messages)]}"#).texts.map {
            let text = String(decoding: $0.bytes, as: UTF8.self)
            return "\($0.message ?? -1) \($0.speaker) \($0.kind): \(text)"
        }
    }

    @Test("What the pipeline must know is read")
    func fields() throws {
        let request = try read(
            #"""
            {"model":"gpt","stream":true,"stream_options":{"include_usage":true,"x":1},"n":3,
             "user":"u\u0031","messages":[{"role":"user","content":"hi"}],"temperature":0.5}
            """#
        )
        #expect(request.model == "gpt")
        #expect(request.isStreamed && request.includesUsage)
        #expect(request.choices == 3)
        #expect(request.user == "u1")
        let plain = try read(
            #"""
            {"messages":[{"role":"user","content":"hi"}],"stream":null,"n":null,"user":null,
             "stream_options":null,"model":"m"}
            """#
        )
        #expect(!plain.isStreamed && !plain.includesUsage)
        #expect(plain.choices == 1)
        #expect(plain.user == nil)
    }

    @Test("Every text has its speaker and its place, whatever form it comes in")
    func everyText() throws {
        let found = try texts(
            #"""
            {"role":"system","content":"s"},
            {"role":"developer","content":[{"type":"text","text":"d1"},{"type":"text","text":"d2"}]},
            {"role":"user","name":"Ann","content":[{"type":"text","text":"u\n"},
             {"type":"image_url","image_url":{"url":"data:xx"}},{"type":"new","x":{"y":["z"]}}]},
            {"role":"assistant","content":null,"refusal":"no","tool_calls":[{"id":"c1",
             "type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},
            {"role":"assistant","reasoning_content":"r","content":[{"type":"refusal","refusal":"n"}]},
            {"role":"assistant","function_call":{"name":"g","arguments":"{}"}},
            {"role":"tool","tool_call_id":"c1","content":"t"},
            {"role":"function","name":"g","content":"old"}
            """#
        )
        #expect(
            found == [
                "0 system content: s", "1 developer content: d1", "1 developer content: d2",
                "2 user name: Ann", "2 user content: u\n", "2 user other: y", "2 user other: z",
                "3 assistant refusal: no", "3 assistant other: c1", "3 assistant other: function",
                "3 assistant name: f", #"3 assistant arguments(tool: "f"): {"a":1}"#,
                "4 assistant other: r", "4 assistant refusal: n",
                "5 assistant name: g", #"5 assistant arguments(tool: "g"): {}"#,
                "6 tool other: c1", "6 tool content: t",
                "7 function name: g", "7 function content: old",
            ]
        )
    }

    @Test("Text beside the messages is the developer's, and is all found")
    func textsBesideMessages() throws {
        let request = try read(
            #"""
            {"model":"m","user":"u","metadata":{"k":"v"},"messages":[{"role":"user","content":"c"}],
             "tools":[{"type":"function","function":{"name":"f","description":"say x"}}],"seed":1,
             "prediction":{"type":"content","content":"p"},"grammar":"g"}
            """#
        )
        let texts = request.texts.filter { $0.message == nil }
        #expect(texts.allSatisfy { $0.speaker == .developer })
        let found = texts.map { String(decoding: $0.bytes, as: UTF8.self) }
        #expect(
            found == [
                "type", "function", "function", "name", "f", "description", "say x", "type",
                "content", "content", "p", "g",
            ]
        )
    }

    @Test(
        "The place that is wrong is named",
        arguments: [
            (#"[]"#, nil),
            (#"{"messages":[{"role":"user","content":"x"}]}"#, "model"),
            (#"{"model":7,"messages":[]}"#, "model"), (#"{"model":"","messages":[]}"#, "model"),
            (#"{"model":"m"}"#, "messages"), (#"{"model":"m","messages":[]}"#, "messages"),
            (#"{"model":"m","messages":{}}"#, "messages"),
            (message(#""text""#), "messages[0]"),
            (message(#"{"content":"x"}"#), "messages[0].role"),
            (message(#"{"role":"root","content":"x"}"#), "messages[0].role"),
            (message(#"{"role":1,"content":"x"}"#), "messages[0].role"),
            (message(#"{"role":"user","content":"x"},{"role":"platform"}"#), "messages[1].role"),
            (message(#"{"role":"user"}"#), "messages[0].content"),
            (message(#"{"role":"tool","content":null}"#), "messages[0].content"),
            (message(#"{"role":"user","content":5}"#), "messages[0].content"),
            (message(#"{"role":"user","content":{"type":"text"}}"#), "messages[0].content"),
            (message(#"{"role":"user","content":["x"]}"#), "messages[0].content[0]"),
            (message(#"{"role":"user","content":[{"text":"x"}]}"#), "messages[0].content[0]"),
            (
                message(#"{"role":"user","content":[{"type":"text"}]}"#),
                "messages[0].content[0].text"
            ),
            (
                message(#"{"role":"user","content":[{"type":"text","text":1}]}"#),
                "messages[0].content[0].text"
            ),
            (message(#"{"role":"user","name":[],"content":"x"}"#), "messages[0].name"),
            (
                message(#"{"role":"tool","tool_call_id":1,"content":"x"}"#),
                "messages[0].tool_call_id"
            ),
            (message(#"{"role":"assistant","refusal":true}"#), "messages[0].refusal"),
            (message(#"{"role":"assistant","tool_calls":"x"}"#), "messages[0].tool_calls"),
            (message(#"{"role":"assistant","tool_calls":[1]}"#), "messages[0].tool_calls[0]"),
            (
                message(
                    #"{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":{}}}]}"#
                ),
                "messages[0].tool_calls[0].function.arguments"
            ),
            (
                message(#"{"role":"assistant","tool_calls":[{"function":{"arguments":""}}]}"#),
                "messages[0].tool_calls[0].function.name"
            ),
            (message(#"{"role":"assistant","function_call":[]}"#), "messages[0].function_call"),
            (message(#"{"role":"user","content":"x"}"#, #","stream":"yes""#), "stream"),
            (
                message(#"{"role":"user","content":"x"}"#, #","stream_options":true"#),
                "stream_options"
            ),
            (
                message(
                    #"{"role":"user","content":"x"}"#,
                    #","stream_options":{"include_usage":1}"#
                ),
                "stream_options.include_usage"
            ),
            (message(#"{"role":"user","content":"x"}"#, #","n":0"#), "n"),
            (message(#"{"role":"user","content":"x"}"#, #","n":129"#), "n"),
            (message(#"{"role":"user","content":"x"}"#, #","n":1.5"#), "n"),
            (message(#"{"role":"user","content":"x"}"#, #","user":{}"#), "user"),
        ] as [(String, String?)]
    )
    func wrongPlaces(_ body: String, _ param: String?) throws {
        let error = #expect(throws: APIError.self) { try read(body) }
        #expect(error?.status == 400)
        #expect(error?.type == "invalid_request_error")
        #expect(error?.param == param)
    }

    private static func message(_ message: String, _ more: String = "") -> String {
        #"{"model":"m","messages":[\#(message)]\#(more)}"#
    }

    @Test("Nothing of the text gets into an error")
    func errorsAreSilent() throws {
        for body in [
            #"{"secret":1,"secret":2}"#, Self.message(#"{"role":"secret"}"#), #"{"secret""#,
        ] {
            let error = #expect(throws: APIError.self) { try read(body) }
            let said = try #require(error.map { String(decoding: $0.body, as: UTF8.self) })
            #expect(!said.contains("secret"))
        }
    }

    @Test("A body that is too large is told so by its status")
    func tooLarge() throws {
        let error = #expect(throws: APIError.self) {
            try ChatRequest(body: Array("[1,2,3]".utf8), limits: JSONLimits(bytes: 5))
        }
        #expect(error?.status == 413)
        #expect(error?.code == "request_too_large")
    }

    @Test(
        "A garbled body is read or refused, and takes a guide where it is read", arguments: 0..<10)
    func garbled(batch: Int) throws {
        let body =
            #"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":["#
            + #"{"type":"text","text":"u"}]},{"role":"assistant","tool_calls":[{"id":"1","function":{"#
            + #""name":"f","arguments":"{}"}}]}],"stream":true,"n":2}"#
        for seed in batch * 100..<(batch + 1) * 100 {
            var random = Random(seed: seed)
            var bytes = Array(body.utf8)
            for _ in 0...random.below(3) {
                let place = random.below(bytes.count)
                if random.below(2) == 0 {
                    bytes.remove(at: place)
                } else {
                    bytes.insert(bytes[random.below(bytes.count)], at: place)
                }
            }
            do throws(APIError) {
                let request = try ChatRequest(body: bytes)
                let body = request.body(adding: "g", role: .developer) ?? []
                let guided = try ChatRequest(body: body)
                #expect(guided.messages.count == request.messages.count + 1, "seed \(seed)")
            } catch {
                #expect(error.status == 400, "seed \(seed)")
            }
        }
    }

    @Test("Ten megabytes are read within a second, also in a debug build")
    func largeBody() throws {
        let text = String(repeating: "Ten \\\"megabytes\\\" of words. é😀 ", count: 1_000)
        let message = #"{"role":"user","content":"\#(text)"}"#
        let body = Self.message(Array(repeating: message, count: 280).joined(separator: ","))
        #expect(body.utf8.count > 9_500_000)
        let bytes = Array(body.utf8)
        let clock = ContinuousClock()
        var request: ChatRequest?
        let time = try clock.measure { request = try ChatRequest(body: bytes) }
        print("reading \(bytes.count) bytes took \(time)")
        #expect(request?.messages.count == 280)
        #expect(time < .seconds(1))
    }
}
