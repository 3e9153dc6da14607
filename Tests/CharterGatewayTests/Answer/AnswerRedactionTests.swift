import CharterDocuments
import Foundation
import Testing

@testable import CharterGateway

/// What is replaced in answers, in every protocol.
@Suite("What is replaced in an answer")
struct AnswerRedactionTests {
    private static let forbidden = ["omelet", "xx"]
    private static let replaced = ["abab", "ba", "é😀", "\n"]
    private static let words = [
        "ab", "a", "b", "aba", "é", "😀", "ome", "let", "x", " ", "words ", "\n", "\"",
    ]

    private static func watcher(_ part: AnswerPart) -> LiteralWatcher {
        var watcher = LiteralWatcher(forbidden, replacing: replaced)
        if part.isCall { watcher.forbidEdits() }
        return watcher
    }

    private static func script(_ seed: Int) -> BlockScript {
        var random = Random(seed: seed)
        var script = BlockScript(seed: seed)
        for place in script.blocks.indices {
            script.blocks[place].pieces = (0..<random.below(9)).map { _ in
                (0..<random.below(4)).map { _ in words[random.below(words.count)] }.joined()
            }
            // What goes over several blocks is not replaced: `SpokenRedactionTests`.
            if script.blocks[place].kind == .text { script.blocks[place].pieces.append("|") }
        }
        return script
    }

    /// What arrives of a text, in the plainest way: each byte is looked at by itself.
    private static func delivered(_ text: String) -> (text: String, isStopped: Bool) {
        let bytes = Array(text.utf8)
        func places(_ literal: String) -> [Range<Int>] {
            let literal = Array(literal.utf8)
            guard literal.count <= bytes.count else { return [] }
            return (0...bytes.count - literal.count)
                .filter { bytes[$0..<$0 + literal.count] == literal[...] }
                .map { $0..<$0 + literal.count }
        }
        let stop = forbidden.flatMap(places).min {
            ($0.upperBound, $0.lowerBound) < ($1.upperBound, $1.lowerBound)
        }
        let known = replaced.flatMap(places).filter {
            $0.upperBound <= stop?.upperBound ?? bytes.count
        }
        var result: [UInt8] = []
        for (place, byte) in bytes.enumerated() where place < stop?.lowerBound ?? bytes.count {
            guard known.contains(where: { $0.contains(place) }) else {
                result.append(byte)
                continue
            }
            // Where one begins, and none ends or goes on.
            if !known.contains(where: { $0.lowerBound < place && $0.upperBound >= place }) {
                result += LiteralWatcher.replacement
            }
        }
        return (String(decoding: result, as: UTF8.self), stop != nil)
    }

    /// What arrives of the blocks of an answer.
    private static func delivered(_ script: BlockScript) -> (texts: [String], stopped: Int?) {
        var texts: [String] = []
        for place in script.blocks.indices {
            if let arguments = script.arguments(place) {
                if (forbidden + replaced).contains(where: arguments.contains) {
                    return (texts, place)
                }
                texts.append(arguments)
                continue
            }
            let (text, isStopped) = delivered(script.blocks[place].pieces.joined())
            if !text.isEmpty { texts.append(text) }
            if isStopped { return (texts, place) }
        }
        return (texts, nil)
    }

    private static func run(
        _ line: AnswerGateTests.Line, _ pieces: [[UInt8]]
    ) -> (output: [UInt8], state: AnswerState) {
        var stream = line.stream(watcher: watcher)
        var output: [UInt8] = []
        for piece in pieces { stream.push(piece, into: &output) }
        stream.finish(into: &output)
        return (output, stream.state)
    }

    @Test(
        "Every cutting of the bytes gives the same bytes",
        arguments: AnswerGateTests.Line.allCases, 0..<10)
    func cuts(line: AnswerGateTests.Line, batch: Int) {
        for seed in batch * 15..<(batch + 1) * 15 {
            let bytes = line.bytes(Self.script(seed))
            let whole = Self.run(line, [bytes])
            #expect(whole.state == .complete, "\(line) seed \(seed)")
            var random = Random(seed: seed)
            for longest in [1, 3, 9, 60, 700] {
                let cut = Self.run(line, random.cut(bytes, longest: longest))
                #expect(cut.output == whole.output, "\(line) seed \(seed), up to \(longest)")
            }
        }
    }

