import Foundation
import Testing

@testable import CharterGateway

/// What a client has in hand after an answer of blocks: read by another JSON reader.
enum DeliveredBlocks {
    static func object(_ bytes: [UInt8]) throws -> [String: Any] {
        try #require(JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any])
    }

    static func events(_ output: [UInt8]) throws -> [[String: Any]] {
        var parser = ServerSentEvents()
        parser.push(output)
        var events: [[String: Any]] = []
        while let event = try parser.next() {
            let object = try object(event.data)
            #expect(object["type"] as? String == String(decoding: event.type, as: UTF8.self))
            events.append(object)
        }
        return events
    }

    static func texts(ofMessage output: [UInt8]) throws -> [String] {
        var blocks: [Int: String] = [:]
        var isOpen: Set<Int> = []
        let events = try events(output)
        for event in events {
            let index = event["index"] as? Int ?? -1
            switch event["type"] as? String {
            case "content_block_start":
                isOpen.insert(index)
                #expect(index == blocks.count, "indexes in a row")
                blocks[index] = ""
            case "content_block_delta":
                #expect(isOpen.contains(index))
                let delta = event["delta"] as? [String: Any] ?? [:]
                blocks[index]? +=
                    ["text", "thinking", "partial_json"].compactMap { delta[$0] as? String }
                    .joined()
            case "content_block_stop": isOpen.remove(index)
            default: continue
            }
        }
        #expect(isOpen.isEmpty)
        #expect(events.last?["type"] as? String == "message_stop")
        return withoutExplanation(blocks.sorted { $0.key < $1.key }.map(\.value))
    }

    static func texts(ofContent message: [String: Any]) throws -> [String] {
        withoutExplanation(
            try #require(message["content"] as? [[String: Any]]).map { block in
                if let input = block["input"] as? [String: String] {
                    return "{\"q\":\(StreamScript.quoted(input["q"] ?? ""))}"
                }
                return block["text"] as? String ?? block["thinking"] as? String ?? ""
            })
    }

    static func texts(ofResponse output: [UInt8]) throws -> [String] {
        let events = try events(output)
        #expect(events.map { $0["sequence_number"] as? Int } == Array(0..<events.count))
        return try texts(ofOutput: #require(events.last?["response"] as? [String: Any]))
    }

    static func texts(ofOutput response: [String: Any]) throws -> [String] {
        let output = try #require(response["output"] as? [[String: Any]])
        return withoutExplanation(
            output.flatMap { item -> [String] in
                if let arguments = item["arguments"] as? String { return [arguments] }
                let parts = (item["content"] ?? item["summary"]) as? [[String: Any]] ?? []
                return parts.map { $0["text"] as? String ?? $0["refusal"] as? String ?? "" }
            })
    }

    static func withoutExplanation(_ texts: [String]) -> [String] {
        texts.filter { text in
            !text.isEmpty && !BlockScript.literals.contains { text == "[\($0)]" }
        }
    }
}
