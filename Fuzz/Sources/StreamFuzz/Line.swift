import CharterDocuments
import Fuzzing

@testable import CharterGateway

/// A way in which answers come and go on: a protocol, or a translation between two.
enum Line: CaseIterable {
    case chat, completions, responses, messages, chatFromMessages, messagesFromChat

    /// - Parameter limit: the most bytes of an event; four times as many may be held.
    func stream(_ watching: Watch, limit: Int) -> any AnswerStream<PatternWatcher> {
        let (enforcement, judge) = (watching.enforcement, watching.judge)
        let watcher = { @Sendable part in PatternWatcher(enforcement, judge, part) }
        let explanation = { @Sendable (_: AnswerStop<PatternWatcher.Violation>) in
            WatchedStream.explanation
        }
        let chat = AnswerWatch(
            choices: 1, eventLimit: limit, heldLimit: 4 * limit,
            watcher: { _, part in watcher(part) },
            explanation: explanation)
        let message = AnswerGate(
            MessagesForm(), eventLimit: limit, heldLimit: 4 * limit, watcher: watcher,
            explanation: explanation)
        return switch self {
        case .chat: chat
        case .completions: CompletionsStream(chat, limit: limit)
        case .responses:
            AnswerGate(
                ResponsesForm(instructions: Array("null".utf8)), eventLimit: limit,
                heldLimit: 4 * limit, watcher: watcher, explanation: explanation)
        case .messages: message
        case .chatFromMessages:
            TranslatedStream(chat, ChatEventsFromMessages(includesUsage: true), limit: limit)
        case .messagesFromChat: TranslatedStream(message, MessagesEventsFromChat(), limit: limit)
        }
    }

    /// What the client reads.
    private var delivered: Line {
        switch self {
        case .chatFromMessages: .chat
        case .messagesFromChat: .messages
        default: self
        }
    }

    /// What the model's server writes.
    private var written: Line {
        switch self {
        case .chatFromMessages: .messages
        case .messagesFromChat: .chat
        default: self
        }
    }

    // MARK: What the model's server writes

