import CharterDocuments
import Foundation
import Testing

@testable import CharterGateway

/// Streams that a real server has sent (Tests/Vectors/streams).
@Suite("Recorded streams")
struct RecordedStreamTests {
    static let names = ["chat", "chat-two", "chat-logprobs", "messages", "responses"]

    private static func bytes(_ name: String) throws -> [UInt8] {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Vectors/streams/\(name).sse")
        return Array(try Data(contentsOf: file))
    }

    private func stream(_ name: String, _ literals: [String]) -> any AnswerStream<LiteralWatcher> {
        let watcher = { @Sendable (_: AnswerPart) in LiteralWatcher(literals) }
        let explanation = { @Sendable (stop: AnswerStop<String>) in "[\(stop.violation)]" }
        return switch name {
        case "messages": AnswerGate(MessagesForm(), watcher: watcher, explanation: explanation)
        case "responses":
            AnswerGate(
                ResponsesForm(instructions: Array("null".utf8)), watcher: watcher,
                explanation: explanation)
        default:
            AnswerWatch(
                choices: name == "chat-two" ? 2 : 1, watcher: { _, part in watcher(part) },
                explanation: explanation)
        }
    }

    private func run(_ name: String, _ pieces: [[UInt8]], _ literals: [String]) -> [UInt8] {
        var stream = stream(name, literals)
        var output: [UInt8] = []
        for piece in pieces { stream.push(piece, into: &output) }
        stream.finish(into: &output)
        #expect(stream.state == .complete)
        return output
    }

    @Test("What is not stopped arrives byte for byte", arguments: names)
    func passes(name: String) throws {
        let bytes = try Self.bytes(name)
        let output = run(name, [bytes], ["no such words"])
        guard name == "chat-two" else { return #expect(output == bytes) }
        // Two answers are held back each by itself, so that they interleave in another way.
        func events(_ bytes: [UInt8]) -> [String] {
            String(decoding: bytes, as: UTF8.self).components(separatedBy: "\n\n").sorted()
        }
        #expect(events(output) == events(bytes))
    }

    @Test("Wherever the bytes are cut, the same arrives, stopped or not", arguments: names)
    func cuts(name: String) throws {
        let bytes = try Self.bytes(name)
        for literals in [["no such words"], ["for any confusion"], ["math teacher."]] {
            let whole = run(name, [bytes], literals)
            var random = Random(seed: bytes.count)
            for _ in 0..<40 {
                let place = random.below(bytes.count)
                let halves = [Array(bytes[..<place]), Array(bytes[place...])]
                #expect(run(name, halves, literals) == whole, "cut at \(place)")
            }
            for longest in [1, 3, 17, 400] {
                #expect(run(name, random.cut(bytes, longest: longest), literals) == whole)
            }
            let text = String(decoding: whole, as: UTF8.self)
            #expect(!text.contains(#"\#(literals[0])""#) || text.contains("[\(literals[0])]"))
        }
    }
}
