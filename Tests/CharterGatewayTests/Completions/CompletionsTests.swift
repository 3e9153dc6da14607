import CharterDocuments
import Foundation
import Testing

@testable import CharterGateway

@Suite("Completions")
struct CompletionsTests {
    private func request(_ members: String) throws -> CompletionsRequest {
        try CompletionsRequest(body: Array(#"{"model":"m",\#(members)}"#.utf8))
    }

    @Test("Prompts are the user's words, each by itself, and all else is the developer's")
    func texts() throws {
        let texts = try request(#""prompt":["one","two"],"suffix":"three","stop":["four"]"#).texts
        #expect(
            texts.map { String(decoding: $0.bytes, as: UTF8.self) }
                == ["three", "four", "one", "two"])
        #expect(texts.map(\.speaker) == [.developer, .developer, .user, .user])
        #expect(texts.map(\.message) == [nil, nil, 0, 1])
    }

    @Test(
        "What cannot be looked at is refused with its place",
        arguments: [
            (#""prompt":[1,2]"#, "prompt[0]"), (#""prompt":["a",[1]]"#, "prompt[1]"),
            (#""prompt":[]"#, "prompt"), (#""prompt":null"#, "prompt"), (#""x":1"#, "prompt"),
            (#""prompt":"a","n":0"#, "n"), (#""prompt":["a","b"],"n":100"#, "prompt"),
            (#""prompt":"a","stream":1"#, "stream"),
        ])
    func wrong(members: String, param: String) {
        #expect { try request(members) } throws: { ($0 as? APIError)?.param == param }
    }

    @Test("A refusal is the text of every choice")
    func refusal() throws {
        let refusal = Refusal(id: "1", created: 0, text: "No.")
        let whole = try #require(try request(#""prompt":["a","b"]"#).reply(with: refusal))
        let object = try object(whole.body)
        let choices = try #require(object["choices"] as? [[String: Any]])
        #expect(choices.map { $0["text"] as? String } == ["No.", "No."])
        #expect(choices.allSatisfy { $0["finish_reason"] as? String == "content_filter" })
        let streamed = try #require(
            try request(#""prompt":"a","stream":true,"stream_options":{"include_usage":true}"#)
                .reply(with: refusal))
        #expect(try delivered(streamed.body) == [0: "No."])
    }

    // MARK: Answers

    private static let literals = ["bomb", "omelet", "é😀x"]
    private static let words = ["bom", "b", "ome", "let", "é", "😀", "x", "\n", " ", "words "]
    private static let watcher = { @Sendable (_: AnswerPart) in LiteralWatcher(literals) }

    /// For each choice the pieces of its text.
    private static func script(seed: Int) -> [[String]] {
        var random = Random(seed: seed)
        return (0..<1 + random.below(3)).map { _ in
            (0..<random.below(8)).map { _ in
                (0..<random.below(4)).map { _ in words[random.below(words.count)] }.joined()
            }
        }
    }

    private static func events(_ script: [[String]]) -> [UInt8] {
        var events = ""
        for row in 0..<(script.map(\.count).max() ?? 0) {
            for (index, pieces) in script.enumerated() where row < pieces.count {
                events += event(index, pieces[row], "null")
            }
        }
        for index in script.indices { events += event(index, "", "\"stop\"") }
        return Array((events + "data: [DONE]\n\n").utf8)
    }

    private static func event(_ index: Int, _ text: String, _ reason: String) -> String {
        let choice =
            "{\"text\":\(BlockScript.quoted(text)),\"index\":\(index),\"logprobs\":null,"
            + "\"finish_reason\":\(reason)}"
        return #"data: {"id":"c","object":"text_completion","x":1.50,"choices":["#
            + choice + "]}\n\n"
    }

    private static func stream(_ choices: Int) -> CompletionsStream<LiteralWatcher> {
        CompletionsStream(
            AnswerWatch(
                choices: choices, watcher: { _, part in watcher(part) },
                explanation: { "[\($0.violation)]" }))
    }

    private func run(_ pieces: [[UInt8]], choices: Int) -> (output: [UInt8], state: AnswerState) {
        var stream = Self.stream(choices)
        var output: [UInt8] = []
        for piece in pieces { stream.push(piece, into: &output) }
        stream.finish(into: &output)
        return (output, stream.state)
    }

    /// What is delivered of each choice.
    private static func expected(_ script: [[String]]) -> [Int: String] {
        var expected: [Int: String] = [:]
        for (index, pieces) in script.enumerated() {
            let text = pieces.joined()
            let left = textBefore(literals, in: text)
            let rest = text.dropFirst(left.count)
            let match = literals.first {
                text.unicodeScalars.dropFirst(left.unicodeScalars.count)
                    .starts(with: $0.unicodeScalars)
            }
            expected[index] =
                rest.isEmpty && left == text
                ? text : left + (left.isEmpty ? "" : "\n\n") + "[\(match ?? "")]"
        }
        return expected
    }

    private func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    private func delivered(_ output: [UInt8]) throws -> [Int: String] {
        var parser = ServerSentEvents()
        parser.push(output)
        var texts: [Int: String] = [:]
        while let event = try parser.next(), event.data != ChatChunk.done {
            for choice in try #require(object(event.data)["choices"] as? [[String: Any]]) {
                let index = try #require(choice["index"] as? Int)
                #expect(choice["delta"] == nil)
                texts[index, default: ""] += try #require(choice["text"] as? String)
            }
        }
        return texts
    }

    @Test("Exactly what stands before a match is delivered, however it is cut", arguments: 0..<100)
    func cuts(seed: Int) throws {
        let script = Self.script(seed: seed)
        let bytes = Self.events(script)
        let whole = run([bytes], choices: script.count)
        #expect(whole.state == .complete)
        #expect(try delivered(whole.output) == Self.expected(script), "seed \(seed)")
        var random = Random(seed: seed)
        for longest in [1, 7, 60, 500] {
            let cut = run(random.cut(bytes, longest: longest), choices: script.count)
            #expect(cut.output == whole.output && cut.state == whole.state, "seed \(seed)")
        }
        // Each choice waits by itself: of several the order may change.
        if script.count == 1, !Self.expected(script).values.contains(where: { $0.contains("[") }) {
            #expect(whole.output == bytes, "seed \(seed)")
        }
    }

    @Test("Not streamed, an answer comes to the same", arguments: 0..<100)
    func whole(seed: Int) throws {
        let script = Self.script(seed: seed)
        let choices = script.enumerated().map { index, pieces in
            "{\"text\":\(BlockScript.quoted(pieces.joined())),\"index\":\(index),\"finish_reason\":\"stop\"}"
        }
        let body = Array(#"{"id":"c","choices":[\#(choices.joined(separator: ","))]}"#.utf8)
        let answer = try CompletionsAnswer.judge(
            body, watcher: { _, part in Self.watcher(part) },
            explanation: { "[\($0.violation)]" })
        var texts: [Int: String] = [:]
        for choice in try #require(object(answer.body)["choices"] as? [[String: Any]]) {
            texts[try #require(choice["index"] as? Int)] = choice["text"] as? String
        }
        #expect(texts == Self.expected(script), "seed \(seed)")
        if answer.stops.isEmpty { #expect(answer.body == body) }
    }

    @Test(
        "What is no completion is an error",
        arguments: [
            #"{"choices":[{"index":0,"delta":{"content":"x"}}]}"#,
            #"{"choices":[{"index":0,"text":"a","message":{"content":"x"}}]}"#,
            #"{"choices":[{"index":0,"text":["x"]}]}"#, #"{"choices":[7]}"#, "{}", "garbage",
        ])
    func malformed(data: String) {
        let (output, state) = run([Array("data: \(data)\n\n".utf8)], choices: 1)
        if case .failed(let error) = state {
            #expect(error.code == "upstream_malformed")
        } else {
            Issue.record("\(state)")
        }
        #expect(!String(decoding: output, as: UTF8.self).contains("\"x\""))
    }
}
