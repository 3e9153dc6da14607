internal import CharterDocuments

/// What of a streamed response has been delivered: enough to end it in the API's own way.
struct ResponsesDelivery: Sendable {
    private let instructions: [UInt8]
    private var events = ResponsesEvents(next: 0)
    /// The response as it began.
    private var head: JSONDocument?
    private var items: [Item] = []

    private struct Item {
        let number: Int
        let id: String
        let isMessage: Bool
        let type: String
        var parts: [Part] = []
        /// As it was delivered whole.
        var whole: [UInt8]?
    }

    private struct Part {
        let number: Int
        let type: String
        var text: [UInt8] = []
        var whole: [UInt8]?

        /// The member that holds its text.
        var key: String { type == "refusal" ? "refusal" : "text" }

        var value: [UInt8] {
            if let whole { return whole }
            var writer = JSONWriter()
            writer.object { writer in
                writer.member("type", type)
                writer.member(key, String(decoding: text, as: UTF8.self))
                if type == "output_text" { writer.list("annotations") { _ in } }
            }
            return writer.bytes
        }
    }

    init(instructions: [UInt8]) {
        self.instructions = instructions
    }

    // MARK: As it came

    mutating func write(_ event: AnswerEvent, to output: inout [UInt8]) {
        note(event)
        let root = event.document.root
        let source = event.document.source
        // The numbers stay in a row where something before was dropped; a guide is not repeated.
        var changes: [(range: Range<Int>, bytes: [UInt8])] = []
        let number = events.take()
        if let said = root["sequence_number"], said.integer != number {
            changes.append((said.range, Array(String(number).utf8)))
        }
        if let said = root["response"]?.present("instructions") {
            changes.append((said.range, instructions))
        }
        var data: [UInt8] = []
        var place = 0
        for change in changes.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
            data += source[place..<change.range.lowerBound] + change.bytes
            place = change.range.upperBound
        }
        TypedEvent.write(
            event.type, changes.isEmpty ? source[...] : (data + source[place...])[...], to: &output)
    }

    /// An error, behind which nothing comes: as the API says it (`type: "error"`), and with the member `error`
    /// that its clients raise at.
    func error(_ error: APIError) -> [UInt8] {
        var events = events
        var output: [UInt8] = []
        events.write("error", to: &output) { writer in
            writer.member("code", error.code)
            writer.member("message", error.message)
            writer.member("param", error.param)
            writer.key("error")
            writer.raw(String(decoding: error.object, as: UTF8.self))
        }
        return output
    }

    /// A piece of a text, with what is left of it.
    mutating func write(
        _ event: AnswerEvent, shortenedTo text: ArraySlice<UInt8>, to output: inout [UInt8]
    ) {
        add(text, event)
        let root = event.document.root
        events.write(event.type, to: &output) { writer in
            writer.member("item_id", root["item_id"]?.string)
            for key in ["output_index", "content_index", "summary_index"] as [StaticString] {
                if let place = root[key]?.integer { writer.member("\(key)", place) }
            }
            writer.member("delta", String(decoding: text, as: UTF8.self))
            if event.type == "response.output_text.delta" { writer.list("logprobs") { _ in } }
        }
    }

    private mutating func note(_ event: AnswerEvent) {
        let root = event.document.root
        switch event.type {
        case "response.created": head = event.document
        case "response.output_item.added":
            let (item, type) = (root["item"], root["item"]?["type"]?.string ?? "")
            items.append(
                Item(
                    number: event.block ?? items.count, id: item?["id"]?.string ?? "",
                    isMessage: type == "message", type: type))
        case "response.content_part.added":
            guard let place = place(event), let part = root["part"] else { return }
            items[place].parts.append(
                Part(
                    number: root["content_index"]?.integer ?? items[place].parts.count,
                    type: part["type"].flatMap {
                        AnswerPiece.isIdentifier($0, ["type"]) ? $0.string : nil
                    } ?? "output_text"))
        case "response.content_part.done":
            guard let place = place(event), let part = part(event, of: place) else { return }
            items[place].parts[part].whole = root["part"].map { Array($0.raw) }
        case "response.output_item.done":
            guard let place = place(event) else { return }
            items[place].whole = root["item"].map { Array($0.raw) }
        default:
            if event.isDelta, let text = event.texts.first?.text { add(text, event) }
        }
    }

    private mutating func add(_ text: ArraySlice<UInt8>, _ event: AnswerEvent) {
        guard let place = place(event), let part = part(event, of: place) else { return }
        items[place].parts[part].text += text
    }

    private func place(_ event: AnswerEvent) -> Int? {
        items.firstIndex { $0.number == event.block }
    }

    private func part(_ event: AnswerEvent, of item: Int) -> Int? {
        guard let number = event.document.root["content_index"]?.integer else {
            return items[item].parts.indices.last
        }
        return items[item].parts.firstIndex { $0.number == number }
    }

    // MARK: The end of what was stopped

    /// Closes what is open, says why, and ends the response as incomplete.
    mutating func end(_ explanation: String, to output: inout [UInt8]) {
        var isExplained = false
        for place in items.indices where items[place].whole == nil {
            if items[place].isMessage, !isExplained {
                isExplained = true
                close(place, explanation, to: &output)
            } else {
                close(place, nil, to: &output)
            }
        }
        if !isExplained {
            let number = (items.map(\.number).max() ?? -1) + 1
            let id = "msg_charter_\(number)"
            let message = ResponsesMessage(id: id, output: number)
            events.writeRefusal(explanation, in: message, to: &output)
            var writer = JSONWriter()
            message.write(refusal: explanation, status: "completed", to: &writer)
            var item = Item(number: number, id: id, isMessage: true, type: "message")
            item.whole = writer.bytes
            items.append(item)
        }
        let (head, items, instructions) = (head?.root, items, instructions)
        events.write("response.incomplete", to: &output) { writer in
            writer.key("response")
            ResponsesStop.write(
                head, output: items.compactMap(\.whole), instructions: instructions, to: &writer)
        }
    }

    private mutating func close(
        _ place: Int, _ explanation: String?, to output: inout [UInt8]
    ) {
        let item = items[place]
        let message = ResponsesMessage(id: item.id, output: item.number)
        for part in item.parts where part.whole == nil {
            let kind = part.type == "output_text" ? "output_text" : part.type
            events.write("response.\(kind).done", to: &output) { writer in
                message.writePlace(part.number, to: &writer)
                writer.member(part.key, String(decoding: part.text, as: UTF8.self))
                if kind == "output_text" { writer.list("logprobs") { _ in } }
            }
            events.write("response.content_part.done", to: &output) { writer in
                message.writePlace(part.number, to: &writer)
                writer.key("part")
                writer.raw(String(decoding: part.value, as: UTF8.self))
            }
        }
        var parts = item.parts.map(\.value)
        if let explanation {
            let number = (item.parts.map(\.number).max() ?? -1) + 1
            events.writeRefusalPart(explanation, of: message, at: number, to: &output)
            parts.append(ResponsesStop.refusal(explanation))
        }
        var writer = JSONWriter()
        if item.isMessage {
            ResponsesStop.writeMessage(id: item.id, parts: parts, to: &writer)
        } else {
            writer.object { writer in
                writer.member("id", item.id)
                writer.member("type", item.type)
                writer.member("status", "incomplete")
                if item.type == "reasoning" { writer.list("summary") { _ in } }
            }
        }
        let whole = writer.bytes
        items[place].whole = whole
        events.write("response.output_item.done", to: &output) { writer in
            writer.member("output_index", item.number)
            writer.key("item")
            writer.raw(String(decoding: whole, as: UTF8.self))
        }
    }
}

