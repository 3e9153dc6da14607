import CharterDocuments
import Foundation
import Testing

@testable import CharterGateway

/// Answers of blocks, in each protocol that has them.
@Suite("The gate for answers of blocks")
struct AnswerGateTests {
    /// How a stream comes, and how it goes on.
    enum Line: String, CaseIterable, Sendable {
        case messages, responses, chatFromMessages, messagesFromChat

        func stream(
            watcher: @escaping @Sendable (AnswerPart) -> LiteralWatcher = { _ in
                LiteralWatcher(BlockScript.literals)
            }
        ) -> any AnswerStream<LiteralWatcher> {
            let explanation = { @Sendable (stop: AnswerStop<String>) in "[\(stop.violation)]" }
            let chat = AnswerWatch(
                choices: 1, watcher: { _, part in watcher(part) }, explanation: explanation)
            let message = AnswerGate(MessagesForm(), watcher: watcher, explanation: explanation)
            return switch self {
            case .messages: message
            case .responses:
                AnswerGate(
                    ResponsesForm(instructions: Array("null".utf8)), watcher: watcher,
                    explanation: explanation)
            case .chatFromMessages:
                TranslatedStream(
                    chat, ChatEventsFromMessages(includesUsage: true), limit: 1 << 20)
            case .messagesFromChat:
                TranslatedStream(message, MessagesEventsFromChat(), limit: 1 << 20)
            }
        }

        func bytes(_ script: BlockScript) -> [UInt8] {
            switch self {
            case .messages, .chatFromMessages: script.messageEvents
            case .responses: script.responseEvents
            case .messagesFromChat: script.chatEvents
            }
        }
    }

    private struct Run: Equatable {
        var output: [UInt8] = []
        var stops: [String] = []
        var state = AnswerState.running

        init(_ line: Line, _ pieces: [[UInt8]]) {
            var stream = line.stream()
            for piece in pieces { stream.push(piece, into: &output) }
            stream.finish(into: &output)
            stops = stream.stops.map { "\($0.part) \($0.violation)" }
            state = stream.state
        }
    }

    private static let answersEach =
        (ProcessInfo.processInfo.environment["CHARTER_CUTTINGS"].flatMap { Int($0) } ?? 2_000) / 200

    @Test(
        "Every cutting of the bytes gives the same bytes and stops", arguments: Line.allCases,
        0..<20)
    func cuts(line: Line, batch: Int) {
        for seed in batch * Self.answersEach..<(batch + 1) * Self.answersEach {
            let bytes = line.bytes(BlockScript(seed: seed))
            let whole = Run(line, [bytes])
            #expect(whole.state == .complete, "\(line) seed \(seed)")
            var random = Random(seed: seed)
            for longest in [1, 2, 3, 5, 9, 20, 60, 200, 700, 3_000] {
                let cut = Run(line, random.cut(bytes, longest: longest))
                #expect(cut == whole, "\(line) seed \(seed), pieces up to \(longest)")
            }
        }
    }

