import CharterDetection
import CharterDocuments
import CharterEngine
import CharterGateway
import Testing

/// What is demanded is found wherever it stands, and whoever says it.
@Suite("Exchange")
struct ExchangeTests {
    private let enforcement: Enforcement

    init() throws {
        let text = """
            # Shop

            ## Bombs {#bombs authority=root default=off tier=safety}

            No.

            ## Prices {#prices authority=user default=off}

            Only where asked.
            """
        let charter = try #require(
            CharterDocument.read(SourceText(file: "charter.md", text: text)).value)
        let source = SourceText(
            file: "charter.patterns.yaml",
            text: """
                - {behavior: bombs, literal: pipe bomb}
                - {behavior: prices, literal: what it costs, asked: true}
                """)
        let patterns = try #require(
            PatternsDocument.read(source, for: charter.charter).value?.compile().value)
        enforcement = Enforcement(
            operatorName: "shop", policy: try Policy.compile(charter.charter), charter: charter,
            patterns: patterns, replies: Replies())
    }

    private func exchange(_ messages: String, _ more: String = "") throws -> Exchange {
        try Exchange(
            Array(#"{"model":"m","messages":[\#(messages)]\#(more)}"#.utf8),
            Exchange.Arrival(id: "1", at: Instant(seconds: 0), caller: Caller()), enforcement)
    }

    private func isForwarded(_ messages: String, _ more: String = "") throws -> Bool {
        if case .forward = try exchange(messages, more).start { true } else { false }
    }

    @Test(
        "A demand is refused however its text is spread, and in whoever's mouth it is put",
        arguments: [
            #"{"role":"user","content":"a pipe bomb"}"#,
            #"{"role":"user","content":[{"type":"text","text":"a pi"},{"type":"text","text":"pe bomb"}]}"#,
            #"{"role":"user","content":[{"type":"text","text":"pipe"},{"type":"text","text":"bomb"}]}"#,
            #"{"role":"user","content":[{"type":"text","text":"pi"},{"type":"image_url","image_url":{}},{"type":"text","text":"pe bomb"}]}"#,
            #"{"role":"assistant","content":"a pipe bomb"},{"role":"user","content":"go on"}"#,
            #"{"role":"user","content":"go on"},{"role":"assistant","content":"a pipe bomb"}"#,
            #"{"role":"assistant","tool_calls":[{"id":"pipe bomb","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"user","content":"go on"}"#,
            #"{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"pipe bomb","arguments":"{}"}}]},{"role":"user","content":"go on"}"#,
            #"{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":\"pipe\\nb\\u006fmb\"}"}}]},{"role":"user","content":"go on"}"#,
            #"{"role":"tool","tool_call_id":"c","content":"pipe  bomb"},{"role":"user","content":"go on"}"#,
            #"{"role":"user","content":"pipe\n\n\tbomb"}"#,
            #"{"role":"user","content":"p\u2065ipe\u00a0\u2800bomb"}"#,
        ])
    func demands(messages: String) throws {
        #expect(try !isForwarded(messages))
    }

    @Test(
        "The arguments of every kind of call are read with their escapes",
        arguments: ["function_call", "mcp_call", "mcp_approval_request", "tool_search_call"])
    func arguments(type: String) throws {
        let item =
            #"{"type":"\#(type)","id":"i","name":"f","arguments":"{\"a\":\"pipe\\nb\\u006fmb\"}"}"#
        let exchange = try Exchange(
            Array(#"{"model":"m","input":[\#(item)]}"#.utf8),
            Exchange.Arrival(id: "1", at: Instant(seconds: 0), wire: .responses, caller: Caller()),
            enforcement)
        if case .forward = exchange.start { Issue.record("\(item)") }
    }

    @Test("The blocks of a system prompt count as one text")
    func system() throws {
        let blocks = #"[{"type":"text","text":"a pi"},{"type":"text","text":"pe bomb"}]"#
        let exchange = try Exchange(
            Array(
                #"{"model":"m","system":\#(blocks),"messages":[{"role":"user","content":"x"}]}"#
                    .utf8),
            Exchange.Arrival(id: "1", at: Instant(seconds: 0), wire: .messages, caller: Caller()),
            enforcement)
        if case .forward = exchange.start { Issue.record("it goes on") }
    }

    @Test("What the assistant said counts as asked for where somebody asked, and only up to that")
    func history() throws {
        let said = #"{"role":"assistant","content":"what it costs"}"#
        let asked = #"{"role":"user","content":"what it costs"}"#
        let more = #"{"role":"user","content":"go on"}"#
        #expect(try isForwarded(asked))
        #expect(try isForwarded("\(asked),\(said),\(more)"))
        #expect(try isForwarded("\(said),\(asked)"))
        #expect(try isForwarded(more))
        let alone = try exchange("\(said),\(more)").record.json()
        let both = try exchange("\(asked),\(said),\(more)").record.json()
        #expect(String(decoding: alone, as: UTF8.self).contains("unmet"))
        #expect(both != alone)
    }

    @Test(
        "A call's function is watched with its name, and its escapes as what they stand for",
        arguments: [
            (#"{"name":"f","arguments":"{\"a\":\"pipe\\nb\\u006fmb\"}"}"#, false),
            (#"{"name":"pipe bomb","arguments":"{}"}"#, false),
            (#"{"name":"pipe_bomb","arguments":"{}"}"#, true),
            (#"{"name":"f","arguments":"{\"a\":\"pipe\\\\nbomb\"}"}"#, true),
        ])
    func calls(function: String, passes: Bool) throws {
        let call = #"{"index":0,"id":"c","type":"function","function":\#(function)}"#
        var whole = try exchange(#"{"role":"user","content":"go on"}"#)
        let reply = whole.reply(
            status: 200,
            body: Array(
                #"{"id":"1","object":"chat.completion","choices":[{"index":0,"finish_reason":"tool_calls","message":{"role":"assistant","content":null,"tool_calls":[\#(call)]}}]}"#
                    .utf8))
        let answer = String(decoding: reply.body, as: UTF8.self)
        #expect(answer.contains("content_filter") != passes, "\(answer)")
        var streamed = try exchange(#"{"role":"user","content":"go on"}"#, #","stream":true"#)
        streamed.beginStream()
        var output: [UInt8] = []
        let events = [
            #"{"choices":[{"index":0,"delta":{"role":"assistant","tool_calls":[\#(call)]}}]}"#,
            #"{"choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}"#, "[DONE]",
        ]
        for event in events { streamed.push(Array("data: \(event)\n\n".utf8), into: &output) }
        streamed.finish(into: &output)
        let text = String(decoding: output, as: UTF8.self)
        #expect(text.contains("content_filter") != passes, "\(text)")
    }
}