/// How a response that was stopped is written.
enum ResponsesStop {
    /// A refusal as a part of a message.
    static func refusal(_ text: String) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", "refusal")
            writer.member("refusal", text)
        }
        return writer.bytes
    }

    /// A message of these parts, which is not whole.
    static func writeMessage(id: String, parts: [[UInt8]], to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("type", "message")
            writer.member("status", "incomplete")
            writer.member("role", "assistant")
            writer.list("content") { writer in
                for part in parts { writer.raw(String(decoding: part, as: UTF8.self)) }
            }
        }
    }

    /// A response as the model's server began it, ended as incomplete with these items.
    ///
    /// Strings that the protocol does not know are left out: they may repeat what is held back.
    static func write(
        _ response: JSONValue?, output: [[UInt8]], instructions: [UInt8],
        to writer: inout JSONWriter
    ) {
        let head = response?["response"] ?? response
        let echoed: [StaticString] = [
            "id", "object", "metadata", "model", "tools", "tool_choice", "text", "reasoning",
            "truncation", "service_tier", "user", "usage", "safety_identifier", "prompt_cache_key",
        ]
        writer.object { writer in
            for member in head.elements {
                let key = String(decoding: member.key, as: UTF8.self)
                switch key {
                case "status", "incomplete_details", "output", "instructions", "error": continue
                default: break
                }
                let isHarmless =
                    member.kind == .number || member.kind == .boolean || member.isNull
                guard isHarmless || echoed.contains(where: member.isNamed) else { continue }
                writer.key(key)
                writer.raw(String(decoding: member.raw, as: UTF8.self))
            }
            writer.member("error", nil)
            writer.key("instructions")
            writer.raw(String(decoding: instructions, as: UTF8.self))
            writer.member("status", "incomplete")
            writer.object("incomplete_details") { $0.member("reason", "content_filter") }
            writer.list("output") { writer in
                for item in output { writer.raw(String(decoding: item, as: UTF8.self)) }
            }
        }
    }
}
