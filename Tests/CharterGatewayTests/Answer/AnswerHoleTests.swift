import CharterDocuments
import Testing

@testable import CharterGateway

/// Ways past the watch over answers of blocks that were found by looking for them.
@Suite("What an upstream may try to say unwatched")
struct AnswerHoleTests {
    private static let watcher = { @Sendable (_: AnswerPart) in LiteralWatcher(["omelet"]) }

    private func messages(_ events: [String]) -> (output: String, state: AnswerState) {
        run(AnswerGate(MessagesForm(), watcher: Self.watcher, explanation: { _ in "STOP" }), events)
    }

    private func responses(_ events: [String]) -> (output: String, state: AnswerState) {
        run(
            AnswerGate(
                ResponsesForm(instructions: Array("null".utf8)), watcher: Self.watcher,
                explanation: { _ in "STOP" }), events)
    }

    private func run(
        _ stream: some AnswerStream<LiteralWatcher>, _ events: [String]
    ) -> (output: String, state: AnswerState) {
        var (stream, output) = (stream, [UInt8]())
        for event in events { stream.push(Array("data: \(event)\n\n".utf8), into: &output) }
        stream.finish(into: &output)
        return (String(decoding: output, as: UTF8.self), stream.state)
    }

    private static let message =
        #"{"type":"message_start","message":{"id":"m","type":"message","role":"assistant","model":"m","content":[]}}"#
    private static let text =
        #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#
    private static let messageEnd = [
        #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"#,
        #"{"type":"message_stop"}"#,
    ]

    private static func delta(_ text: String, _ index: Int = 0) -> String {
        #"{"type":"content_block_delta","index":\#(index),"delta":{"type":"text_delta","text":"\#(text)"}}"#
    }

    @Test(
        "A message says nothing beside its texts that is not looked at",
        arguments: [
            #"{"type":"ping","text":"an omelet"}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","signature":"an omelet"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"signature_delta","text":"an omelet"}}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x"},"more":"an omelet"}"#,
            #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"x","citation":{"cited_text":"an omelet"}}}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":"","signature":"an omelet"}}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"redacted_thinking","data":"an omelet"}}"#,
            #"{"type":"content_block_stop","index":0,"more":"an omelet"}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"note":"an omelet"}}"#,
            #"{"type":"message_delta","delta":{"stop_reason":"an omelet"},"usage":{"output_tokens":1}}"#,
            #"{"type":"message_delta","delta":{},"more":"an omelet","usage":{"output_tokens":1}}"#,
            #"{"type":"message_stop","more":"an omelet"}"#,
        ])
    func besideMessages(event: String) {
        let (output, _) = messages([Self.message, Self.text, Self.delta("Hello"), event])
        #expect(!output.contains("omelet"), "\(output)")
        #expect(output.contains("STOP"), "\(output)")
    }

