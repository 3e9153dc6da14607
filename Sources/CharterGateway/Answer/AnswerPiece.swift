internal import CharterDocuments

/// What one delta, or one message, adds to one part of an answer.
struct AnswerPiece: Sendable {
    let part: AnswerPart
    /// The member of the delta, or the element of `tool_calls`, that holds it.
    let value: JSONValue
    /// The text that can be shortened: a string member, or the arguments of a call.
    let text: ArraySlice<UInt8>
    /// Strings further inside, by their path. Lists do not count in a path, so that what an event
    /// continues from the one before is one text.
    let textsInside: [(path: String, text: ArraySlice<UInt8>)]

    /// Whether it adds nothing that anybody could read or act upon.
    var isEmpty: Bool { text.isEmpty && textsInside.isEmpty && !part.isCall }

    /// Whether a member of the delta is, or holds, this piece.
    func isInside(_ member: JSONValue) -> Bool {
        member.range.contains(value.range.lowerBound)
    }

    /// Reads the pieces of a `delta` or a `message`, in the order in which they stand.
    ///
    /// Every string is one, but for the few that are known to be none.
    /// - Throws: why it is not of this protocol.
    static func pieces(of object: JSONValue) throws(APIError) -> [AnswerPiece] {
        var pieces: [AnswerPiece] = []
        for member in object.children where !member.isNull {
            if member.isNamed("content") {
                pieces.append(try spoken(.content, member))
            } else if member.isNamed("refusal") {
                pieces.append(try spoken(.refusal, member))
            } else if member.isNamed("tool_calls") {
                guard member.kind == .list else { throw .upstreamMalformed("`tool_calls`") }
                for (call, place) in zip(member.children, 0...) {
                    let isDelta = object.isNamed("delta")
                    pieces.append(try self.call(call, place: isDelta ? nil : place))
                }
            } else if member.isNamed("function_call") {
                pieces.append(
                    try function(.functionCall, member, in: member, besides: [], text: "arguments"))
            } else if member.isNamed("role") {
                guard member.kind == .string else { throw .upstreamMalformed("`role`") }
            } else {
                let piece = unknown(member)
                if member.kind == .string || !piece.textsInside.isEmpty { pieces.append(piece) }
            }
        }
        return pieces
    }

    private static func spoken(
        _ part: AnswerPart,
        _ member: JSONValue
    ) throws(APIError) -> AnswerPiece {
        if let text = member.text {
            return AnswerPiece(part: part, value: member, text: text, textsInside: [])
        }
        guard member.kind == .list else { throw .upstreamMalformed("a text that is no string") }
        return AnswerPiece(part: part, value: member, text: [], textsInside: texts(inside: member))
    }

    private static func unknown(_ member: JSONValue) -> AnswerPiece {
        let part = AnswerPart.other(String(decoding: member.key, as: UTF8.self))
        if let text = member.text {
            return AnswerPiece(part: part, value: member, text: text, textsInside: [])
        }
        return AnswerPiece(part: part, value: member, text: [], textsInside: texts(inside: member))
    }

    private static func call(_ call: JSONValue, place: Int?) throws(APIError) -> AnswerPiece {
        guard call.kind == .object, let number = place ?? call["index"]?.integer,
            (0..<mostCalls).contains(number)
        else {
            throw .upstreamMalformed("a tool call without `index`")
        }
        try checkStrings(["id", "type"], of: call)
        let besides = call.children.filter { member in
            !["index", "function", "custom"].contains(where: member.isNamed)
                && !isIdentifier(member, ["id", "type"])
        }
        let inside = besides.flatMap(texts(inside:))
        switch (call.present("function"), call.present("custom")) {
        case (nil, nil):
            return AnswerPiece(part: .call(number), value: call, text: [], textsInside: inside)
        case (let function?, nil):
            return try self.function(
                .call(number), function, in: call, besides: inside, text: "arguments")
        case (nil, let custom?):
            return try self.function(
                .customCall(number), custom, in: call, besides: inside, text: "input")
        default: throw .upstreamMalformed("a call of two kinds")
        }
    }

    private static func function(
        _ part: AnswerPart,
        _ function: JSONValue,
        in value: JSONValue,
        besides: [(path: String, text: ArraySlice<UInt8>)],
        text key: StaticString
    ) throws(APIError) -> AnswerPiece {
        guard function.kind == .object else { throw .upstreamMalformed("a call's function") }
        try checkStrings(["name"], of: function)
        var text: ArraySlice<UInt8> = []
        var inside = besides
        for member in function.children where !member.isNull && !isIdentifier(member, ["name"]) {
            if member.isNamed(key) {
                guard let arguments = member.text else {
                    throw .upstreamMalformed("a call's arguments")
                }
                text = arguments
            } else {
                inside += texts(inside: member)
            }
        }
        return AnswerPiece(part: part, value: value, text: text, textsInside: inside)
    }

    /// Whether a member is one of these and what the API has there, a name without a space: all else
    /// may be the model's words.
    static func isIdentifier(_ member: JSONValue, _ keys: [StaticString]) -> Bool {
        guard keys.contains(where: member.isNamed), let text = member.text else { return false }
        return isIdentifier(text)
    }

    /// Whether a text is a name without a space.
    static func isIdentifier(_ text: ArraySlice<UInt8>) -> Bool {
        text.count <= longestIdentifier
            && text.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
                    UInt8(ascii: "."), UInt8(ascii: ":"), UInt8(ascii: "/"):
                    true
                default: false
                }
            }
    }

    /// Whether a member is one of these and what the API has there: bytes in base64 (RFC 4648), which nobody
    /// reads but the server that wrote them. Anything else there is looked at as a text.
    static func isOpaque(_ member: JSONValue, _ keys: [StaticString]) -> Bool {
        guard keys.contains(where: member.isNamed), let text = member.text else { return false }
        return text.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "/"),
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "="):
                true
            default: false
            }
        }
    }

    private static let longestIdentifier = 128
    private static let mostCalls = 10_000

    private static func checkStrings(
        _ keys: [StaticString],
        of object: JSONValue
    ) throws(APIError) {
        for key in keys {
            guard let value = object.present(key), value.kind != .string else { continue }
            throw .upstreamMalformed("a call's `\(key)`")
        }
    }

    /// Every string inside a value and every key, the keys of one object as one text.
    static func texts(
        inside value: JSONValue
    ) -> [(path: String, text: ArraySlice<UInt8>)] {
        texts(inside: value, path: String(decoding: value.key, as: UTF8.self))
    }

    private static func texts(
        inside value: JSONValue,
        path: String
    ) -> [(path: String, text: ArraySlice<UInt8>)] {
        if let text = value.text { return text.isEmpty ? [] : [(path, text)] }
        return value.children.flatMap { child in
            if value.kind == .list { return texts(inside: child, path: path) }
            let below = texts(
                inside: child,
                path: path + "." + String(decoding: child.key, as: UTF8.self)
            )
            return [(path + keysEnding, child.key)] + below
        }
    }

    static let keysEnding = ".*"

    /// Whether a path is that of the keys of an object, of which none can be replaced.
    static func isOfKeys(_ path: String) -> Bool { path.hasSuffix(keysEnding) }
}
