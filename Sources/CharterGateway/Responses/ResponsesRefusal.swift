internal import CharterDocuments

extension ResponsesRequest {
    /// An answer with one message that is a `refusal`, complete, as a model's own.
    public func reply(with refusal: Refusal) -> (contentType: String, body: [UInt8])? {
        guard isStreamed else {
            var writer = JSONWriter()
            response(refusal, isComplete: true, &writer)
            return (Self.jsonType, writer.bytes)
        }
        var output: [UInt8] = []
        var events = ResponsesEvents(next: 0)
        for type in ["response.created", "response.in_progress"] {
            events.write(type, to: &output) { writer in
                writer.key("response")
                response(refusal, isComplete: false, &writer)
            }
        }
        let message = ResponsesMessage(id: "msg_\(refusal.id)", output: 0)
        events.writeRefusal(refusal.text, in: message, to: &output)
        events.write("response.completed", to: &output) { writer in
            writer.key("response")
            response(refusal, isComplete: true, &writer)
        }
        return (Self.eventsType, output)
    }

    private func response(
        _ refusal: Refusal, isComplete: Bool, _ writer: inout JSONWriter
    ) {
        writer.object { writer in
            writer.member("id", "resp_\(refusal.id)")
            writer.member("object", "response")
            writer.member("created_at", refusal.created)
            writer.member("status", isComplete ? "completed" : "in_progress")
            for key in ["error", "incomplete_details", "instructions", "previous_response_id"] {
                writer.member(key, nil)
            }
            writer.object("metadata") { _ in }
            writer.member("model", model)
            writer.list("output") { writer in
                guard isComplete else { return }
                let message = ResponsesMessage(id: "msg_\(refusal.id)", output: 0)
                message.write(refusal: refusal.text, status: "completed", to: &writer)
            }
            writer.member("parallel_tool_calls", true)
            writer.member("temperature", nil)
            writer.member("tool_choice", "auto")
            writer.list("tools") { _ in }
            writer.member("top_p", nil)
            if isComplete {
                writer.object("usage") { writer in
                    writer.member("input_tokens", 0)
                    writer.object("input_tokens_details") { $0.member("cached_tokens", 0) }
                    writer.member("output_tokens", 0)
                    writer.object("output_tokens_details") { $0.member("reasoning_tokens", 0) }
                    writer.member("total_tokens", 0)
                }
            }
            if !refusal.note.isEmpty {
                writer.key("charter")
                writer.raw(String(decoding: refusal.note, as: UTF8.self))
            }
        }
    }
}

/// Writes events with numbers in a row.
struct ResponsesEvents {
    /// The number of the next event.
    private(set) var next: Int

    init(next: Int) {
        self.next = next
    }

    /// Takes a number for an event that is written elsewhere.
    mutating func take() -> Int {
        defer { next += 1 }
        return next
    }

    mutating func write(
        _ type: String, to output: inout [UInt8], members: (inout JSONWriter) -> Void
    ) {
        let number = take()
        TypedEvent.write(type, to: &output) { writer in
            writer.member("sequence_number", number)
            members(&writer)
        }
    }

    /// A message that holds a refusal alone, from its beginning to its end.
    mutating func writeRefusal(
        _ text: String, in message: ResponsesMessage, to output: inout [UInt8]
    ) {
        write("response.output_item.added", to: &output) { writer in
            writer.member("output_index", message.output)
            writer.key("item")
            message.write(refusal: nil, status: "in_progress", to: &writer)
        }
        writeRefusalPart(text, of: message, at: 0, to: &output)
        write("response.output_item.done", to: &output) { writer in
            writer.member("output_index", message.output)
            writer.key("item")
            message.write(refusal: text, status: "completed", to: &writer)
        }
    }

    /// A part that holds a refusal, from its beginning to its end.
    mutating func writeRefusalPart(
        _ text: String, of message: ResponsesMessage, at place: Int, to output: inout [UInt8]
    ) {
        func part(_ text: String) -> (inout JSONWriter) -> Void {
            { writer in
                message.writePlace(place, to: &writer)
                writer.object("part") { writer in
                    writer.member("type", "refusal")
                    writer.member("refusal", text)
                }
            }
        }
        write("response.content_part.added", to: &output, members: part(""))
        write("response.refusal.delta", to: &output) { writer in
            message.writePlace(place, to: &writer)
            writer.member("delta", text)
        }
        write("response.refusal.done", to: &output) { writer in
            message.writePlace(place, to: &writer)
            writer.member("refusal", text)
        }
        write("response.content_part.done", to: &output, members: part(text))
    }
}

/// A message among the items of a response.
struct ResponsesMessage {
    let id: String
    /// Its number among the items.
    let output: Int

    func writePlace(_ part: Int, to writer: inout JSONWriter) {
        writer.member("item_id", id)
        writer.member("output_index", output)
        writer.member("content_index", part)
    }

    /// As an item with one part, or none.
    func write(refusal: String?, status: String, to writer: inout JSONWriter) {
        writer.object { writer in
            writer.member("id", id)
            writer.member("type", "message")
            writer.member("status", status)
            writer.member("role", "assistant")
            writer.list("content") { writer in
                guard let refusal else { return }
                writer.object { writer in
                    writer.member("type", "refusal")
                    writer.member("refusal", refusal)
                }
            }
        }
    }
}