    @Test("A message that begins with more than its head is looked at")
    func head() {
        let start = Self.message.replacing(
            #""content":[]"#, with: #""content":[],"stop_details":{"explanation":"an omelet"}"#)
        #expect(!messages([start]).output.contains("omelet"))
    }

    @Test(
        "What is no text of a block does not come between its pieces",
        arguments: [
            #"{"type":"text_delta","text":"ome","thinking":"-"}"#,
            #"{"type":"text_delta","text":"ome","partial_json":"-"}"#,
        ])
    func between(delta: String) {
        let (output, _) = messages(
            [
                Self.message, Self.text,
                #"{"type":"content_block_delta","index":0,"delta":\#(delta)}"#,
                #"{"type":"content_block_delta","index":0,"delta":{"type":"thinking_delta","thinking":"-"}}"#,
                Self.delta("let"),
            ] + Self.messageEnd)
        #expect(!output.contains("let") && output.contains("STOP"), "\(output)")
    }

    @Test("Texts of a message are read as one from block to block, streamed or not")
    func together() throws {
        let blocks = [
            Self.message, Self.text, Self.delta("An ome"),
            #"{"type":"content_block_stop","index":0}"#,
            #"{"type":"content_block_start","index":1,"content_block":{"type":"text","text":""}}"#,
            Self.delta("let it is.", 1), #"{"type":"content_block_stop","index":1}"#,
        ]
        let (output, state) = messages(blocks + Self.messageEnd)
        #expect(output.contains("An ") && !output.contains("ome") && !output.contains("let"))
        #expect(output.contains("STOP") && state == .complete)
        let whole = try MessagesAnswer.judge(
            Array(
                #"{"id":"m","content":[{"type":"text","text":"An ome"},{"type":"text","text":"let"}],"stop_reason":"end_turn"}"#
                    .utf8), watcher: Self.watcher, explanation: { _ in "STOP" })
        let body = String(decoding: whole.body, as: UTF8.self)
        #expect(body.contains(#""text":"An ""#) && body.contains("STOP"), "\(body)")
        #expect(!body.contains("ome") && !body.contains("let"), "\(body)")
    }

    @Test("A whole message says nothing beside its blocks that is not looked at")
    func besideBlocks() throws {
        for more in [#""stop_details":{"explanation":"an omelet"}"#, #""stop_sequence":"omelet!""#]
        {
            let whole = try MessagesAnswer.judge(
                Array(#"{"id":"m","content":[{"type":"text","text":"Hi"}],\#(more)}"#.utf8),
                watcher: Self.watcher, explanation: { _ in "STOP" })
            let body = String(decoding: whole.body, as: UTF8.self)
            #expect(body.contains("Hi") && body.contains("STOP") && !body.contains("omelet"))
        }
    }

    @Test("A string beside the texts of an answer does not hold it back")
    func unheld() {
        let start = Self.message.replacing(
            #""content":[]"#, with: #""content":[],"more":{"a":"a few words"}"#)
        var gate = AnswerGate(MessagesForm(), watcher: Self.watcher, explanation: { _ in "STOP" })
        var output: [UInt8] = []
        gate.push(Array("data: \(start)\n\n".utf8), into: &output)
        #expect(!output.isEmpty)
    }

    // MARK: Responses

    private static let created =
        #"{"type":"response.created","response":{"id":"r","output":[]}}"#
    private static func item(_ item: String) -> String {
        #"{"type":"response.output_item.added","output_index":0,"item":\#(item)}"#
    }
    private static let messageItem = item(#"{"id":"i","type":"message","content":[]}"#)

    @Test(
        "A response says nothing beside its texts that is not looked at",
        arguments: [
            #"{"type":"response.in_progress","response":{"output":[],"output_text":"an omelet"}}"#,
            #"{"type":"response.in_progress","response":{"output":[],"more":{"an omelet":1}}}"#,
            #"{"type":"response.completed","response":{"output":[],"more":"an omelet"}}"#,
            #"{"type":"response.failed","response":{"output":[],"error":{"code":"x","message":"an omelet"}}}"#,
            #"{"type":"response.output_item.added","output_index":1,"item":{"type":"reasoning","encrypted_content":"an omelet"}}"#,
            #"{"type":"response.output_item.added","output_index":1,"item":{"type":"tool_search","arguments":{"an omelet":1}}}"#,
            #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"x","obfuscation":"an omelet"}"#,
        ])
    func besideResponses(event: String) {
        let end = #"{"type":"response.completed","response":{"output":[]}}"#
        let (output, _) = responses([Self.created, Self.messageItem, event, end])
        #expect(!output.contains("omelet") && output.contains("response.incomplete"), "\(output)")
    }

    @Test("The type of an event holds no event of its own")
    func framing() {
        let evil = #"x\n\nevent: y\ndata: {\"delta\":\"omelet\"}"#
        for (output, state) in [
            messages([Self.message, "{\"type\":\"\(evil)\"}"]),
            responses([Self.created, "{\"type\":\"\(evil)\"}"]),
        ] {
            #expect(!output.contains("omelet"), "\(output)")
            #expect(state != .complete)
        }
    }

    @Test("Texts of a response are read as one from item to item, streamed or not")
    func togetherInItems() throws {
        let part = #""item_id":"i","output_index":0"#
        let events = [
            Self.created, Self.messageItem,
            #"{"type":"response.output_text.delta",\#(part),"content_index":0,"delta":"An ome"}"#,
            #"{"type":"response.output_text.done",\#(part),"content_index":0,"text":"An ome"}"#,
            #"{"type":"response.output_text.delta",\#(part),"content_index":1,"delta":"let"}"#,
            #"{"type":"response.completed","response":{"output":[]}}"#,
        ]
        let (output, _) = responses(events)
        #expect(!output.contains("ome\"") && !output.contains("let\""), "\(output)")
        #expect(output.contains("response.incomplete"))
        let content = ["An ome", "let"].map { #"{"type":"output_text","text":"\#($0)"}"# }
        let whole = try ResponsesAnswer.judge(
            Array(
                #"{"output":[{"id":"i","type":"message","content":[\#(content.joined(separator: ","))]}]}"#
                    .utf8), instructions: [], watcher: Self.watcher, explanation: { _ in "STOP" })
        let body = String(decoding: whole.body, as: UTF8.self)
        #expect(body.contains(#""text":"An ""#) && !body.contains(#"let""#), "\(body)")
    }

    @Test("Where a server leaves out the number of an item its name tells which it is")
    func names() {
        let call =
            #"{"id":"fc","type":"function_call","call_id":"c","name":"f","arguments":""}"#
        let events = [
            Self.created, #"{"type":"response.output_item.added","item":\#(call)}"#,
            #"{"type":"response.function_call_arguments.delta","item_id":"fc","delta":"{\"a\":\"ome"}"#,
            #"{"type":"response.function_call_arguments.delta","item_id":"fc","delta":"let\"}"}"#,
            #"{"type":"response.completed","response":{"output":[]}}"#,
        ]
        let (output, _) = responses(events)
        #expect(!output.contains("fc") && output.contains("response.incomplete"), "\(output)")
    }

    @Test(
        "Arguments of a call are JSON, and code or a command is any text, where a backslash is one")
    func calls() throws {
        func part(_ item: String) throws -> AnswerPart {
            ResponsesForm.part(try JSONDocument(Array(item.utf8)).root, 3)
        }
        for type in ["function_call", "mcp_call", "mcp_approval_request"] {
            #expect(try part(#"{"type":"\#(type)"}"#) == .call(3))
        }
        #expect(try part(#"{"type":"some_call","arguments":"{}"}"#) == .call(3))
        for type in ["custom_tool_call", "code_interpreter_call", "shell_call", "some_call"] {
            #expect(try part(#"{"type":"\#(type)"}"#) == .customCall(3))
        }
        #expect(try part(#"{"type":"reasoning"}"#) == .other("reasoning"))
    }

    @Test("What an answer has to be told in the end is bounded, and so is what it costs")
    func bounds() {
        let part = #"{"type":"response.content_part.added","output_index":0,"part":{"type":"x"}}"#
        let (_, state) = responses(
            [Self.created, Self.messageItem] + Array(repeating: part, count: 1_001))
        #expect(state == .failed(.upstreamMalformed("an answer that is too long")))
        let piece = String(repeating: "a", count: 1 << 20)
        let delta =
            #"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"\#(piece)"}"#
        let (_, long) = responses(
            [Self.created, Self.messageItem] + Array(repeating: delta, count: 33))
        #expect(long == .failed(.upstreamMalformed("an answer that is too long")))
    }

    @Test("However many parts an answer has, it is read in time that grows as it does, or refused")
    func parts() throws {
        let members = (0..<60_000).map { #""k\#($0)":"a""# }.joined(separator: ",")
        let chat = #"{"choices":[{"index":0,"message":{"x":{\#(members)}}}]}"#
        let answer = try ChatAnswer<LiteralWatcher>(
            body: Array(chat.utf8), watcher: { _, part in Self.watcher(part) },
            explanation: { _ in "" })
        #expect(answer.watchers.count == 1_024)
        let wide = Array(#"{"choices":[{"index":0,"message":{\#(members)}}]}"#.utf8)
        #expect(throws: APIError.self) {
            try ChatAnswer<LiteralWatcher>(
                body: wide, watcher: { _, part in Self.watcher(part) }, explanation: { _ in "" })
        }
        let blocks = Array(repeating: #"{"type":"text","text":"a"}"#, count: 20_000)
        let message = Array(#"{"content":[\#(blocks.joined(separator: ","))]}"#.utf8)
        #expect(throws: APIError.self) {
            try MessagesAnswer.judge(message, watcher: Self.watcher, explanation: { _ in "" })
        }
        let event =
            #"{"type":"content_block_start","index":0,"content_block":{"type":"x","y":{\#(members)}}}"#
        let (_, state) = messages([Self.message, event])
        #expect(state == .failed(.upstreamMalformed("too many parts of an answer")))
    }

    @Test("Text behind the end of a text is an error, and never half an answer that looks whole")
    func behind() {
        let place = #""output_index":0,"content_index":0"#
        let (output, state) = responses([
            Self.created, Self.messageItem,
            #"{"type":"response.output_text.done",\#(place),"text":""}"#,
            #"{"type":"response.output_text.delta",\#(place),"delta":"more"}"#,
            #"{"type":"response.completed","response":{"output":[]}}"#,
        ])
        #expect(state == .failed(.upstreamMalformed("text behind its end")), "\(output)")
    }

    @Test("An error repeats nothing of an answer that may not be said")
    func errors() {
        let said = #"{"error":{"message":"cannot parse: an omelet","type":"server_error"}}"#
        let chat = AnswerWatch(
            choices: 1, watcher: { _, part in Self.watcher(part) }, explanation: { _ in "" })
        for (output, state) in [
            messages([Self.message, said]), responses([Self.created, said]), run(chat, [said]),
            run(CompletionsStream(chat), [said]),
            run(
                TranslatedStream(chat, ChatEventsFromMessages(includesUsage: false), limit: 99),
                [said]),
        ] {
            #expect(!output.contains("omelet") && output.contains("the model's server failed"))
            if case .failed(let error) = state { #expect(error.code == "upstream_error") }
        }
    }

    @Test("Strings before an item's content do not move the place where it is stopped")
    func phase() throws {
        let item = #"{"id":"i","phase":"final answer","type":"message","content":[%]}"#
        let parts = ["Hi", "an omelet"].map { #"{"type":"output_text","text":"\#($0)"}"# }
        let body = #"{"output":[\#(item.replacing("%", with: parts.joined(separator: ",")))]}"#
        let whole = try ResponsesAnswer.judge(
            Array(body.utf8), instructions: [], watcher: Self.watcher, explanation: { _ in "STOP" })
        let left = String(decoding: whole.body, as: UTF8.self)
        #expect(left.contains(#""text":"Hi""#) && left.contains("STOP"), "\(left)")
        #expect(!left.contains("omelet"), "\(left)")
    }

    @Test("Numbers of an upstream's, however large, end nothing but its answer")
    func numbers() throws {
        for number in [Int.max, Int.min] {
            let place = #""output_index":0,"content_index":\#(number)"#
            let (_, state) = responses([
                Self.created, Self.messageItem,
                #"{"type":"response.content_part.added",\#(place),"part":{"type":"output_text"}}"#,
                #"{"type":"response.output_text.delta",\#(place),"delta":"an omelet"}"#,
            ])
            #expect(state == .failed(.upstreamMalformed("`content_index`")))
            let usage = #""usage":{"input_tokens":\#(number),"output_tokens":\#(number)}"#
            let translation = try #require(try Translation(.chatCompletions, to: [.anthropic]))
            let message = #"{"content":[{"type":"text","text":"Hi"}],\#(usage)}"#
            #expect(try !translation.answer(Array(message.utf8)).isEmpty)
            let chat = AnswerWatch(
                choices: 1, watcher: { _, part in Self.watcher(part) }, explanation: { _ in "" })
            let stream = TranslatedStream(
                chat, ChatEventsFromMessages(includesUsage: true), limit: 1 << 20)
            let start = Self.message.replacing(#""content":[]"#, with: #""content":[],\#(usage)"#)
            let end = #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},\#(usage)}"#
            #expect(run(stream, [start, end, #"{"type":"message_stop"}"#]).state == .complete)
            let call = #"{"index":\#(number),"function":{"name":"f","arguments":"an omelet"}}"#
            let calls = run(
                chat,
                [
                    #"{"choices":[{"index":0,"delta":{"tool_calls":[\#(call)]},"finish_reason":"stop"}]}"#
                ])
            #expect(!calls.output.contains("omelet"))
            let models = Array(#"{"data":[{"id":"m","created":\#(number)}]}"#.utf8)
            #expect(try !ModelList([(models, nil)], only: nil).body(in: .anthropic).isEmpty)
        }
    }

    @Test("That the gateway's key is refused is told without a word of it")
    func credentials() {
        let failed =
            #"{"type":"response.failed","response":{"error":{"code":"invalid_api_key","message":"sk-secret"}}}"#
        let (output, _) = responses([Self.created, failed])
        #expect(!output.contains("sk-secret") && output.contains("upstream_credentials"))
    }
}
