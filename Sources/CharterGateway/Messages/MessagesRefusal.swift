internal import CharterDocuments

extension MessagesRequest {
    /// An answer whose `stop_reason` is `refusal`: the words stand in `stop_details`, where clients of the
    /// API look for them, and in a block of text for all others.
    public func reply(with refusal: Refusal) -> (contentType: String, body: [UInt8])? {
        isStreamed
            ? (Self.eventsType, events(refusal)) : (Self.jsonType, message(refusal))
    }

    private func message(_ refusal: Refusal) -> [UInt8] {
        var writer = JSONWriter()
        writer.object { writer in
            head(refusal, &writer)
            writer.list("content") { writer in
                writer.object { writer in
                    writer.member("type", "text")
                    writer.member("text", refusal.text)
                }
            }
            MessagesStop(explanation: refusal.text).writeMembers(to: &writer)
            writer.object("usage") { writer in
                writer.member("input_tokens", 0)
                writer.member("output_tokens", 0)
            }
            if !refusal.note.isEmpty {
                writer.key("charter")
                writer.raw(String(decoding: refusal.note, as: UTF8.self))
            }
        }
        return writer.bytes
    }

    private func head(_ refusal: Refusal, _ writer: inout JSONWriter) {
        writer.member("id", "msg_\(refusal.id)")
        writer.member("type", "message")
        writer.member("role", "assistant")
        writer.member("model", model)
    }

    private func events(_ refusal: Refusal) -> [UInt8] {
        var output: [UInt8] = []
        TypedEvent.write("message_start", to: &output) { writer in
            writer.object("message") { writer in
                head(refusal, &writer)
                writer.list("content") { _ in }
                writer.member("stop_reason", nil)
                writer.member("stop_sequence", nil)
                writer.object("usage") { writer in
                    writer.member("input_tokens", 0)
                    writer.member("output_tokens", 0)
                }
                if !refusal.note.isEmpty {
                    writer.key("charter")
                    writer.raw(String(decoding: refusal.note, as: UTF8.self))
                }
            }
        }
        MessagesStop(explanation: refusal.text).write(block: 0, tokens: 0, to: &output)
        return output
    }
}

/// How an answer of the Messages API ends where it may not go on.
struct MessagesStop {
    let explanation: String

    /// The members of a message that say so.
    func writeMembers(to writer: inout JSONWriter) {
        writer.member("stop_reason", "refusal")
        writer.member("stop_sequence", nil)
        writer.object("stop_details") { writer in
            writer.member("type", "refusal")
            // Categories are Anthropic's own list.
            writer.member("category", nil)
            writer.member("explanation", explanation)
        }
    }

    /// The explanation as a block of its own, and the end of the message.
    ///
    /// - Parameters:
    ///   - block: the number of the next block.
    ///   - tokens: how many the answer has so far.
    func write(block: Int, tokens: Int, to output: inout [UInt8]) {
        MessagesText.writeStart(block: block, to: &output)
        MessagesText.write(explanation, block: block, to: &output)
        TypedEvent.write("content_block_stop", to: &output) { $0.member("index", block) }
        TypedEvent.write("message_delta", to: &output) { writer in
            writer.object("delta") { writeMembers(to: &$0) }
            writer.object("usage") { $0.member("output_tokens", tokens) }
        }
        TypedEvent.write("message_stop", to: &output) { _ in }
    }
}
