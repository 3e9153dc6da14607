import CharterDetection
import CharterDocuments
import CharterEngine
import Foundation
import Testing

@testable import CharterGateway

/// The act `transform`: words are replaced, and the rest goes on.
@Suite("Transform")
struct TransformTests {
    private let enforcement: Enforcement

    init() throws {
        let text = """
            # Shop

            ## Bombs {#bombs authority=root default=off tier=safety}

            No.

            ## Card numbers {#card_numbers authority=operator default=off tier=ethics otherwise=transform}

            None.

            ## Prices {#prices authority=operator default=off otherwise=guide}

            Only where asked.

            ## Help {#help authority=user default=on duty=true tier=safety}

            Help.
            """
        let charter = try #require(
            CharterDocument.read(SourceText(file: "charter.md", text: text)).value)
        let patterns = SourceText(
            file: "charter.patterns.yaml",
            text: """
                - {behavior: bombs, literal: pipe bomb}
                - {behavior: card_numbers, regex: '[0-9]{4,16}'}
                - {behavior: card_numbers, literal: cvv}
                - {behavior: prices, in: request, literal: what it costs}
                - {behavior: help, in: request, literal: in despair, triggered: true}
                """)
        let replies = SourceText(
            file: "charter.replies.yaml",
            text: "card_numbers: {redaction: {en: '[number]', de: '[Nummer]'}}")
        enforcement = Enforcement(
            operatorName: "shop", policy: try Policy.compile(charter.charter), charter: charter,
            patterns: try #require(
                PatternsDocument.read(patterns, for: charter.charter).value?.compile().value),
            replies: try #require(Replies.read(replies, charter.charter).value))
    }

    private func exchange(
        _ body: String, _ wire: WireProtocol = .chatCompletions, language: String? = nil,
        detected: DetectorFindings = DetectorFindings()
    ) throws -> Exchange {
        var caller = Caller()
        caller.language = language.map { Text($0) }
        return try Exchange(
            Array(body.utf8),
            Exchange.Arrival(id: "1", at: Instant(seconds: 0), wire: wire, caller: caller),
            enforcement, detected: detected)
    }

    private func sent(_ exchange: Exchange) throws -> String? {
        guard case .forward = exchange.start else { return nil }
        let dialect = exchange.arrival.wire.dialect
        return String(decoding: try exchange.call(in: [dialect]).body, as: UTF8.self)
    }

    // MARK: Requests

    @Test(
        "Words are replaced where they stand, and every other byte stays",
        arguments: [
            (
                WireProtocol.chatCompletions,
                #"{ "model":"m", "x" : 1.50,"messages":[{"role":"user","content":"My card: 4111111111111111, \u0063vv 123\u0034\ud83d\ude00"}]}"#,
                #"{ "model":"m", "x" : 1.50,"messages":[{"role":"user","content":"My card: [number], [number] [number]😀"}]}"#
            ),
            (
                .chatCompletions,
                #"{"model":"m","messages":[{"role":"system","content":"é 1234"},{"role":"user","content":[{"type":"text","text":"a\n"},{"type":"text","text":"1234"}]},{"role":"tool","tool_call_id":"c","content":"1234"}]}"#,
                #"{"model":"m","messages":[{"role":"system","content":"é [number]"},{"role":"user","content":[{"type":"text","text":"a\n"},{"type":"text","text":"[number]"}]},{"role":"tool","tool_call_id":"c","content":"[number]"}]}"#
            ),
            (
                .chatCompletions,
                #"{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":\"1234\"}"}}]},{"role":"user","content":"go on"}]}"#,
                #"{"model":"m","messages":[{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":\"[number]\"}"}}]},{"role":"user","content":"go on"}]}"#
            ),
            (
                .messages,
                #"{"model":"m","max_tokens":5,"system":[{"type":"text","text":"1234"}],"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"cvv"}]}]}"#,
                #"{"model":"m","max_tokens":5,"system":[{"type":"text","text":"[number]"}],"messages":[{"role":"user","content":[{"type":"tool_result","tool_use_id":"t","content":"[number]"}]}]}"#
            ),
            (
                .responses,
                #"{"model":"m","instructions":"1234","input":[{"role":"user","content":"12345"},{"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":\"1234\"}"}]}"#,
                #"{"model":"m","instructions":"[number]","input":[{"role":"user","content":"[number]"},{"type":"function_call","call_id":"c","name":"f","arguments":"{\"a\":\"[number]\"}"}]}"#
            ),
        ])
    func replaces(wire: WireProtocol, body: String, expected: String) throws {
        let exchange = try exchange(body, wire)
        #expect(try sent(exchange) == expected)
        #expect(exchange.record.act == .transform)
        #expect(exchange.record.redacted == ["card_numbers"])
        let german = try sent(self.exchange(body, wire, language: "de-AT"))
        #expect(german == expected.replacing("[number]", with: "[Nummer]"))
    }

    private static func messages(_ messages: String) -> String {
        #"{"model":"m","messages":[\#(messages)]}"#
    }

    private static func saying(_ text: String) -> String {
        messages(#"{"role":"user","content":"\#(text)"}"#)
    }

    @Test(
        "What cannot be replaced is refused",
        arguments: [
            // In a key, in a name, across parts, behind escapes, in the syntax of arguments.
            messages(#"{"role":"user","content":"a","x":{"1234":1}}"#),
            messages(#"{"role":"user","name":"u1234","content":"1234"}"#),
            messages(
                #"{"role":"user","content":[{"type":"text","text":"12"},{"type":"text","text":"34"}]}"#
            ),
            messages(
                #"{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":\"12\\u00334\"}"}}]},{"role":"user","content":"go on"}"#
            ),
            messages(
                #"{"role":"assistant","tool_calls":[{"id":"c","type":"function","function":{"name":"f","arguments":"{\"a\":1234}"}}]},{"role":"user","content":"go on"}"#
            ),
        ])
    func refuses(body: String) throws {
        let exchange = try exchange(body)
        guard case .reply(let reply) = exchange.start else {
            Issue.record("it goes on")
            return
        }
        #expect(exchange.record.act == .refuse && exchange.record.redacted.isEmpty)
        let text = String(decoding: reply.body, as: UTF8.self)
        #expect(text.contains(#""act":"refuse""#), "\(text)")
        let record = String(decoding: exchange.record.json(), as: UTF8.self)
        #expect(record.contains(#""done":"refuse""#) && record.contains(#""act":"transform""#))
    }

    @Test("What is refused beside is refused, and what is guided beside is guided")
    func beside() throws {
        #expect(try sent(exchange(Self.saying("1234 pipe bomb"))) == nil)
        let guided = try exchange(Self.saying("1234 and what it costs"))
        let body = try #require(try sent(guided))
        #expect(body.contains("[number] and what it costs") && body.contains("## Prices"))
        #expect(!body.contains("## Card numbers") && !body.contains("1234"))
        // What a replaced word was a part of is owed all the same.
        let owed = try #require(try sent(exchange(Self.saying("in despair 1234"))))
        #expect(owed.contains("You owe this: Help") && owed.contains("in despair [number]"))
        #expect(try sent(exchange(Self.saying("hello")))?.contains("hello") == true)
    }

    @Test("What a detector found without saying where is refused")
    func detected() throws {
        let alone = try exchange(Self.saying("1234"))
        var run = DetectionRun(
            [Judge()], enforcement.policy.charter, budget: .seconds(1))
        let found = Detection("card_numbers", text: 0)
        run.take(
            DetectorReport(
                detector: "judge", behaviors: ["card_numbers"], outcome: .success([found]),
                duration: .zero))
        let findings = DetectorFindings(run, in: alone.texts, enforcement.policy.charter)
        for text in ["Hi.", "1234"] {
            let exchange = try exchange(Self.saying(text), detected: findings)
            #expect(exchange.record.act == .refuse, "\(text)")
        }
    }

    private struct Judge: Detector {
        var behaviors: Set<BehaviorID> { ["card_numbers"] }
        var name: String { "judge" }
        var cost: DetectorCost { .model }
        var identity: [UInt8] { [] }

        func detect(
            _ texts: [DetectedText], for behaviors: [BehaviorID], within: Duration
        ) async throws(DetectorFailure) -> [Detection] { throw .unreachable }
    }

    // MARK: Answers

    private static let said = [
        "Well: 41", "11", "1111", "1111 1111", " or c", "vv", " 12", "3", ", 12", "3456",
    ]
    private static let expected = "Well: [number] [number] or [number] 123, [number]"

    private func streamed(_ wire: WireProtocol, _ bytes: [UInt8], seed: Int) throws -> [UInt8] {
        let asks =
            wire == .responses ? #""input":"hi""# : #""messages":[{"role":"user","content":"hi"}]"#
        var exchange = try exchange(
            #"{"model":"m","stream":true,"max_tokens":9,\#(asks)}"#, wire)
        exchange.beginStream()
        var output: [UInt8] = []
        var random = Random(seed: seed)
        for piece in random.cut(bytes, longest: 1 + seed * 7) {
            exchange.push(piece, into: &output)
        }
        exchange.finish(into: &output)
        let record = String(decoding: exchange.record.json(), as: UTF8.self)
        #expect(record.contains(#""redacted":["card_numbers"],"passed":[]"#), "\(record)")
        #expect(exchange.failure == nil && exchange.record.stopped.isEmpty)
        return output
    }

    @Test("An answer goes on with what is replaced, streamed in any pieces", arguments: 0..<12)
    func streams(seed: Int) throws {
        var script = StreamScript()
        script.role()
        for piece in Self.said { script.say(piece) }
        script.end()
        script.done()
        let chat = try Delivered(streamed(.chatCompletions, script.bytes, seed: seed))
        #expect(chat.text(0, "content") == Self.expected && chat.reasons == [0: "stop"])
        var blocks = BlockScript(seed: 0)
        blocks.blocks = [(.text, Self.said), (.thought, Self.said.reversed())]
        let message = try DeliveredBlocks.texts(
            ofMessage: streamed(.messages, blocks.messageEvents, seed: seed))
        #expect(message[0] == Self.expected)
        let response = try streamed(.responses, blocks.responseEvents, seed: seed)
        #expect(try DeliveredBlocks.texts(ofResponse: response)[0] == Self.expected)
        for bytes in [response] {
            #expect(!String(decoding: bytes, as: UTF8.self).contains("1111"))
        }
    }

    @Test("A call whose arguments are to be replaced is not delivered, and what is forbidden ends")
    func calls() throws {
        var script = StreamScript()
        script.role()
        script.say("I pay with 1234. ")
        script.call(0, "pay", #"{"card":"12\u00334"}"#)
        script.end("tool_calls")
        script.done()
        var exchange = try exchange(Self.saying("hi"))
        exchange.beginStream()
        var output: [UInt8] = []
        exchange.push(script.bytes, into: &output)
        exchange.finish(into: &output)
        let delivered = try Delivered(output)
        #expect(delivered.text(0, "content") == "I pay with [number]. ")
        #expect(delivered.calls.isEmpty && delivered.reasons == [0: "content_filter"])
        #expect(exchange.record.stopped == ["card_numbers"])
        #expect(exchange.record.answerRedacted == ["card_numbers"])
    }

    @Test("An answer that is not streamed comes to the same")
    func whole() throws {
        let text = Self.said.joined()
        let bodies: [(WireProtocol, String)] = [
            (
                .chatCompletions,
                #"{"id":"c","choices":[{"index":0,"message":{"role":"assistant","content":"\#(text)"},"finish_reason":"stop"}]}"#
            ),
            (
                .messages,
                #"{"id":"m","type":"message","role":"assistant","content":[{"type":"text","text":"\#(text)"}],"stop_reason":"end_turn"}"#
            ),
            (
                .responses,
                #"{"id":"r","instructions":"a guide","output_text":"\#(text)","output":[{"type":"message","role":"assistant","content":[{"type":"output_text","text":"\#(text)","logprobs":[{"token":"1111"}]}]}]}"#
            ),
        ]
        for (wire, body) in bodies {
            let asks =
                wire == .responses
                ? #""input":"hi""# : #""messages":[{"role":"user","content":"hi"}]"#
            var exchange = try exchange(#"{"model":"m","max_tokens":9,\#(asks)}"#, wire)
            let reply = exchange.reply(status: 200, body: Array(body.utf8))
            let answer = String(decoding: reply.body, as: UTF8.self)
            #expect(answer.contains(#""\#(Self.expected)""#), "\(answer)")
            #expect(!answer.contains("1111") && !answer.contains("a guide"), "\(answer)")
            #expect(answer.contains("stop") || answer.contains("end_turn") || wire == .responses)
            #expect(exchange.record.answerRedacted == ["card_numbers"])
        }
    }
}
