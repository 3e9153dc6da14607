import CharterDocuments
import Foundation

/// A random answer of blocks: texts, thoughts and calls, and what is in them.
struct BlockScript {
    static let literals = ["bomb", "omelet", "é😀x"]
    private static let words = [
        "bom", "b", "ome", "let", "o", "é", "😀", "x", "\n", " ", "words of a model",
    ]

    enum Kind: CaseIterable {
        case text, thought, call
    }

    /// Each block with the pieces of its text.
    var blocks: [(kind: Kind, pieces: [String])] = []

    init(seed: Int) {
        var random = Random(seed: seed)
        for _ in 0...random.below(4) {
            let kind = Kind.allCases[random.below(3)]
            let pieces = (0..<random.below(8)).map { _ in
                (0..<random.below(4)).map { _ in Self.words[random.below(Self.words.count)] }
                    .joined()
            }
            blocks.append((kind, pieces))
        }
    }

    /// The same answer in other pieces.
    func inPieces(longest: Int, _ random: inout Random) -> BlockScript {
        var other = self
        for place in other.blocks.indices {
            let scalars = Array(blocks[place].pieces.joined().unicodeScalars)
            other.blocks[place].pieces = random.cut(scalars, longest: longest)
                .map { String(String.UnicodeScalarView($0)) }
        }
        return other
    }

    /// What is delivered of it: the texts of its blocks, and at which it was stopped.
    var expected: (texts: [String], stopped: Int?) {
        var texts: [String] = []
        var spoken = ""
        for (place, block) in blocks.enumerated() {
            let text = arguments(place) ?? block.pieces.joined()
            let left = textBefore(Self.literals, in: text)
            if left != text {
                if block.kind != .call, !left.isEmpty { texts.append(left) }
                return (texts, place)
            }
            texts.append(text)
            guard block.kind == .text else { continue }
            // Texts are read as one, from block to block.
            spoken += text
            let together = textBefore(Self.literals, in: spoken)
            if together != spoken { return cut(texts, at: together.utf8.count) }
        }
        return (texts, nil)
    }

    /// What is left where what was spoken ends.
    private func cut(_ texts: [String], at end: Int) -> (texts: [String], stopped: Int?) {
        var spoken = 0
        for (place, text) in texts.enumerated() where blocks[place].kind == .text {
            if spoken + text.utf8.count > end {
                let left = String(decoding: Array(text.utf8)[..<(end - spoken)], as: UTF8.self)
                return (texts[..<place] + (left.isEmpty ? [] : [left]), place)
            }
            spoken += text.utf8.count
        }
        return (texts, texts.count - 1)
    }

    /// The arguments of a call, as JSON text.
    func arguments(_ place: Int) -> String? {
        guard blocks[place].kind == .call else { return nil }
        return "{\"q\":\(StreamScript.quoted(blocks[place].pieces.joined()))}"
    }

    private static func event(_ type: String, _ members: String) -> String {
        "event: \(type)\ndata: {\"type\":\"\(type)\"\(members.isEmpty ? "" : ",")\(members)}\n\n"
    }

    // MARK: Anthropic's Messages

