internal import CharterDocuments

/// The events of OpenAI's Responses API.
///
/// Events that end something repeat its whole text. What was said already is not judged again; what is new
/// in them is judged as a text of its own.
struct ResponsesForm: AnswerEventForm {
    /// What the client's own request said as `instructions`: servers repeat what they were given, and with a
    /// guide that is more.
    let instructions: [UInt8]
    private var delivery: ResponsesDelivery
    private var hasBegun = false
    private(set) var isModelRefusal = false
    /// By block and path, what has been said so far.
    private var saying: [Int: [String: [UInt8]]] = [:]
    /// Texts that are over, and have been judged.
    private var said: Set<[UInt8]> = []
    /// By an item's id, its number; some servers name items by their id alone.
    private var numbers: [[UInt8]: Int] = [:]
    /// How many parts of the item that is being written have begun.
    private var parts = 0

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
        } else if let item = root.present("item_id") ?? root["item"]?.present("id"),
            let id = item.text.map({ Array($0) })
        {
            if type == "response.output_item.added" { numbers[id] = numbers.count }
            read.block = numbers[id]
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
            for text in (saying.removeValue(forKey: read.block ?? -1) ?? [:]).values {
                said.insert(text)
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
        if type == "response.content_part.added" { parts += 1 }
        var places = (["content_index", "summary_index"] as [StaticString])
            .compactMap { root[$0]?.integer }.map(String.init)
        if places.isEmpty { places = ["part \(parts)"] }
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
            said.insert(saying[block]?[path] ?? [])
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
                guard !text.isEmpty, !said.contains(Array(text)),
                    !(saying[block]?.values.contains { $0.elementsEqual(text) } ?? false)
                else { continue }
                said.insert(Array(text))
                // A text of its own: it continues none.
                read.texts.append(("\(path) \(said.count)", text))
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