    @Test(
        "However the text comes in events, the same text arrives, and none is told twice in two ways"
    )
    func events() throws {
        for seed in 0..<150 {
            let script = Self.script(seed)
            let expected = Self.delivered(script)
            var random = Random(seed: seed)
            for longest in [1, 3, 200] {
                let other = script.inPieces(longest: longest, &random)
                let message = Self.run(.messages, [other.messageEvents]).output
                #expect(
                    try Self.without(DeliveredBlocks.texts(ofMessage: message)) == expected.texts,
                    "seed \(seed), up to \(longest)")
                let response = Self.run(.responses, [other.responseEvents]).output
                #expect(
                    try Self.without(DeliveredBlocks.texts(ofResponse: response))
                        == Self.inItems(script), "seed \(seed), up to \(longest)")
                for output in [message, response] {
                    try Self.expectNothingElse(DeliveredBlocks.events(output), "seed \(seed)")
                }
            }
        }
    }

    @Test("Not streamed, the same arrives")
    func whole() throws {
        for seed in 0..<150 {
            let script = Self.script(seed)
            let expected = Self.delivered(script)
            let message = try MessagesAnswer.judge(
                script.message, watcher: Self.watcher, explanation: { "[\($0.violation)]" })
            let response = try ResponsesAnswer.judge(
                script.responseBody, instructions: Array("null".utf8), watcher: Self.watcher,
                explanation: { "[\($0.violation)]" })
            let objects = try [message.body, response.body].map(DeliveredBlocks.object)
            #expect(
                try Self.without(DeliveredBlocks.texts(ofContent: objects[0])) == expected.texts,
                "seed \(seed)")
            #expect(
                try Self.without(DeliveredBlocks.texts(ofOutput: objects[1]))
                    == Self.inItems(script), "seed \(seed)")
            try Self.expectNothingElse(objects, "seed \(seed)")
        }
    }

    @Test("In chat completions the same arrives, streamed in whatever events or not")
    func chat() throws {
        for seed in 0..<200 {
            var random = Random(seed: seed)
            let text = (0..<random.below(20)).map { _ in
                Self.words[random.below(Self.words.count)]
            }.joined()
            let (expected, isStopped) = Self.delivered(text)
            for longest in [1, 3, 200] {
                var script = StreamScript()
                script.role()
                let pieces = random.cut(Array(text.unicodeScalars), longest: longest)
                    .map { String(String.UnicodeScalarView($0)) }
                for (number, piece) in pieces.enumerated() {
                    // The last piece stands in the event that ends the answer.
                    let isLast = number == pieces.count - 1
                    script.raw(
                        script.event(
                            "\"content\":\(StreamScript.quoted(piece)),\"z\":[7]",
                            reason: isLast ? "stop" : nil,
                            more: ",\"verbose\":{\"content\":\(StreamScript.quoted(text))}"))
                }
                if pieces.isEmpty { script.end() }
                script.usage()
                script.done()
                var watch = AnswerWatch(choices: 1) { _, part in
                    Self.watcher(part)
                } explanation: { stop in
                    "[\(stop.violation)]"
                }
                var output: [UInt8] = []
                for piece in random.cut(script.bytes, longest: 40) {
                    watch.push(piece, into: &output)
                }
                watch.finish(into: &output)
                let delivered = try Delivered(output)
                #expect(delivered.text(0, "content") == expected, "seed \(seed), \(longest)")
                #expect(delivered.reasons == [0: isStopped ? "content_filter" : "stop"])
                #expect(delivered.roles == [0: "assistant"] && delivered.faults.isEmpty)
                #expect(delivered.isDone && delivered.usageChunks == (isStopped ? 0 : 1))
            }
            let body =
                #"{"id":"c","object":"chat.completion","x":"\#(seed)","choices":[{"index":0,"#
                + #""logprobs":{"content":[{"token":"ab"}]},"finish_reason":"stop","#
                + #""message":{"role":"assistant","n":1,"content":\#(StreamScript.quoted(text))}}],"#
                + #""usage":{"total_tokens":3}}"#
            let answer = try ChatAnswer<LiteralWatcher>(body: Array(body.utf8)) { _, part in
                Self.watcher(part)
            } explanation: {
                "[\($0.violation)]"
            }
            let object = try DeliveredBlocks.object(answer.body)
            let choice = try #require((object["choices"] as? [[String: Any]])?.first)
            let message = choice["message"] as? [String: Any]
            #expect(message?["content"] as? String ?? "" == expected, "seed \(seed)")
            #expect(choice["finish_reason"] as? String == (isStopped ? "content_filter" : "stop"))
            #expect(object["usage"] is [String: Any])
            if expected != text { #expect(choice["logprobs"] is NSNull && object["x"] == nil) }
            if expected == text { #expect(answer.body == Array(body.utf8)) }
        }
    }

    @Test("What repeats a text that was replaced does not pass by")
    func repeated() throws {
        var script = StreamScript()
        script.role()
        script.say("say ")
        script.say("ba")
        script.say(" and a good deal more")
        script.raw(script.event("", more: #","verbose":{"content":"say ba"}"#))
        script.raw(script.event("", reason: "stop", more: #","verbose":{"content":"say ba"}"#))
        script.raw(
            "{\(StreamScript.head)\"choices\":[],\"text\":\"ba\",\"usage\":{\"total_tokens\":3}}")
        script.done()
        var watch = AnswerWatch(choices: 1) { _, part in
            Self.watcher(part)
        } explanation: { _ in
            ""
        }
        var output: [UInt8] = []
        watch.push(script.bytes, into: &output)
        let text = String(decoding: output, as: UTF8.self)
        #expect(try Delivered(output).text(0, "content") == "say ▮▮ and a good deal more")
        #expect(!text.contains("ba") && text.contains("total_tokens"), "\(text)")
    }

    /// What a client gets of a stream with one choice.
    private static func delivered(_ script: StreamScript) -> [UInt8] {
        var watch = AnswerWatch(choices: 1) { _, part in
            watcher(part)
        } explanation: {
            "[\($0.violation)]"
        }
        var output: [UInt8] = []
        watch.push(script.bytes, into: &output)
        return output
    }

    @Test("A key cannot be replaced, so that the answer ends before it")
    func keys() throws {
        var script = StreamScript()
        script.role()
        script.say("Well. ")
        script.raw(script.event(#""details":{"ba":1}"#))
        script.end()
        script.done()
        let output = Self.delivered(script)
        #expect(try Delivered(output).reasons == [0: "content_filter"])
        #expect(try Delivered(output).text(0, "content") == "Well. ")
    }

    @Test("Strings deep inside are replaced where they stand")
    func deep() throws {
        var script = StreamScript()
        script.role()
        script.raw(script.event(#""content":[{"type":"text","text":"one ab"}]"#))
        script.raw(script.event(#""content":[{"type":"text","text":"ab two"}]"#))
        script.end()
        script.done()
        let output = Self.delivered(script)
        let text = String(decoding: output, as: UTF8.self)
        #expect(text.contains(#"[{"type":"text","text":"one ▮▮"}]"#), "\(text)")
        #expect(text.contains(#"[{"type":"text","text":" two"}]"#), "\(text)")
    }

    // MARK: What a client has in hand

    private static func inItems(_ script: BlockScript) -> [String] {
        var expected = delivered(script)
        // Nothing of a thought's item is kept where it was cut.
        if let stopped = expected.stopped, script.blocks[stopped].kind == .thought,
            !delivered(script.blocks[stopped].pieces.joined()).text.isEmpty
        {
            expected.texts.removeLast()
        }
        return expected.texts
    }

    private static func without(_ texts: [String]) -> [String] {
        texts.filter { text in
            !(forbidden + replaced).contains { text == "[\($0)]" }
        }
    }

    /// No string anywhere has what is replaced; explanations name it in brackets.
    private static func expectNothingElse(_ objects: [[String: Any]], _ comment: Comment) throws {
        func strings(_ value: Any) -> [String] {
            switch value {
            case let text as String: [text]
            case let list as [Any]: list.flatMap(strings)
            case let object as [String: Any]: object.values.flatMap(strings)
            default: []
            }
        }
        // In a call a line break is an escape.
        let replaced = replaced.filter { $0 != "\n" }
        for text in objects.flatMap(strings) where !text.hasPrefix("[") {
            #expect(!replaced.contains(where: text.contains), comment)
        }
    }
}