    var messageEvents: [UInt8] {
        var events = Self.event(
            "message_start",
            #""message":{"id":"m","type":"message","role":"assistant","model":"m","content":[],"#
                + #""stop_reason":null,"usage":{"input_tokens":1,"output_tokens":1}}"#)
        for (place, block) in blocks.enumerated() {
            let (start, pieces) = messageBlock(place)
            events += Self.event(
                "content_block_start", #""index":\#(place),"content_block":{\#(start)}"#)
            if place % 2 == 1 { events += Self.event("ping", "") }
            for piece in pieces {
                let delta =
                    switch block.kind {
                    case .text: (#""type":"text_delta","text":"#)
                    case .thought: (#""type":"thinking_delta","thinking":"#)
                    case .call: (#""type":"input_json_delta","partial_json":"#)
                    }
                events += Self.event(
                    "content_block_delta",
                    #""index":\#(place),"delta":{\#(delta)\#(Self.quoted(piece))}"#)
            }
            if block.kind == .thought {
                events += Self.event(
                    "content_block_delta",
                    #""index":\#(place),"delta":{"type":"signature_delta","signature":"c2ln"}"#)
            }
            events += Self.event("content_block_stop", #""index":\#(place)"#)
        }
        events += Self.event(
            "message_delta",
            #""delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":3}"#)
        return Array((events + Self.event("message_stop", "")).utf8)
    }

    private func messageBlock(_ place: Int) -> (String, [String]) {
        let block = blocks[place]
        switch block.kind {
        case .text: return (#""type":"text","text":"""#, block.pieces)
        case .thought:
            return (#""type":"thinking","thinking":"","signature":"""#, block.pieces)
        case .call:
            let start = #""type":"tool_use","id":"t\#(place)","name":"f","input":{}"#
            // Arguments are cut somewhere, too.
            let text = Array((arguments(place) ?? "").unicodeScalars)
            let third = max(1, text.count / 3)
            let pieces = stride(from: 0, to: text.count, by: third).map {
                String(String.UnicodeScalarView(text[$0..<min($0 + third, text.count)]))
            }
            return (start, pieces)
        }
    }

    /// The same, not streamed.
    var message: [UInt8] {
        let content = blocks.indices.map { place in
            let text = Self.quoted(blocks[place].pieces.joined())
            return switch blocks[place].kind {
            case .text: "{\"type\":\"text\",\"text\":\(text)}"
            case .thought:
                "{\"type\":\"thinking\",\"thinking\":\(text),\"signature\":\"c2ln\"}"
            case .call:
                #"{"type":"tool_use","id":"t\#(place)","name":"f","input":\#(arguments(place) ?? "")}"#
            }
        }
        return Array(
            (#"{"id":"m","type":"message","role":"assistant","model":"m","content":["#
                + content.joined(separator: ",")
                + #"],"stop_reason":"end_turn","usage":{"input_tokens":1,"output_tokens":3}}"#)
                .utf8)
    }

    // MARK: OpenAI's Responses

    private static let response =
        #""response":{"id":"r","object":"response","created_at":1,"status":"in_progress","model":"m","output":["#

    /// The item of a block, whole or as it begins.
    private func item(_ place: Int, isWhole: Bool) -> String {
        let text = isWhole ? blocks[place].pieces.joined() : ""
        let arguments = isWhole ? arguments(place) ?? "" : ""
        let quoted = Self.quoted(text)
        return switch blocks[place].kind {
        case .text:
            #"{"id":"i\#(place)","type":"message","role":"assistant","status":"x","content":["#
                + (isWhole
                    ? #"{"type":"output_text","text":\#(quoted),"annotations":[]}"# : "")
                + "]}"
        case .thought:
            #"{"id":"i\#(place)","type":"reasoning","summary":["#
                + (isWhole ? #"{"type":"summary_text","text":\#(quoted)}"# : "") + "]}"
        case .call:
            #"{"id":"i\#(place)","type":"function_call","call_id":"c\#(place)","name":"f","#
                + "\"arguments\":\(Self.quoted(arguments))}"
        }
    }

    var responseEvents: [UInt8] {
        var events = ""
        var number = 0
        func add(_ type: String, _ members: String) {
            events += Self.event(type, #""sequence_number":\#(number),\#(members)"#)
            number += 1
        }
        add("response.created", Self.response + "]}")
        for (place, block) in blocks.enumerated() {
            add(
                "response.output_item.added",
                #""output_index":\#(place),"item":\#(item(place, isWhole: false))"#)
            let at = #""item_id":"i\#(place)","output_index":\#(place)"#
            let text = Self.quoted(block.pieces.joined())
            switch block.kind {
            case .text:
                let part = at + #","content_index":0"#
                add(
                    "response.content_part.added",
                    part + #","part":{"type":"output_text","text":""}"#)
                for piece in block.pieces {
                    add("response.output_text.delta", part + ",\"delta\":" + Self.quoted(piece))
                }
                add("response.output_text.done", part + ",\"text\":" + text)
                add(
                    "response.content_part.done",
                    part + #","part":{"type":"output_text","text":\#(text)}"#)
            case .thought:
                let part = at + #","summary_index":0"#
                for piece in block.pieces {
                    add(
                        "response.reasoning_summary_text.delta",
                        part + ",\"delta\":" + Self.quoted(piece))
                }
                add("response.reasoning_summary_text.done", part + ",\"text\":" + text)
            case .call:
                for piece in messageBlock(place).1 {
                    add(
                        "response.function_call_arguments.delta",
                        at + ",\"delta\":" + Self.quoted(piece))
                }
                add(
                    "response.function_call_arguments.done",
                    at + ",\"arguments\":" + Self.quoted(arguments(place) ?? ""))
            }
            add(
                "response.output_item.done",
                #""output_index":\#(place),"item":\#(item(place, isWhole: true))"#)
        }
        add("response.completed", Self.response + items + "]}")
        return Array(events.utf8)
    }

    private var items: String {
        blocks.indices.map { item($0, isWhole: true) }.joined(separator: ",")
    }

    /// The same, not streamed.
    var responseBody: [UInt8] {
        Array(("{" + Self.response.dropFirst(#""response":{"#.count) + items + "]}").utf8)
    }

    /// As JSON; a call's arguments are JSON text in JSON.
    static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONText.append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }
}
