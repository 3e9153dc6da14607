import CharterDocuments
import Testing

@testable import CharterGateway

/// Ways past detection that were found by looking for them: texts that a model reads and nobody looked at.
@Suite("Where a request may hide what a model reads")
struct RequestHoleTests {
    /// The texts of a request, and those of each speaker in a message put together, as servers do it.
    private func read(_ request: some ModelRequest) -> [String] {
        let texts = request.texts
        let contents = texts.filter { $0.kind == .content && $0.message != nil }
        let together = Dictionary(grouping: contents) { "\($0.message ?? 0) \($0.speaker)" }
        return texts.map { String(decoding: $0.bytes, as: UTF8.self) }
            + together.values.map { parts in
                parts.map { String(decoding: $0.bytes, as: UTF8.self) }.joined()
            }
    }

    private func finds(_ texts: [String]) -> Bool { texts.contains { $0.contains("an omelet") } }

    @Test(
        "In a message",
        arguments: [
            #"{"type":"tool_result","tool_use_id":"an omelet","content":"x"}"#,
            #"{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"an om"},{"type":"text","text":"elet"}]}"#,
            #"{"type":"tool_result","tool_use_id":"t","content":[{"type":"document","source":{"type":"text","data":"an omelet"}}]}"#,
            #"{"type":"document","title":"an omelet","source":{"type":"url","url":"x"}}"#,
            #"{"type":"document","context":"an omelet","source":{"type":"url","url":"x"}}"#,
            #"{"type":"document","source":{"type":"content","content":"an omelet"}}"#,
            #"{"type":"document","source":{"type":"content","content":[{"type":"text","text":"an om"},{"type":"text","text":"elet"}]}}"#,
            #"{"type":"search_result","source":"x","title":"y","content":[{"type":"text","text":"an om"},{"type":"text","text":"elet"}]}"#,
            #"{"type":"search_result","source":"x","title":"an omelet","content":[]}"#,
            #"{"type":"thinking","thinking":"x","signature":"an omelet"}"#,
            #"{"type":"redacted_thinking","data":"an omelet"}"#,
            #"{"type":"redacted_thinking","data":"eA==","text":"an omelet"}"#,
            #"{"type":"tool_use","id":"an omelet","name":"f","input":{}}"#,
            #"{"type":"tool_use","id":"t","name":"f","input":{"an omelet":1}}"#,
            #"{"type":"tool_use","id":"t","name":"f","input":{"a":["an \u006fmelet"]}}"#,
            #"{"type":"web_search_tool_result","tool_use_id":"t","content":[{"type":"web_search_result","title":"an omelet"}]}"#,
            #"{"type":"nobody_knows","parts":[{"text":"an om"},{"text":"elet"}]}"#,
            #"{"type":"text","text":"x","citations":[{"cited_text":"an omelet"}]}"#,
            #"{"type":"container_upload","file_id":"an omelet"}"#,
        ])
    func messages(block: String) throws {
        for role in ["user", "assistant"] {
            let body = #"{"model":"m","messages":[{"role":"\#(role)","content":[\#(block)]}]}"#
            #expect(finds(read(try MessagesRequest(body: Array(body.utf8)))), "\(role)")
        }
    }

    @Test(
        "Beside the messages",
        arguments: [
            #""tools":[{"name":"f","description":"an omelet","input_schema":{}}]"#,
            #""tools":[{"name":"f","input_schema":{"properties":{"an omelet":{}}}}]"#,
            #""output_config":{"format":{"schema":{"description":"an omelet"}}}"#,
            #""mcp_servers":[{"name":"an omelet"}]"#, #""nobody_knows":"an omelet""#,
            #""stop_sequences":["an omelet"]"#,
        ])
    func beside(member: String) throws {
        let body = #"{"model":"m","messages":[{"role":"user","content":"x"}],\#(member)}"#
        #expect(finds(read(try MessagesRequest(body: Array(body.utf8)))))
    }

    @Test(
        "In an item",
        arguments: [
            #"{"type":"function_call_output","call_id":"c","output":"an omelet"}"#,
            #"{"type":"function_call_output","call_id":"an omelet","output":"x"}"#,
            #"{"type":"function_call_output","call_id":"c","output":[{"type":"input_text","text":"an om"},{"type":"input_text","text":"elet"}]}"#,
            #"{"type":"custom_tool_call_output","call_id":"c","output":[{"type":"input_file","filename":"an omelet.pdf"}]}"#,
            #"{"role":"user","content":[{"type":"input_file","filename":"an omelet.pdf","file_data":"x"}]}"#,
            #"{"role":"user","content":[{"type":"nobody_knows","text":"an om"},{"type":"input_text","text":"elet"}]}"#,
            #"{"type":"reasoning","summary":[],"encrypted_content":"an omelet"}"#,
            #"{"type":"reasoning","summary":[{"type":"summary_text","text":"an omelet"}]}"#,
            #"{"type":"custom_tool_call","call_id":"c","name":"f","input":"an omelet"}"#,
            #"{"type":"mcp_call","id":"an omelet","name":"f","arguments":"{}"}"#,
            #"{"type":"mcp_call","id":"i","name":"f","arguments":"{}","output":"an omelet"}"#,
            #"{"type":"shell_call_output","call_id":"c","output":[{"stdout":"an omelet"}]}"#,
            #"{"type":"nobody_knows","x":{"an omelet":1}}"#,
        ])
    func items(item: String) throws {
        let body = #"{"model":"m","input":[\#(item)]}"#
        #expect(finds(read(try ResponsesRequest(body: Array(body.utf8)))))
    }

    @Test(
        "In a part of a chat message",
        arguments: [
            #"{"type":"file","file":{"filename":"an omelet.pdf","file_data":"x"}}"#,
            #"{"type":"nobody_knows","text":"an om"},{"type":"text","text":"elet"}"#,
            #"{"type":"text","text":"x","refusal":"an omelet"}"#,
            #"{"type":"refusal","refusal":"x","text":"an omelet"}"#,
        ])
    func parts(part: String) throws {
        let body = #"{"model":"m","messages":[{"role":"user","content":[\#(part)]}]}"#
        #expect(finds(read(try ChatRequest(body: Array(body.utf8)))))
    }

    @Test("A conversation where another protocol has it is refused")
    func other() {
        let message = #"{"role":"user","content":"x"}"#
        #expect(throws: APIError.self) {
            try MessagesRequest(
                body: Array(#"{"model":"m","messages":[\#(message)],"input":"x"}"#.utf8))
        }
        #expect(throws: APIError.self) {
            try ResponsesRequest(
                body: Array(#"{"model":"m","messages":[\#(message)],"input":"x"}"#.utf8))
        }
    }

    @Test(
        "What the other dialect would take for its own is not translated",
        arguments: [
            (WireProtocol.messages, #""stop":"x""#), (.messages, #""stream_options":{}"#),
            (.messages, #""response_format":{}"#), (.messages, #""user":"x""#),
            (.messages, #""n":2"#), (.chatCompletions, #""system":"x""#),
            (.chatCompletions, #""stop_sequences":["x"]"#),
            (.chatCompletions, #""mcp_servers":[]"#),
        ])
    func translated(wire: WireProtocol, member: String) throws {
        let message = #"{"role":"user","content":"x"}"#
        let body = Array(#"{"model":"m","messages":[\#(message)],\#(member)}"#.utf8)
        let other: Dialect = wire == .messages ? .openAI : .anthropic
        let translation = try #require(try Translation(wire, to: [other]))
        #expect {
            try translation.call(body)
        } throws: {
            ($0 as? APIError)?.code == "unsupported_value"
        }
    }
}
