internal import CharterDocuments

/// The events of Anthropic's Messages API.
struct MessagesForm: AnswerEventForm {
    /// Blocks that were delivered and are not closed.
    private var open: [Int] = []
    /// The number behind that of the last block that was delivered.
    private var nextBlock = 0
    private var hasBegun = false
    private(set) var isModelRefusal = false
    /// By block, the member that holds its text.
    private var mainMembers: [Int: StaticString] = [:]
    /// How many bytes of text were delivered, to say about how many tokens they are.
    private var spokenBytes = 0

    mutating func read(_ event: ServerSentEvents.Event) throws(APIError) -> AnswerEvent {
        let document = try UpstreamError.document(event.data)
        let root = document.root
        let type = try TypedEvent.type(of: root)
        guard type == "message_start" || type == "ping" || hasBegun else {
            throw .upstreamMalformed("an event before the message")
        }
        var read = AnswerEvent(type, document)
        switch type {
        case "ping":
            read.whole = Self.texts(of: root)
            read.isUrgent = read.whole.isEmpty
        case "message_start":
            guard !hasBegun, let message = root["message"], message.kind == .object else {
                throw .upstreamMalformed("a message that does not begin")
            }
            guard message.present("content").map({ $0.textsInside.isEmpty }) ?? true else {
                throw .upstreamMalformed("a message that begins with text")
            }
            read.whole =
                Self.texts(of: root, besides: ["message"])
                + Self.texts(of: message, besides: ["content"])
            hasBegun = true
        case "content_block_start": try start(root, &read)
        case "content_block_delta": try delta(root, &read)
        case "content_block_stop":
            read.block = try Self.index(root)
            read.change = .stops
            read.whole = Self.texts(of: root)
        case "message_delta":
            read.whole = Self.texts(of: root, besides: ["delta"])
            if let delta = root["delta"] { read.whole += Self.texts(of: delta) }
            if root["delta"]?["stop_reason"]?.isText("refusal") ?? false { isModelRefusal = true }
        case "message_stop":
            read.whole = Self.texts(of: root)
            read.isLast = true
        default:
            // It may go on in the next of its kind.
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

    private mutating func start(
        _ root: JSONValue, _ read: inout AnswerEvent
    ) throws(APIError) {
        let number = try Self.index(root)
        read.block = number
        guard let block = root["content_block"], block.kind == .object,
            let type = block["type"]?.string
        else { throw .upstreamMalformed("a block that does not begin") }
        let part = Self.part(type, number)
        read.change = .starts(part)
        read.whole = Self.texts(of: root, besides: ["content_block"])
        let main = Self.mainMember(ofType: type, part)
        mainMembers[number] = main
        read.spoken = block["text"]?.text
        for member in block.children where !Self.isSilent(member, ofType: type) {
            if let text = member.text, member.isNamed(main) {
                read.texts.append(("", text))
            } else if part.isCall, member.isNamed("input") {
                if !member.textsInside.isEmpty { read.whole.append(("", member.raw)) }
            } else if member.kind == .string {
                read.texts += AnswerPiece.texts(inside: member)
            } else {
                read.whole += AnswerPiece.texts(inside: member)
            }
        }
    }

    /// The member of a block, or of its deltas, that holds its text.
    private static func mainMember(ofType type: String, _ part: AnswerPart) -> StaticString {
        part.isCall ? "partial_json" : type == "thinking" ? "thinking" : "text"
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
        member.isNull || AnswerPiece.isOpaque(member, ["signature"])
            || type == "redacted_thinking" && AnswerPiece.isOpaque(member, ["data"])
            || AnswerPiece.isIdentifier(member, ["type", "id", "name", "tool_use_id"])
    }

    private func delta(_ root: JSONValue, _ read: inout AnswerEvent) throws(APIError) {
        let number = try Self.index(root)
        read.block = number
        guard let delta = root["delta"], delta.kind == .object, delta["type"]?.kind == .string
        else { throw .upstreamMalformed("a delta that is none") }
        read.whole = Self.texts(of: root, besides: ["delta"])
        // A delta may bring what is no text of its block; each member is a text of its own.
        let main = mainMembers[number] ?? "text"
        for member in delta.children where !Self.isSilent(member, ofType: "") {
            if let text = member.text, member.isNamed(main) {
                read.texts.append(("", text))
            } else if member.isNamed("citation") {
                read.whole += AnswerPiece.texts(inside: member)
            } else {
                read.texts += AnswerPiece.texts(inside: member)
            }
        }
        read.spoken = delta["text"]?.text
        read.isDelta =
            read.whole.isEmpty && read.texts.count == 1 && read.texts[0].path.isEmpty
    }

    /// Every string of an object but for names and what is looked at elsewhere: also where the protocol has
    /// no text, somebody may put one.
    static func texts(
        of object: JSONValue, besides known: [StaticString] = []
    ) -> [(path: String, text: ArraySlice<UInt8>)] {
        object.children.filter { member in
            !known.contains(where: member.isNamed)
                && !AnswerPiece.isIdentifier(
                    member, ["type", "id", "role", "model", "stop_reason", "service_tier"])
                && !(member.isNamed("usage")
                    && member.textsInside.allSatisfy(AnswerPiece.isIdentifier))
        }.flatMap { AnswerPiece.texts(inside: $0) }
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
