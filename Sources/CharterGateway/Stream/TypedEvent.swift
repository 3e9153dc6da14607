internal import CharterDocuments

/// An event whose type stands in its `event` field and in its data, as in Anthropic's Messages and in OpenAI's
/// Responses.
enum TypedEvent {
    /// Writes an event of a type and more members.
    static func write(
        _ type: String, to output: inout [UInt8], members: (inout JSONWriter) -> Void
    ) {
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", type)
            members(&writer)
        }
        write(type, writer.bytes[...], to: &output)
    }

    /// Writes an event as it came, but for its framing.
    static func write(
        _ type: some StringProtocol, _ data: ArraySlice<UInt8>, to output: inout [UInt8]
    ) {
        output += "event: ".utf8
        output += type.utf8
        output.append(UInt8(ascii: "\n"))
        var rest = data
        while let end = rest.firstIndex(of: UInt8(ascii: "\n")) {
            output += "data: ".utf8
            output += rest[...end]
            rest = rest[(end + 1)...]
        }
        output += "data: ".utf8
        output += rest
        output += "\n\n".utf8
    }
}
