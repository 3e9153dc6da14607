internal import CharterDocuments

/// The events of OpenAI's Responses API.
///
/// Events that end something repeat its whole text. What was said already is not judged again, and repeated
/// as it was delivered; what is new in them is judged as a text of its own.
struct ResponsesForm: AnswerEventForm {
    /// What the client's own request said as `instructions`: servers repeat what they were given, and with a
    /// guide that is more.
    let instructions: [UInt8]
    private var delivery: ResponsesDelivery
    private var hasBegun = false
    private(set) var isModelRefusal = false
    /// By block and path, what has been said so far.
    private var saying: [Int: [String: [UInt8]]] = [:]
    /// Texts that are over, and have been judged, with the block and the path where they were said.
    private var said: [[UInt8]: (block: Int, path: String)] = [:]

    /// Members that are no words of a model: names of things, and what was asked.
    private static let identifiers: [StaticString] = [
        "type", "id", "item_id", "call_id", "status", "role", "object", "name", "event_id",
    ]
    private static let opaque: [StaticString] = [
        "logprobs", "obfuscation", "encrypted_content", "sequence_number", "usage",
    ]

    /// - Parameter instructions: the JSON value that the client sent, `null` where there was none.
    init(instructions: [UInt8]) {
        self.instructions = instructions
        delivery = ResponsesDelivery(instructions: instructions)
    }

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
        if type == "error" { throw UpstreamError.error(root) }
        guard type == "response.created" || hasBegun else {
            throw .upstreamMalformed("an event before the response")
        }
        var read = AnswerEvent(type, document)
        if let index = root.present("output_index") {
            guard let block = index.integer, (0..<10_000).contains(block) else {
                throw .upstreamMalformed("`output_index`")
            }
            read.block = block
        }
        switch type {
        case "response.created", "response.queued", "response.in_progress":
            guard let response = root["response"], response.kind == .object,
                response.present("output").map({ $0.textsInside.isEmpty }) ?? true
            else { throw .upstreamMalformed("a response that does not begin") }
            hasBegun = true
        case "response.completed", "response.incomplete", "response.failed":
            read.isLast = true
            for output in root["response"].elements
            where output.isNamed("output") || output.isNamed("output_text") {
                news(in: output, path: "end", &read)
            }
        case "response.output_item.added":
            read.change = .starts(Self.part(root["item"], read.block ?? 0))
            news(in: root["item"], path: "item", &read)
        case "response.output_item.done":
            news(in: root["item"], path: "item", &read)
            read.change = .stops
            let block = read.block ?? -1
            for (path, text) in saying.removeValue(forKey: block) ?? [:] {
                said[text] = (block, path)
            }
        default: text(type, root, &read)
        }
        return read
    }

    /// Every string of an item or of a part that may be words of a model, in order.
    static func texts(of value: JSONValue) -> [ArraySlice<UInt8>] {
        value.children.filter { !isSilent($0) }.flatMap { member in
            member.text.map { $0.isEmpty ? [] : [$0] } ?? texts(of: member)
        }
    }

    /// Which part of an answer an item is.
    static func part(_ item: JSONValue?, _ number: Int) -> AnswerPart {
        let type = item?["type"]?.string ?? ""
        if type == "message" { return .content }
        return type.hasSuffix("_call") ? .call(number) : .other(type)
    }

    /// A piece of a text, its end, or an event that this protocol does not know.
    private mutating func text(_ type: String, _ root: JSONValue, _ read: inout AnswerEvent) {
        let places = (["content_index", "summary_index"] as [StaticString])
            .compactMap { root[$0]?.integer }.map(String.init)
        func path(without ending: String) -> String {
            ([String(type.dropLast(ending.count))] + places).joined(separator: "/")
        }
        let block = read.block ?? -1
        if type == "response.refusal.delta" { isModelRefusal = true }
        if type.hasSuffix(".delta") {
            let path = path(without: ".delta")
            for member in root.children where !Self.isSilent(member) {
                if member.isNamed("delta"), let text = member.text {
                    saying[block, default: [:]][path, default: []] += text
                    read.texts.append((path, text))
                } else {
                    read.texts += AnswerPiece.texts(inside: member)
                }
            }
            read.isDelta = read.texts.count == 1 && read.texts[0].path == path
        } else if type.hasSuffix(".done"), !type.hasSuffix("_part.done") {
            let path = path(without: ".done")
            said[saying[block]?[path] ?? []] = (block, path)
            read.finished = path
            news(in: root, path: "done", &read)
        } else {
            news(in: root, path: type, &read)
        }
    }

    private static func isSilent(_ member: JSONValue) -> Bool {
        AnswerPiece.isIdentifier(member, identifiers) || opaque.contains(where: member.isNamed)
    }

    /// The strings in a value that have not been said before.
    private mutating func news(in value: JSONValue?, path: String, _ read: inout AnswerEvent) {
        guard let value else { return }
        let block = read.block ?? -1
        for member in value.children where !Self.isSilent(member) {
            if let text = member.text {
                guard !text.isEmpty else { continue }
                let here = saying[block]?.first { $0.value.elementsEqual(text) }
                if let (block, path) = here.map({ (block, $0.key) }) ?? said[Array(text)] {
                    read.repeats.append(AnswerEvent.Repeat(text: text, block: block, path: path))
                    continue
                }
                // A text of its own: it continues none.
                let path = "\(path) \(said.count + 1)"
                said[Array(text)] = (block, path)
                read.texts.append((path, text))
            } else {
                news(in: member, path: path, &read)
            }
        }
    }

    // MARK: Writing

    mutating func write(_ event: AnswerEvent, to output: inout [UInt8]) {
        delivery.write(event, to: &output)
    }

    mutating func write(
        _ event: AnswerEvent, shortenedTo text: ArraySlice<UInt8>, to output: inout [UInt8]
    ) {
        delivery.write(event, shortenedTo: text, to: &output)
    }

    mutating func end(_ explanation: String, to output: inout [UInt8]) {
        delivery.end(explanation, to: &output)
    }

    func error(_ error: APIError) -> [UInt8] { error.event }
}
