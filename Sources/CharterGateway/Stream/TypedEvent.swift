internal import CharterDocuments

/// An event whose type stands in its `event` field and in its data, as in Anthropic's Messages and in OpenAI's
/// Responses.
enum TypedEvent {
    /// The type that an event's data has.
    ///
    /// - Throws: a 502 where it has none, or one that is no name.
    static func type(of root: JSONValue) throws(APIError) -> String {
        guard root.kind == .object, let type = root["type"]?.text, !type.isEmpty,
            AnswerPiece.isIdentifier(type)
        else { throw .upstreamMalformed("an event without `type`") }
        return String(decoding: type, as: UTF8.self)
    }

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
        // Nothing in a type ends its line: what stands behind would be events that nobody has looked at.
        output += type.utf8.filter { $0 > 0x20 }
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