    @Test("However the text comes in events, the same text arrives", arguments: 0..<200)
    func events(seed: Int) throws {
        let script = BlockScript(seed: seed)
        let expected = script.expected
        var random = Random(seed: seed)
        for longest in [1, 3, 200] {
            let other = script.inPieces(longest: longest, &random)
            let message = Run(.messages, [other.messageEvents])
            #expect(
                try DeliveredBlocks.texts(ofMessage: message.output) == told(expected),
                "seed \(seed)")
            let response = Run(.responses, [other.responseEvents])
            #expect(
                try DeliveredBlocks.texts(ofResponse: response.output) == toldInItems(script),
                "seed \(seed)")
            #expect(message.stops.count == (expected.stopped == nil ? 0 : 1))
            #expect(response.stops.map(violation) == message.stops.map(violation), "seed \(seed)")
        }
    }

    @Test("Not streamed, an answer comes to the same", arguments: 0..<200)
    func whole(seed: Int) throws {
        let script = BlockScript(seed: seed)
        let watcher = { (_: AnswerPart) in LiteralWatcher(BlockScript.literals) }
        let message = try MessagesAnswer.judge(
            script.message, watcher: watcher, explanation: { "[\($0.violation)]" })
        let response = try ResponsesAnswer.judge(
            script.responseBody, instructions: Array("null".utf8), watcher: watcher,
            explanation: { "[\($0.violation)]" })
        let streamed = Run(.messages, [script.messageEvents])
        #expect(
            try DeliveredBlocks.texts(ofContent: DeliveredBlocks.object(message.body))
                == told(script.expected), "seed \(seed)")
        #expect(
            try DeliveredBlocks.texts(ofOutput: DeliveredBlocks.object(response.body))
                == toldInItems(script), "seed \(seed)")
        for stops in [message.stops, response.stops] {
            #expect(stops.map(\.violation) == streamed.stops.map(violation), "seed \(seed)")
        }
        if script.expected.stopped == nil {
            #expect(message.body == script.message && response.body == script.responseBody)
        }
    }

    @Test("What is not stopped arrives byte for byte")
    func passes() {
        for seed in 0..<100 {
            let script = BlockScript(seed: seed)
            guard script.expected.stopped == nil else { continue }
            for line in [Line.messages, .responses] {
                let sorted = Run(line, [line.bytes(script)]).output.split(separator: 10).count
                #expect(sorted == line.bytes(script).split(separator: 10).count)
            }
            #expect(Run(.responses, [script.responseEvents]).output == script.responseEvents)
        }
    }

    @Test(
        "Whatever bytes come, it ends as a whole answer or as an error", arguments: Line.allCases,
        0..<5)
    func garbled(line: Line, batch: Int) {
        for seed in batch * 50..<(batch + 1) * 50 {
            var random = Random(seed: seed)
            var bytes = line.bytes(BlockScript(seed: seed))
            for _ in 0...random.below(4) where !bytes.isEmpty {
                let place = random.below(bytes.count)
                switch random.below(4) {
                case 0: bytes.remove(at: place)
                case 1: bytes[place] = UInt8(random.below(256))
                case 2:
                    bytes.insert(contentsOf: bytes[place...].prefix(random.below(300)), at: place)
                default: bytes.removeLast(random.below(bytes.count / 4 + 1))
                }
            }
            let run = Run(line, random.cut(bytes, longest: 50))
            #expect(run.state != .running, "\(line) seed \(seed)")
            let text = String(decoding: run.output, as: UTF8.self)
            // In JSON a text that is forbidden would stand as it is: none of these needs an escape.
            for literal in ["omelet"] {
                let said = text.replacing("[\(literal)]", with: "")
                #expect(!said.contains(literal), "\(line) seed \(seed)")
            }
        }
    }

    // MARK: What a client has in hand

    private func told(_ expected: (texts: [String], stopped: Int?)) -> [String] {
        // Blocks that say nothing are no matter.
        expected.texts.filter { !$0.isEmpty }
    }

    /// A thought that was cut is in a stream's events alone: nothing of its item is kept.
    private func toldInItems(_ script: BlockScript) -> [String] {
        var expected = script.expected
        if let stopped = expected.stopped, script.blocks[stopped].kind == .thought,
            expected.texts.count > stopped
        {
            expected.texts.removeLast()
        }
        return told(expected)
    }

    private func violation(_ stop: String) -> String {
        stop.split(separator: " ").last.map(String.init) ?? ""
    }
}

extension BlockScript {
    /// The same in chat completions: texts and thoughts first, then calls.
    var chatEvents: [UInt8] {
        var script = StreamScript()
        script.role()
        for block in blocks where block.kind == .text {
            for piece in block.pieces { script.say(piece) }
        }
        var call = 0
        for place in blocks.indices {
            guard let arguments = arguments(place) else { continue }
            script.call(call, "f", "")
            script.call(call, nil, arguments)
            call += 1
        }
        script.end(call > 0 ? "tool_calls" : "stop")
        script.usage()
        script.done()
        return script.bytes
    }
}
