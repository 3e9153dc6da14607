import CharterDocuments
import Foundation
import Testing

@testable import CharterGateway

@Suite("Refusals before the call")
struct ChatRefusalTests {
    private let refusal = ChatRefusal(
        id: "chatcmpl-1",
        created: 1_770_000_000,
        model: "m\"x",
        text: "I can't.\nCall \"112\"."
    )

    @Test("A refusal is a whole answer of the API's form")
    func body() throws {
        let text = String(decoding: refusal.body, as: UTF8.self)
        #expect(
            text == #"{"id":"chatcmpl-1","object":"chat.completion","created":1770000000,"#
                + #""model":"m\"x","choices":[{"index":0,"message":{"role":"assistant","#
                + #""content":null,"refusal":"I can't.\nCall \"112\"."},"logprobs":null,"#
                + #""finish_reason":"stop"}],"usage":{"prompt_tokens":0,"completion_tokens":0,"#
                + #""total_tokens":0}}"#
        )
        #expect(throws: Never.self) { try JSONSerialization.jsonObject(with: Data(refusal.body)) }
    }

    @Test("A streamed refusal comes as deltas with a finish reason, usage and an end")
    func events() throws {
        var both = refusal
        both.choices = 2
        let delivered = try Delivered(both.events(includingUsage: true))
        #expect(delivered.isDone)
        #expect(delivered.texts[0]?["refusal"] == refusal.text)
        #expect(delivered.texts[1]?["refusal"] == refusal.text)
        #expect(delivered.reasons == [0: "stop", 1: "stop"])
        #expect(delivered.roles == [0: "assistant", 1: "assistant"])
        #expect(delivered.usageChunks == 1)
        #expect(try Delivered(refusal.events(includingUsage: false)).usageChunks == 0)
    }

    @Test("A refusal passes its own gateway's watch as it is")
    func watched() throws {
        let bytes = refusal.events(includingUsage: true)
        var watch = AnswerWatch(choices: 1) { _, _ in
            LiteralWatcher(["bomb"])
        } explanation: { _ in
            ""
        }
        var output: [UInt8] = []
        watch.push(bytes, into: &output)
        #expect(watch.state == .complete)
        #expect(output == bytes)
    }
}
