import CharterDocuments
import Testing

@testable import CharterGateway

/// What is replaced where texts are read as one, and where a protocol has few places for it.
@Suite("What cannot be replaced in an answer")
struct SpokenRedactionTests {
    private static let forbidden = ["omelet", "xx"]
    private static let replaced = ["abab", "ba", "é😀"]
    private static let words = ["ab", "a", "b", "aba", "é", "😀", "ome", "let", "x", " ", "words "]

    private static let watcher = { @Sendable (part: AnswerPart) in
        var watcher = LiteralWatcher(forbidden, replacing: replaced)
        if part.isCall { watcher.forbidEdits() }
        return watcher
    }

    private static func script(_ texts: [String]) -> BlockScript {
        var script = BlockScript(seed: 0)
        script.blocks = texts.map { (kind: .text, pieces: [$0]) }
        return script
    }

    /// The texts that arrive, without explanations: of a message and a response, streamed and not.
    private static func delivered(_ script: BlockScript) throws -> [[String]] {
        var outputs: [[UInt8]] = []
        for line in [AnswerGateTests.Line.messages, .responses] {
            var stream = line.stream(watcher: watcher)
            var output: [UInt8] = []
            stream.push(line.bytes(script), into: &output)
            stream.finish(into: &output)
            #expect(stream.state == .complete)
            outputs.append(output)
        }
        let message = try MessagesAnswer.judge(
            script.message, watcher: watcher, explanation: { "[\($0.violation)]" })
        let response = try ResponsesAnswer.judge(
            script.responseBody, instructions: Array("null".utf8), watcher: watcher,
            explanation: { "[\($0.violation)]" })
        let texts = [
            try DeliveredBlocks.texts(ofMessage: outputs[0]),
            try DeliveredBlocks.texts(ofResponse: outputs[1]),
            try DeliveredBlocks.texts(ofContent: DeliveredBlocks.object(message.body)),
            try DeliveredBlocks.texts(ofOutput: DeliveredBlocks.object(response.body)),
        ]
        return texts.map { $0.filter { !$0.hasPrefix("[") } }
    }

    @Test(
        "Words that go over several blocks end the answer before them, and those in one are replaced",
        arguments: [
            (["say a ", "ba. More"], ["say a ", "▮▮. More"]),
            (["say b", "a. More"], ["say "]),
            (["say ba and b", "a. More", "still more"], ["say ▮▮ and "]),
            (["b", "", "a", "x"], []),
            (["say abab", "ab. More"], ["say ▮▮"]),
            (["say ba", "ba. More"], ["say ▮▮", "▮▮. More"]),
            (["say b", "a omelet"], ["say "]),
            (["say ome", "let xx"], ["say "]),
        ])
    func across(texts: [String], expected: [String]) throws {
        for delivered in try Self.delivered(Self.script(texts)) {
            #expect(delivered == expected, "\(texts)")
        }
    }

    @Test(
        "However the texts come, the same arrives, and nothing of it together is what is replaced")
    func together() throws {
        for seed in 0..<200 {
            var random = Random(seed: seed)
            let texts = (0...random.below(4)).map { _ in
                (0..<random.below(6)).map { _ in Self.words[random.below(Self.words.count)] }
                    .joined()
            }
            let script = Self.script(texts)
            let first = try Self.delivered(script)[0]
            for part in first.joined().split(separator: "▮▮") {
                #expect(
                    !(Self.forbidden + Self.replaced).contains(where: part.contains),
                    "\(texts): \(first)")
            }
            for longest in [1, 2, 5, 200] {
                for delivered in try Self.delivered(script.inPieces(longest: longest, &random)) {
                    #expect(delivered == first, "seed \(seed), up to \(longest): \(texts)")
                }
            }
        }
    }

    private static func run(
        _ stream: some AnswerStream<LiteralWatcher>, _ events: [String]
    ) -> String {
        var (stream, output) = (stream, [UInt8]())
        for event in events { stream.push(Array("data: \(event)\n\n".utf8), into: &output) }
        stream.finish(into: &output)
        return String(decoding: output, as: UTF8.self)
    }

    private static func response(_ events: [String]) -> String {
        let created = #"{"type":"response.created","response":{"id":"r","output":[]}}"#
        return run(
            AnswerGate(
                ResponsesForm(instructions: Array("null".utf8)), watcher: watcher,
                explanation: { _ in "STOP" }), [created] + events)
    }

    @Test("A text that comes whole is replaced wherever it is told, and a key ends the answer")
    func whole() {
        let item = #"{"id":"i","type":"message","content":[],"more":"a ba"}"#
        let output = Self.response([
            #"{"type":"response.output_item.added","output_index":0,"item":\#(item)}"#,
            #"{"type":"response.output_item.done","output_index":0,"item":\#(item)}"#,
            #"{"type":"response.completed","response":{"output":[\#(item)]}}"#,
        ])
        #expect(!output.contains("a ba") && !output.contains("STOP"), "\(output)")
        #expect(output.split(separator: #""more":"a ▮▮""#).count == 4, "\(output)")
        for more in [#"{"x":"aba y","aba y":1}"#, #"{"aba y":1,"x":"aba y"}"#] {
            let output = Self.response([
                #"{"type":"response.completed","response":{"output":[],"more":\#(more)}}"#
            ])
            #expect(!output.contains("aba y") && output.contains("STOP"), "\(output)")
        }
    }

    private static var chat: AnswerWatch<LiteralWatcher> {
        AnswerWatch(
            choices: 1, watcher: { _, part in watcher(part) }, explanation: { _ in "STOP" })
    }

    @Test("Events of the same form keep their own texts behind one that was replaced")
    func forms() throws {
        var script = StreamScript()
        script.role()
        for text in ["one ", "ba ", "two ", "three ", "and more and more"] { script.say(text) }
        script.end()
        script.done()
        var (watch, output) = (Self.chat, [UInt8]())
        watch.push(script.bytes, into: &output)
        #expect(
            try Delivered(output).text(0, "content") == "one ▮▮ two three and more and more")
    }

    @Test("In the older completions words are replaced, streamed or not")
    func completions() throws {
        func body(_ text: String, _ reason: String) -> String {
            #"{"id":"c","choices":[{"index":0,"text":"\#(text)","logprobs":null,"finish_reason":\#(reason)}]}"#
        }
        let whole = try CompletionsAnswer.judge(
            Array(body("say ba twice", "\"stop\"").utf8),
            watcher: { _, part in Self.watcher(part) },
            explanation: { (_: AnswerStop<String>) in "STOP" })
        let text = String(decoding: whole.body, as: UTF8.self)
        #expect(text.contains(#""text":"say ▮▮ twice""#) && text.contains("stop"), "\(text)")
        let output = Self.run(
            CompletionsStream(Self.chat),
            [body("say b", "null"), body("a twice", "null"), body("", "\"stop\""), "[DONE]"])
        #expect(output.contains("▮▮") && !output.contains("\"a twice"), "\(output)")
        #expect(output.contains("[DONE]") && !output.contains("STOP"), "\(output)")
    }

    @Test("In the text of an error nothing is replaced, so that it is told without its words")
    func errors() {
        let error = APIError.upstreamMalformed("aba it is").judged(by: Self.watcher(.content))
        #expect(!error.message.contains("aba"))
    }
}
