import CharterDocuments
import CharterGateway
import Foundation
import Testing

@Suite("Answers that are not streamed")
struct ChatAnswerTests {
    private func judge(_ body: String, _ literals: [String] = ["bomb"]) throws(APIError) -> (
        text: String, stops: [String]
    ) {
        let answer = try ChatAnswer(body: Array(body.utf8)) { _, _ in
            LiteralWatcher(literals)
        } explanation: {
            "[\($0.violation)]"
        }
        let stops = answer.stops.map { "\($0.choice) \($0.part) \($0.violation)" }
        return (String(decoding: answer.body, as: UTF8.self), stops)
    }

    private func body(_ message: String, more: String = "") -> String {
        #"{"id":"c1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"#
            + #""message":{"role":"assistant",\#(message)},"logprobs":{"content":[{"token":"bomb"}]},"#
            + #""token_ids":[1],"finish_reason":"stop"}\#(more)],"usage":{"total_tokens":3},"#
            + #""__verbose":{"content":"bomb"}}"#
    }

    private func stopped(_ message: String, more: String = "") -> String {
        #"{"id":"c1","object":"chat.completion","created":7,"model":"m","choices":[{"index":0,"#
            + #""message":{"role":"assistant",\#(message)},"logprobs":null,"#
            + #""finish_reason":"content_filter"}\#(more)],"usage":{"total_tokens":3}}"#
    }

    @Test("What is not stopped arrives byte for byte")
    func untouched() throws {
        let text = body(#" "content" : "h\u0069", "x":{"y":[1.50]}"#)
        #expect(try judge(text) == (text, []))
    }

    @Test(
        "Where a text is stopped, what stands before it is left, and nothing behind it",
        arguments: [
            (
                #""content":"a bomb","refusal":null"#, #""content":"a ","refusal":"[bomb]""#,
                "content"
            ),
            (#""content":"bomb""#, #""content":null,"refusal":"[bomb]""#, "content"),
            (
                #""content":null,"refusal":"no bomb""#,
                #""content":null,"refusal":"no \n\n[bomb]""#, "refusal"
            ),
            (
                #""content":"x bomb","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]"#,
                #""content":"x ","refusal":"[bomb]""#, "content"
            ),
            (
                #""content":"secret","reasoning_content":"a bomb""#,
                #""content":null,"refusal":"[bomb]","reasoning_content":"a ""#,
                #"other("reasoning_content")"#
            ),
            (
                #""content":"\u0063","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}},"#
                    + #"{"id":"2","type":"function","x":"bom","function":{"name":"g","arguments":"{\"a\":\"bomb\"}"}},"#
                    + #"{"id":"3","type":"function","function":{"name":"h","arguments":"{}"}}]"#,
                #""content":"\u0063","refusal":"[bomb]","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{}"}}]"#,
                "call(1)"
            ),
            (
                #""content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"bomb"}}]"#,
                #""content":null,"refusal":"[bomb]""#, "call(0)"
            ),
            (
                #""content":null,"function_call":{"name":"f","arguments":"a bomb"}"#,
                #""content":null,"refusal":"[bomb]""#,
                "functionCall"
            ),
            (
                #""content":"c","audio":{"id":"a","transcript":"a bomb"}"#,
                #""content":null,"refusal":"[bomb]""#, #"other("audio")"#
            ),
        ]
    )
    func stops(_ message: String, _ left: String, _ part: String) throws {
        let (text, stops) = try judge(body(message))
        #expect(text == stopped(left))
        #expect(stops == ["0 \(part) bomb"])
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(text.utf8)) }
    }

    @Test("The other answers stay as they came")
    func otherChoices() throws {
        let other =
            #",{"index":1, "message":{"role":"assistant","content":"fine"},"finish_reason":"length"}"#
        let (text, stops) = try judge(body(#""content":"a bomb""#, more: other))
        #expect(text == stopped(#""content":"a ","refusal":"[bomb]""#, more: other))
        #expect(stops.count == 1)
    }

    @Test(
        "What is no answer is an error with status 502",
        arguments: [
            "", "garbage", "[]", "{}", #"{"choices":[]}"#, #"{"choices":{}}"#, #"{"choices":[1]}"#,
            #"{"choices":[{"index":0}]}"#, #"{"choices":[{"message":{}}]}"#,
            #"{"choices":[{"index":0,"message":"x"}]}"#, #"{"choices":[{"index":0,"text":"x"}]}"#,
            #"{"choices":[{"index":0,"message":{"content":5}}]}"#,
            #"{"choices":[{"index":0,"message":{"tool_calls":{}}}]}"#,
            #"{"choices":[{"index":0,"message":{"tool_calls":[{"function":{"arguments":{}}}]}}]}"#,
            #"{"choices":[{"index":0,"message":{},"finish_reason":{}}]}"#,
            #"{"error":{"message":"m"}}"#, #"{"choices":[],"choices":[]}"#,
        ]
    )
    func garbage(_ body: String) throws {
        let error = #expect(throws: APIError.self) { try judge(body) }
        #expect(error?.status == 502)
    }

    @Test("Streamed or not, the same texts and the same reasons", arguments: 0..<10)
    func agrees(batch: Int) throws {
        for seed in batch * 50..<(batch + 1) * 50 { try agrees(seed: seed) }
    }

    private func agrees(seed: Int) throws {
        var random = Random(seed: seed)
        let words = ["bom", "b", "ome", "let", "é", "😀", "x", "words ", "\n", "\""]
        func text() -> String {
            (0..<random.below(8)).map { _ in words[random.below(words.count)] }.joined()
        }
        let literals = ["bomb", "omelet", "😀x"]
        let (thought, content, arguments) = (text(), text(), text())
        var script = StreamScript()
        script.role()
        for (key, whole) in [("reasoning_content", thought), ("content", content)] {
            for piece in random.cut(Array(whole.unicodeScalars), longest: 4) {
                script.say(String(String.UnicodeScalarView(piece)), as: key)
            }
        }
        script.call(0, "f", "")
        for piece in random.cut(Array(arguments.unicodeScalars), longest: 4) {
            script.call(0, nil, String(String.UnicodeScalarView(piece)))
        }
        script.end("tool_calls")
        script.done()
        var watched = Watched(literals)
        let streamed = try watched.run(script).delivered

        let message =
            #""content":\#(StreamScript.quoted(content)),"reasoning_content":"#
            + StreamScript.quoted(thought)
            + #","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"#
            + StreamScript.quoted(arguments) + "}}]"
        let (whole, stops) = try judge(body(message), literals)
        let read = try JSONSerialization.jsonObject(with: Data(whole.utf8)) as? [String: Any]
        let choice = try #require((read?["choices"] as? [[String: Any]])?.first)
        let answer = try #require(choice["message"] as? [String: Any])
        let call =
            (answer["tool_calls"] as? [[String: Any]])?.first?["function"] as? [String: String]

        #expect(stops == watched.stops, "seed \(seed)")
        for key in ["content", "reasoning_content", "refusal"] {
            #expect(answer[key] as? String ?? "" == streamed.text(0, key), "seed \(seed) \(key)")
        }
        #expect(call?["arguments"] ?? "" == streamed.text(0, "call 0"), "seed \(seed)")
        #expect((call != nil) == (streamed.calls[0] != nil), "seed \(seed)")
        if !stops.isEmpty {
            #expect(choice["finish_reason"] as? String == "content_filter")
            #expect(streamed.reasons[0] == "content_filter")
        }
    }
}
