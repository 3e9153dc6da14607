import CharterDocuments
import Foundation
import Testing

/// What a client has in hand after a stream: read by another JSON reader, and put together as the
/// official client does it.
struct Delivered: Equatable {
    /// The texts of each choice, by their path in the delta.
    var texts: [Int: [String: String]] = [:]
    var roles: [Int: String] = [:]
    var reasons: [Int: String] = [:]
    var calls: [Int: [Int: String]] = [:]
    var error: String?
    var isDone = false
    var usageChunks = 0
    /// What strict clients fail on.
    var faults: [String] = []

    init(_ bytes: [UInt8]) throws {
        let text = String(decoding: bytes, as: UTF8.self)
        #expect(text.isEmpty || text.hasSuffix("\n\n"))
        for event in text.components(separatedBy: "\n\n") where !event.isEmpty {
            let lines = event.components(separatedBy: "\n")
            if !lines.allSatisfy({ $0.hasPrefix("data: ") }) { faults.append("framing: \(event)") }
            let data = lines.map { $0.dropFirst(6) }.joined(separator: "\n")
            if isDone || error != nil { faults.append("something behind the end: \(data)") }
            if data == "[DONE]" {
                isDone = true
                continue
            }
            let object = try JSONSerialization.jsonObject(with: Data(data.utf8))
            try read(#require(object as? [String: Any]))
        }
    }

    private mutating func read(_ chunk: [String: Any]) throws {
        if let error = chunk["error"] as? [String: Any] {
            self.error = error["code"] as? String
            return
        }
        if chunk["usage"] is [String: Any] { usageChunks += 1 }
        for choice in try #require(chunk["choices"] as? [[String: Any]]) {
            let index = try #require(choice["index"] as? Int)
            if reasons[index] != nil { faults.append("choice \(index) goes on behind its end") }
            if let reason = choice["finish_reason"] as? String { reasons[index] = reason }
            for (key, value) in choice["delta"] as? [String: Any] ?? [:] {
                if key == "tool_calls" {
                    try readCalls(value as? [[String: Any]] ?? [], of: index)
                } else if key == "role", let role = value as? String {
                    roles[index, default: ""] += role
                } else if let text = value as? String {
                    texts[index, default: [:]][key, default: ""] += text
                } else if let function = value as? [String: String] {
                    texts[index, default: [:]][key, default: ""] += function["arguments"] ?? ""
                }
            }
        }
    }

    private mutating func readCalls(_ list: [[String: Any]], of choice: Int) throws {
        for call in list {
            let number = try #require(call["index"] as? Int)
            let function = (call["function"] ?? call["custom"]) as? [String: Any] ?? [:]
            let head = [call["id"], call["type"], function["name"]].compactMap { $0 as? String }
            if !head.isEmpty {
                if calls[choice]?[number] != nil { faults.append("call \(number) is named twice") }
                calls[choice, default: [:]][number] = head.joined(separator: " ")
            } else if calls[choice]?[number] == nil {
                faults.append("call \(number) has no name")
            }
            let arguments = function["arguments"] as? String ?? ""
            texts[choice, default: [:]]["call \(number)", default: ""] += arguments
        }
    }

    /// A text of a choice; empty where there is none.
    func text(_ choice: Int, _ key: String) -> String { texts[choice]?[key] ?? "" }
}
