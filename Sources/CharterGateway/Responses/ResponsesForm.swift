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
    /// Texts that are over, and have been judged, with the block and the path where they were said; nil: they
    /// were whole.
    private var said: [[UInt8]: (block: Int, path: String)?] = [:]
    /// Keys that have been judged: in them nothing can be replaced.
    private var saidKeys: Set<[UInt8]> = []
    /// How many bytes of text there have been: all of it is said again at the end.
    private var saidBytes = 0
    /// By the name of an item, its number.
    private var numbers: [String: Int] = [:]
    private var parts = 0
    /// By item, how many of its parts have begun: some servers do not number them.
    private var partsOfItems: [Int: Int] = [:]

    /// Members that are no words of a model: names of things, and what was asked.
    private static let identifiers: [StaticString] = [
        "type", "id", "item_id", "call_id", "status", "role", "object", "name", "event_id",
    ]
    /// Members whose bytes only the server that wrote them reads.
    private static let opaque: [StaticString] = ["obfuscation", "encrypted_content"]
    /// Numbers, and what a text was chosen from.
    private static let numeric: [StaticString] = ["logprobs", "sequence_number", "usage"]
    /// What of a request is said again with its answer.
    private static let echoed: [StaticString] = [
        "instructions", "metadata", "model", "tools", "tool_choice", "text", "reasoning",
        "truncation", "service_tier", "user", "safety_identifier", "prompt_cache_key",
        "prompt_cache_retention", "prompt", "input",
    ]

    /// As much as an answer may have that is not streamed.
    private static let mostSaid = 32 << 20
    private static let mostParts = 1_000

    /// - Parameter instructions: the JSON value that the client sent, `null` where there was none.
    init(instructions: [UInt8]) {
        self.instructions = instructions
        delivery = ResponsesDelivery(instructions: instructions)
    }

    mutating func read(_ event: ServerSentEvents.Event) throws(APIError) -> AnswerEvent {
        let document = try UpstreamError.document(event.data)
        let root = document.root
        let type = try TypedEvent.type(of: root)
        if type == "error" { throw UpstreamError.error(root) }
        guard type == "response.created" || hasBegun else {
            throw .upstreamMalformed("an event before the response")
        }
        var read = AnswerEvent(type, document)
        if let part = root.present("content_index") {
            guard let number = part.integer, (0..<10_000).contains(number) else {
                throw .upstreamMalformed("`content_index`")
            }
        }
        read.block = try block(root, isNew: type == "response.output_item.added")
        switch type {
        case "response.created", "response.queued", "response.in_progress":
            guard let response = root["response"], response.kind == .object,
                response.present("output").map({ $0.textsInside.isEmpty }) ?? true
            else { throw .upstreamMalformed("a response that does not begin") }
            hasBegun = true
            news(in: response, besides: Self.echoed, &read)
        case "response.completed", "response.incomplete", "response.failed":
            read.isLast = true
            if let error = root["response"]?.present("error"), UpstreamError.isAboutKey(error) {
                throw UpstreamError.error(error)
            }
            news(in: root["response"], besides: Self.echoed, &read)
        case "response.output_item.added":
            read.change = .starts(Self.part(root["item"], read.block ?? 0))
            news(in: root["item"], &read)
        case "response.output_item.done":
            news(in: root["item"], &read)
            read.change = .stops
            let block = read.block ?? -1
            for (path, text) in saying.removeValue(forKey: block) ?? [:] {
                said[text] = .some((block, path))
            }
        default:
            guard read.block != nil || !type.hasSuffix(".delta") else {
                throw .upstreamMalformed("a text of no item")
            }
            if type == "response.content_part.added" {
                parts += 1
                partsOfItems[read.block ?? -1, default: 0] += 1
            }
            if type == "response.refusal.delta" { isModelRefusal = true }
            text(type, root, &read)
        }
        saidBytes += read.texts.reduce(0) { $0 + $1.text.count }
        saidBytes += read.whole.reduce(0) { $0 + $1.text.count }
        guard saidBytes <= Self.mostSaid, parts <= Self.mostParts else {
            throw .upstreamMalformed("an answer that is too long")
        }
        return read
    }

    /// The number of the item that an event belongs to. Where a server leaves it out its name tells.
    private mutating func block(_ root: JSONValue, isNew: Bool) throws(APIError) -> Int? {
        let name = (root["item_id"] ?? root["item"]?["id"])?.string
        guard let index = root.present("output_index") else {
            guard isNew, let name else { return name.flatMap { numbers[$0] } }
            let number = (numbers.values.max() ?? -1) + 1
            guard number < Self.mostParts, numbers.updateValue(number, forKey: name) == nil else {
                throw .upstreamMalformed("an item that begins twice")
            }
            return number
        }
        guard let block = index.integer, (0..<10_000).contains(block) else {
            throw .upstreamMalformed("`output_index`")
        }
        if isNew, let name { numbers[name] = block }
        return block
    }

    /// Every string of an item or of a part that may be words of a model, in order.
    static func texts(of value: JSONValue) -> [JudgedText] {
        let isSpoken = value["type"]?.isText("output_text") ?? false
        return value.children.filter { !isSilent($0) }.flatMap { member in
            let key = JudgedText(
                AnswerPiece.keysEnding, isName(member.key) ? [] : member.key, false)
            let inside = member.text.map { text in
                [JudgedText("", text, isSpoken && member.isNamed("text"))]
            }
            return ([key] + (inside ?? texts(of: member))).filter { !$0.text.isEmpty }
        }
    }

    /// How many of the texts of an item stand before its content.
    static func textsBeforeContent(of item: JSONValue) -> Int {
        item.children.prefix { !$0.isNamed("content") }.filter { !isSilent($0) }
            .reduce(0) { count, member in
                let key = isName(member.key) ? 0 : 1
                return count + key
                    + (member.text.map { $0.isEmpty ? 0 : 1 } ?? texts(of: member).count)
            }
    }

    /// The same of what stands beside the items.
    static func texts(beside response: JSONValue) -> [JudgedText] {
        response.children.filter { member in
            !isSilent(member) && !echoed.contains(where: member.isNamed)
                && !member.isNamed("output")
        }.flatMap { member in member.text.map { [("", $0, false)] } ?? texts(of: member) }
    }

    private static func isName(_ key: ArraySlice<UInt8>) -> Bool { AnswerPiece.isIdentifier(key) }

    /// Which part of an answer an item is.
    static func part(_ item: JSONValue?, _ number: Int) -> AnswerPart {
        let type = item?["type"]?.string ?? ""
        if type == "message" { return .content }
        // Arguments are JSON; code, commands and patches are any text, where a backslash is one.
        if ["function_call", "mcp_call", "mcp_approval_request"].contains(type)
            || item?["arguments"] != nil
        {
            return .call(number)
        }
        return type.hasSuffix("_call") ? .customCall(number) : .other(type)
    }

    /// A piece of a text, its end, or an event that this protocol does not know.
    private mutating func text(_ type: String, _ root: JSONValue, _ read: inout AnswerEvent) {
        var places = (["content_index", "summary_index"] as [StaticString])
            .compactMap { root[$0]?.integer }.map(String.init)
        if places.isEmpty { places = ["part \(partsOfItems[read.block ?? -1] ?? 0)"] }
        func path(without ending: String) -> String {
            ([String(type.dropLast(ending.count))] + places).joined(separator: "/")
        }
        let block = read.block ?? -1
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
            read.isDelta =
                read.whole.isEmpty && read.texts.count == 1 && read.texts[0].path == path
            if type == "response.output_text.delta" { read.spoken = root["delta"]?.text }
        } else if type.hasSuffix(".done"), !type.hasSuffix("_part.done") {
            let path = path(without: ".done")
            let text = saying[block]?.removeValue(forKey: path) ?? []
            said[text] = .some((block, path))
            read.finished = path
            news(in: root, &read)
        } else {
            news(in: root, &read)
        }
    }

    private static func isSilent(_ member: JSONValue) -> Bool {
        AnswerPiece.isIdentifier(member, identifiers) || AnswerPiece.isOpaque(member, opaque)
            || numeric.contains(where: member.isNamed) && member.kind != .string
    }

    /// The strings in a value that have not been said before.
    private mutating func news(
        in value: JSONValue?, besides known: [StaticString] = [], _ read: inout AnswerEvent
    ) {
        guard let value else { return }
        for member in value.children
        where !Self.isSilent(member) && !known.contains(where: member.isNamed) {
            if !Self.isName(member.key), saidKeys.insert(Array(member.key)).inserted {
                read.whole.append((AnswerPiece.keysEnding, member.key))
            }
            if let text = member.text { news(text, &read) } else { news(in: member, &read) }
        }
    }

    private mutating func news(_ text: ArraySlice<UInt8>, _ read: inout AnswerEvent) {
        guard !text.isEmpty else { return }
        let block = read.block ?? -1
        if let here = saying[block]?.first(where: { $0.value.elementsEqual(text) }) {
            read.repeats.append(AnswerEvent.Repeat(text: text, origin: (block, here.key)))
        } else if let origin = said[Array(text)] {
            read.repeats.append(AnswerEvent.Repeat(text: text, origin: origin))
        } else {
            said.updateValue(nil, forKey: Array(text))
            read.whole.append(("", text))
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

    func error(_ error: APIError) -> [UInt8] { delivery.error(error) }
}
