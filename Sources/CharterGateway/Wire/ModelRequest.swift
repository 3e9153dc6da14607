internal import CharterAnalysis
public import CharterDocuments

/// A request of any protocol: what the pipeline must know of it, and every text in it.
///
/// Everything else stays in the original bytes and is passed on as it came.
public protocol ModelRequest: Sendable {
    /// The body as it came.
    var document: JSONDocument { get }
    /// The model that is asked for; empty where the protocol lets it be unsaid.
    var model: String { get }
    /// Whether the answer is to be streamed.
    var isStreamed: Bool { get }
    /// How many answers are asked for.
    var choices: Int { get }
    /// The end user's id, where the body names one.
    var user: String? { get }
    /// Every text in it that a model gets to read, in order, with its speaker.
    var texts: [RequestText] { get }
    /// The most tokens that an answer may have; nil where the request does not say.
    var mostTokens: Int? { get }

    /// The body with the rules that hold for the answer, as the last word of the operator's level, and
    /// otherwise byte for byte as it came; nil where the protocol has no place for them.
    ///
    /// - Parameter role: what the model's server understands, where messages have roles.
    func body(adding guide: String, role: MessageRole) -> [UInt8]?

    /// A refusal before the model is called, in the protocol's own form; nil where it has none.
    func reply(with refusal: Refusal) -> (contentType: String, body: [UInt8])?
}

/// What is said instead of an answer.
public struct Refusal: Sendable {
    /// The decision's id; the answer's begins as the protocol has it.
    public var id: String
    /// When it was made, in seconds since 1970.
    public var created: Int
    /// The words, with the text of each duty that is owed.
    public var text: String
    /// A JSON value for the member `charter`, which clients that do not know it ignore.
    public var note: [UInt8]

    /// A refusal of these words.
    public init(id: String, created: Int, text: String, note: [UInt8] = []) {
        self.id = id
        self.created = created
        self.text = text
        self.note = note
    }
}

extension ModelRequest {
    /// Answers, where the protocol has no such choice.
    public var choices: Int { 1 }

    static var jsonType: String { "application/json" }
    static var eventsType: String { "text/event-stream" }

    /// Reads a body as an object with a model.
    static func object(
        _ body: [UInt8], _ limits: JSONLimits, needsModel: Bool = true
    ) throws(APIError) -> (document: JSONDocument, model: String) {
        let document: JSONDocument
        do { document = try JSONDocument(body, limits: limits) } catch { throw APIError(error) }
        let root = document.root
        guard root.kind == .object else { throw .invalid("the body must be an object", param: nil) }
        let named = needsModel ? root["model"] : root.present("model")
        guard let model = named.map({ $0.string ?? "" }) ?? (needsModel ? nil : ""),
            named == nil || !model.isEmpty
        else {
            throw .invalid("`model` must be the name of a model", param: "model")
        }
        return (document, model)
    }

    /// Refuses what another protocol has for a conversation: whoever reads it would read another one.
    static func refuse(_ key: StaticString, in root: JSONValue) throws(APIError) {
        guard root.present(key) != nil else { return }
        throw .invalid("there is no such field in this call", param: "\(key)")
    }

    static func boolean(
        _ object: JSONValue, _ key: StaticString, param: String
    ) throws(APIError) -> Bool {
        guard let value = object.present(key) else { return false }
        guard let boolean = value.boolean else {
            throw .invalid("must be true or false", param: param)
        }
        return boolean
    }

    /// Whether a stream is to end with an event of usage.
    static func includesUsage(_ root: JSONValue) throws(APIError) -> Bool {
        guard let options = root.present("stream_options") else { return false }
        guard options.kind == .object else {
            throw .invalid("must be an object", param: "stream_options")
        }
        return try boolean(options, "include_usage", param: "stream_options.include_usage")
    }

    static func string(
        _ object: JSONValue, _ key: StaticString, param: String
    ) throws(APIError) -> String? {
        guard let value = object.present(key) else { return nil }
        guard let string = value.string else { throw .invalid("must be a string", param: param) }
        return string
    }

    /// Every string of the body's members but for these: descriptions of tools, schemas, and what the
    /// protocol does not know. They are the word of whoever made the request.
    static func textsBeside(_ members: [StaticString], in document: JSONDocument) -> [RequestText] {
        document.root.children
            .filter { member in !members.contains(where: member.isNamed) }
            .flatMap(\.textsInside)
            .map { RequestText(speaker: .developer, message: nil, kind: .other, bytes: $0) }
    }

    /// The body with a text put behind what a member of the operator's level says: a string, a list of
    /// blocks, or nothing yet.
    ///
    /// - Parameter block: a text as an element of such a list.
    func body(
        adding guide: String, to key: StaticString, block: (String) -> [UInt8]
    ) -> [UInt8] {
        let source = document.source
        func with(_ bytes: [UInt8], at place: Int) -> [UInt8] {
            source[..<place] + bytes + source[place...]
        }
        var quoted: [UInt8] = []
        JSONText.append(guide, to: &quoted)
        guard let member = document.root[key] else {
            let place = document.root.range.lowerBound + 1
            return with(Array("\"\(key)\":".utf8) + quoted + ",".utf8, at: place)
        }
        switch member.kind {
        case .string:
            // Behind the last character, before the quotation mark.
            var text: [UInt8] = []
            JSONText.append("\n\n" + guide, to: &text)
            return with(Array(text.dropFirst().dropLast()), at: member.range.upperBound - 1)
        case .list:
            let isEmpty = member.children.first { _ in true } == nil
            return with(
                (isEmpty ? [] : Array(",".utf8)) + block(guide), at: member.range.upperBound - 1)
        default:
            return source[..<member.range.lowerBound] + quoted + source[member.range.upperBound...]
        }
    }
}
