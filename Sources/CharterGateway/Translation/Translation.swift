internal import CharterDocuments

/// What goes on to a model's server that speaks another dialect than the client, and what comes back.
///
/// It is done only where it must be, and stands between the exchange and the server: the charter is
/// enforced in the client's own protocol. What one dialect has and the other has not is an error where it
/// would change what the model does, and left out where it would not.
struct Translation: Sendable {
    /// What the client called.
    let wire: WireProtocol
    /// What the server speaks.
    let dialect: Dialect

    /// Nil where nothing has to be translated: the server speaks the client's dialect, too.
    ///
    /// - Throws: a 400 where no dialect of the server's has such a call.
    init?(_ wire: WireProtocol, to dialects: Set<Dialect>) throws(APIError) {
        guard !dialects.contains(wire.dialect), let dialect = dialects.first else { return nil }
        guard wire.path(in: dialect) != nil else {
            var error = APIError.invalid(
                "the model's server has no such call: it speaks another protocol", param: nil,
                code: "unsupported_call")
            error.isFinal = true
            throw error
        }
        self.wire = wire
        self.dialect = dialect
    }

    /// The call as the server knows it.
    func call(_ body: [UInt8]) throws(APIError) -> Exchange.Call {
        let document: JSONDocument
        do { document = try JSONDocument(body) } catch { throw APIError(error) }
        switch dialect {
        case .anthropic:
            return Exchange.Call(
                path: WireProtocol.messages.path,
                body: try ChatToMessages.request(document.root))
        case .openAI:
            return Exchange.Call(
                path: WireProtocol.chatCompletions.path,
                body: try MessagesToChat.request(document.root))
        }
    }

    /// A whole answer of the server, as the client knows it.
    func answer(_ body: [UInt8]) throws(APIError) -> [UInt8] {
        let document = try UpstreamError.document(body)
        return switch dialect {
        case .anthropic: try ChatToMessages.answer(document.root)
        case .openAI: try MessagesToChat.answer(document.root)
        }
    }

    /// What translates a stream of the server's.
    func events(includingUsage: Bool) -> any TranslatedEvents {
        switch dialect {
        case .anthropic: ChatEventsFromMessages(includesUsage: includingUsage)
        case .openAI: MessagesEventsFromChat()
        }
    }

    static func unsupported(_ what: String, _ param: String) -> APIError {
        var error = APIError.invalid(
            "\(what) cannot be passed on: the model's server speaks another protocol",
            param: param, code: "unsupported_value")
        error.isFinal = true
        return error
    }
}

/// Translates a stream of events, event after event; how its bytes are cut changes nothing.
protocol TranslatedEvents: Sendable {
    /// Translates one event.
    ///
    /// - Throws: the upstream's own error where it tells one, else why this is no event of its protocol.
    mutating func translate(
        _ event: ServerSentEvents.Event, to output: inout [UInt8]
    ) throws(APIError)
}

extension JSONWriter {
    /// A member as it came.
    mutating func copy(_ member: JSONValue, as key: String? = nil) {
        self.key(key ?? String(decoding: member.key, as: UTF8.self))
        copy(value: member)
    }

    /// A value as it came.
    mutating func copy(value: JSONValue) {
        raw(String(decoding: value.raw, as: UTF8.self))
    }
}
