internal import CharterDocuments

/// The events of Anthropic's Messages API.
struct MessagesForm: AnswerEventForm {
    /// Blocks that were delivered and are not closed.
    private var open: [Int] = []
    /// The number behind that of the last block that was delivered.
    private var nextBlock = 0
    private var hasBegun = false
    private(set) var isModelRefusal = false
    /// How many bytes of text were delivered, to say about how many tokens they are.
    private var spokenBytes = 0

    mutating func read(_ event: ServerSentEvents.Event) throws(APIError) -> AnswerEvent {
        let document: JSONDocument
        do { document = try JSONDocument(event.data) } catch {
            throw .upstreamMalformed("\(error)")
        }
        let root = document.root
        if let error = root.present("error") { throw UpstreamError.error(error) }
        guard root.kind == .object, let type = root["type"]?.string else {
            throw .upstreamMalformed("an event without `type`")
        }
        guard type == "message_start" || type == "ping" || hasBegun else {
            throw .upstreamMalformed("an event before the message")
        }
        var read = AnswerEvent(type, document)
        switch type {
        case "ping":
            read.isUrgent = true
        case "message_start":
            guard !hasBegun, let message = root["message"], message.kind == .object else {
                throw .upstreamMalformed("a message that does not begin")
            }
            guard message.present("content").map({ $0.textsInside.isEmpty }) ?? true else {
                throw .upstreamMalformed("a message that begins with text")
            }
            hasBegun = true
        case "content_block_start": try start(root, &read)
        case "content_block_delta": try delta(root, &read)
        case "content_block_stop":
            read.block = try Self.index(root)
            read.change = .stops
        case "message_delta":
            read.texts = Self.texts(beside: root)
            if root["delta"]?["stop_reason"]?.isText("refusal") ?? false { isModelRefusal = true }
        case "message_stop":
            read.isLast = true
        default:
            read.texts = root.children.filter { !$0.isNamed("type") }.flatMap {
                AnswerPiece.texts(inside: $0)
            }
        }
        return read
    }

    private static func index(_ root: JSONValue) throws(APIError) -> Int {
        guard let index = root["index"]?.integer, (0..<10_000).contains(index) else {
            throw .upstreamMalformed("a block without `index`")
        }
        return index
    }

    private func start(_ root: JSONValue, _ read: inout AnswerEvent) throws(APIError) {
        read.block = try Self.index(root)
        guard let block = root["content_block"], block.kind == .object,
            let type = block["type"]?.string
        else { throw .upstreamMalformed("a block that does not begin") }
        read.change = .starts(Self.part(type, read.block ?? 0))
        for member in block.children where !Self.isSilent(member, ofType: type) {
            if let text = member.text, member.isNamed("text") || member.isNamed("thinking") {
                read.texts.append(("", text))
            } else {
                read.texts += AnswerPiece.texts(inside: member)
            }
        }
    }

    /// Which part of an answer a block is.
    static func part(_ type: String, _ number: Int) -> AnswerPart {
        switch type {
        case "text": .content
        case "tool_use", "server_tool_use", "mcp_tool_use": .call(number)
        default: .other(type)
        }
    }

    /// Whether a member of a block holds no words of a model: names of things, and what is opaque, a
    /// signature or a thought that the model's server has encrypted.
    static func isSilent(_ member: JSONValue, ofType type: String) -> Bool {
        member.isNull || member.isNamed("signature")
            || type == "redacted_thinking" && member.isNamed("data")
            || AnswerPiece.isIdentifier(member, ["type", "id", "name", "tool_use_id"])
    }

    private func delta(_ root: JSONValue, _ read: inout AnswerEvent) throws(APIError) {
        read.block = try Self.index(root)
        guard let delta = root["delta"], delta.kind == .object, let type = delta["type"] else {
            throw .upstreamMalformed("a delta that is none")
        }
        if type.isText("signature_delta") { return }
        for member in delta.children where !member.isNull && !member.isNamed("type") {
            let isMain = ["text", "thinking", "partial_json"].contains(where: member.isNamed)
            if isMain, let text = member.text {
                read.texts.append(("", text))
            } else {
                read.texts += AnswerPiece.texts(inside: member)
            }
        }
        read.isDelta = read.texts.count == 1 && read.texts[0].path.isEmpty
    }

    /// Strings of a `message_delta`: one that was stopped by a sequence says which.
    private static func texts(beside root: JSONValue) -> [(path: String, text: ArraySlice<UInt8>)] {
        root.children.flatMap { member -> [(path: String, text: ArraySlice<UInt8>)] in
            if member.isNamed("type") || member.isNamed("usage") { return [] }
            return member.children.filter { !AnswerPiece.isIdentifier($0, ["stop_reason"]) }
                .flatMap { AnswerPiece.texts(inside: $0) }
        }
    }

    // MARK: Writing

    mutating func write(_ event: AnswerEvent, to output: inout [UInt8]) {
        if let block = event.block {
            switch event.change {
            case .starts:
                open.append(block)
                nextBlock = max(nextBlock, block + 1)
            case .stops: open.removeAll { $0 == block }
            case .none: break
            }
        }
        spokenBytes += event.texts.reduce(0) { $0 + $1.text.count }
        TypedEvent.write(event.type, event.document.source[...], to: &output)
    }

    mutating func write(
        _ event: AnswerEvent, shortenedTo text: ArraySlice<UInt8>, to output: inout [UInt8]
    ) {
        spokenBytes += text.count
        let delta = event.document.root["delta"]
        let key =
            ["thinking", "text"].first { (key: StaticString) in delta?[key] != nil } ?? "text"
        TypedEvent.write(event.type, to: &output) { writer in
            writer.member("index", event.block ?? 0)
            writer.object("delta") { writer in
                writer.member("type", delta?["type"]?.string)
                writer.member("\(key)", String(decoding: text, as: UTF8.self))
            }
        }
    }

    mutating func end(_ explanation: String, to output: inout [UInt8]) {
        for block in open {
            TypedEvent.write("content_block_stop", to: &output) { $0.member("index", block) }
        }
        open = []
        MessagesStop(explanation: explanation)
            .write(block: nextBlock, tokens: (spokenBytes + 3) / 4, to: &output)
    }

    func error(_ error: APIError) -> [UInt8] {
        error.event(in: .anthropic)
    }
}