    /// The events of an answer whose text comes in these pieces.
    func events(_ pieces: [String]) -> [UInt8] {
        let whole = Self.quoted(pieces.joined())
        switch written {
        case .completions:
            return Self.events(
                pieces.map { #"{"choices":[{"index":0,"text":\#(Self.quoted($0))}]}"# } + [
                    #"{"choices":[{"index":0,"text":"","finish_reason":"stop"}]}"#, "[DONE]",
                ])
        case .responses:
            let part = #"{"type":"output_text","text":\#(whole)}"#
            let item = #"{"id":"i","type":"message","content":[\#(part)]}"#
            let place = #""item_id":"i","output_index":0,"content_index":0"#
            return Self.events(
                [
                    #"{"type":"response.created","response":{"id":"r","output":[]}}"#,
                    #"{"type":"response.output_item.added","output_index":0,"item":{"id":"i","type":"message","content":[]}}"#,
                    #"{"type":"response.content_part.added",\#(place),"part":{"type":"output_text","text":""}}"#,
                ]
                    + pieces.map {
                        #"{"type":"response.output_text.delta",\#(place),"delta":\#(Self.quoted($0))}"#
                    } + [
                        #"{"type":"response.output_text.done",\#(place),"text":\#(whole)}"#,
                        #"{"type":"response.content_part.done",\#(place),"part":\#(part)}"#,
                        #"{"type":"response.output_item.done","output_index":0,"item":\#(item)}"#,
                        #"{"type":"response.completed","response":{"id":"r","output":[\#(item)]}}"#,
                    ])
        case .messages:
            return Self.events(
                [
                    #"{"type":"message_start","message":{"id":"m","content":[]}}"#,
                    #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
                ]
                    + pieces.map {
                        #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":\#(Self.quoted($0))}}"#
                    } + [
                        #"{"type":"content_block_stop","index":0}"#,
                        #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":1}}"#,
                        #"{"type":"message_stop"}"#,
                    ])
        default:
            return Self.events(
                pieces.map {
                    #"{"choices":[{"index":0,"delta":{"content":\#(Self.quoted($0))}}]}"#
                } + [#"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#, "[DONE]"])
        }
    }

    private static func events(_ data: [String]) -> [UInt8] {
        Array(data.map { "data: \($0)\n\n" }.joined().utf8)
    }

    private static func quoted(_ text: String) -> String {
        var bytes: [UInt8] = []
        JSONText.append(text, to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    /// The text of the same answer where it is not streamed, and how often it is stopped.
    func whole(_ text: String, _ watching: Watch) -> (text: [UInt8], stops: Int) {
        let (enforcement, judge) = (watching.enforcement, watching.judge)
        let watcher = { @Sendable part in PatternWatcher(enforcement, judge, part) }
        let explanation = { (_: AnswerStop<PatternWatcher.Violation>) in WatchedStream.explanation }
        let text = Self.quoted(text)
        let judged: JudgedAnswer<PatternWatcher>?
        switch delivered {
        case .completions:
            judged = try? CompletionsAnswer.judge(
                Array(#"{"choices":[{"index":0,"text":\#(text),"finish_reason":"stop"}]}"#.utf8),
                watcher: { _, part in watcher(part) }, explanation: explanation)
        case .responses:
            let part = #"{"type":"output_text","text":\#(text)}"#
            judged = try? ResponsesAnswer.judge(
                Array(#"{"output":[{"id":"i","type":"message","content":[\#(part)]}]}"#.utf8),
                instructions: Array("null".utf8), watcher: watcher, explanation: explanation)
        case .messages:
            judged = try? MessagesAnswer.judge(
                Array(#"{"content":[{"type":"text","text":\#(text)}]}"#.utf8), watcher: watcher,
                explanation: explanation)
        default:
            let message = #"{"role":"assistant","content":\#(text)}"#
            let answer = try? ChatAnswer<PatternWatcher>(
                body: Array(
                    #"{"choices":[{"index":0,"message":\#(message),"finish_reason":"stop"}]}"#.utf8),
                watcher: { _, part in watcher(part) }, explanation: explanation)
            judged = answer.map {
                JudgedAnswer(body: $0.body, stops: $0.stops, watchers: $0.watchers)
            }
        }
        let answer = required(judged, "answer of \(self)")
        return (said(in: readJSON(answer.body)), answer.stops.count)
    }

    private func said(in answer: JSONValue) -> [UInt8] {
        func elements(_ value: JSONValue?) -> [JSONValue] { value.map { Array($0.children) } ?? [] }
        let texts: [JSONValue?]
        switch delivered {
        case .completions: texts = elements(answer["choices"]).map { $0["text"] }
        case .responses:
            texts = elements(answer["output"]).flatMap { elements($0["content"]) }
                .map { $0["text"] }
        case .messages: texts = elements(answer["content"]).map { $0["text"] }
        default: texts = elements(answer["choices"]).map { $0["message"]?["content"] }
        }
        return WatchedStream.withoutExplanation(texts.flatMap { Array($0?.text ?? []) })
    }

    // MARK: What the client reads

    /// Adds the texts of an event to those of their places.
    func add(_ event: JSONValue, to texts: inout [String: [UInt8]]) {
        switch delivered {
        case .messages:
            let delta = event["delta"]
            for (key, value) in [("text", delta?["text"]), ("thinking", delta?["thinking"])] {
                let place = "\(event["index"]?.integer ?? -1) \(key)"
                texts[place, default: []] += value?.text ?? []
            }
            // Clients put texts together.
            texts["text", default: []] += delta?["text"]?.text ?? []
        case .responses:
            guard event["type"]?.isText("response.output_text.delta") ?? false else { return }
            let place = [event["output_index"], event["content_index"]].map { $0?.integer ?? -1 }
            texts["\(place)", default: []] += event["delta"]?.text ?? []
            texts["text", default: []] += event["delta"]?.text ?? []
        case .completions:
            for choice in event["choices"]?.children.map({ $0 }) ?? [] {
                texts["\(choice["index"]?.integer ?? -1) text", default: []] +=
                    choice["text"]?.text ?? []
            }
        default:
            for choice in event["choices"]?.children.map({ $0 }) ?? [] {
                let index = choice["index"]?.integer ?? -1
                for member in choice["delta"]?.children.map({ $0 }) ?? [] {
                    add(member, ofChoice: index, to: &texts)
                }
            }
        }
    }

    private func add(
        _ member: JSONValue, ofChoice index: Int, to texts: inout [String: [UInt8]]
    ) {
        let key = String(decoding: member.key, as: UTF8.self)
        if key != "role", let text = member.text { texts["\(index) \(key)", default: []] += text }
        guard key == "tool_calls" else { return }
        for call in member.children {
            let kind = call.present("custom") == nil ? "call" : "custom call"
            let number = "\(index) \(kind) \(call["index"]?.integer ?? -1)"
            let function = call.present("function") ?? call.present("custom")
            for name in ["arguments", "input"] {
                let text = function?.children.first { $0.key.elementsEqual(name.utf8) }
                texts[number, default: []] += text?.text ?? []
            }
        }
    }

    /// Whether the last event says that the answer is whole.
    func isEnd(_ event: [UInt8]) -> Bool {
        switch delivered {
        case .messages: readJSON(event)["type"]?.isText("message_stop") ?? false
        case .responses:
            ["response.completed", "response.incomplete", "response.failed"].contains(
                readJSON(event)["type"]?.string ?? "")
        default: event.elementsEqual("[DONE]".utf8)
        }
    }
}
