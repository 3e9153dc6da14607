internal import CharterDocuments

/// The events of a block of text in a streamed message.
enum MessagesText {
    /// The block begins, with nothing in it.
    static func writeStart(block: Int, to output: inout [UInt8]) {
        TypedEvent.write("content_block_start", to: &output) { writer in
            writer.member("index", block)
            writer.object("content_block") { writer in
                writer.member("type", "text")
                writer.member("text", "")
            }
        }
    }

    /// More of its text.
    static func write(_ text: String, block: Int, to output: inout [UInt8]) {
        TypedEvent.write("content_block_delta", to: &output) { writer in
            writer.member("index", block)
            writer.object("delta") { writer in
                writer.member("type", "text_delta")
                writer.member("text", text)
            }
        }
    }
}
