public import CharterDocuments

/// An error as the OpenAI API says it: a status and an object with `message`, `type`, `param` and
/// `code`.
///
/// Both official clients try 408, 409, 429 and every 5xx again, so a policy's answer never has one
/// of those, and says `x-should-retry: false` besides: it must not be decided three times.
public struct APIError: Error, Equatable, Sendable {
    /// The HTTP status.
    public var status: Int
    /// One sentence for whoever wrote the request. It never holds text of theirs.
    public var message: String
    /// The API's class of error, such as `invalid_request_error`.
    public var type: String
    /// The place in the request that is wrong, such as `messages[3].role`.
    public var param: String?
    /// What programs tell the error by; a string, never a number.
    public var code: String?
    /// Whether trying again is useless.
    public var isFinal: Bool
    /// How long a client should wait before it tries again.
    public var retryAfterSeconds: Int?
    /// A JSON value for the member `charter` of the error; empty: there is none.
    public var note: [UInt8] = []

    static let invalidRequest = "invalid_request_error"
    static let permission = "permission_error"
    static let server = "server_error"

    /// An error; unsaid: of no place and no code, and worth trying again.
    public init(
        status: Int,
        message: String,
        type: String,
        param: String? = nil,
        code: String? = nil,
        isFinal: Bool = false,
        retryAfterSeconds: Int? = nil
    ) {
        self.status = status
        self.message = message
        self.type = type
        self.param = param
        self.code = code
        self.isFinal = isFinal
        self.retryAfterSeconds = retryAfterSeconds
    }

    /// The fields of the answer's head, besides the content's type and length.
    public var headers: [(name: String, value: String)] {
        var headers: [(name: String, value: String)] = []
        if isFinal { headers.append(("x-should-retry", "false")) }
        if let retryAfterSeconds { headers.append(("retry-after", String(retryAfterSeconds))) }
        return headers
    }

    /// The answer's body, as OpenAI has it.
    public var body: [UInt8] { Array(#"{"error":"#.utf8) + object + "}".utf8 }

    /// What OpenAI's body has as `error`.
    var object: [UInt8] {
        var bytes = Array(#"{"message":"#.utf8)
        JSONText.append(message, to: &bytes)
        bytes += #","type":"#.utf8
        JSONText.append(type, to: &bytes)
        for (key, value) in [("param", param), ("code", code)] {
            bytes += ",\"\(key)\":".utf8
            if let value { JSONText.append(value, to: &bytes) } else { bytes += "null".utf8 }
        }
        if !note.isEmpty { bytes += #","charter":"#.utf8 + note }
        bytes.append(UInt8(ascii: "}"))
        return bytes
    }

    /// The answer's body, as whoever asked expects it.
    ///
    /// - Parameter id: the request's, which Anthropic's errors name.
    public func body(in dialect: Dialect, id: String? = nil) -> [UInt8] {
        guard dialect == .anthropic else { return body }
        var writer = JSONWriter()
        writer.object { writer in
            writer.member("type", "error")
            writer.object("error") { writer in
                writer.member("type", anthropicType)
                // There is no place for the place but the sentence.
                writer.member("message", param.map { "\($0): \(message)" } ?? message)
                writer.member("code", code)
                if !note.isEmpty {
                    writer.key("charter")
                    writer.raw(String(decoding: note, as: UTF8.self))
                }
            }
            writer.member("request_id", id)
        }
        return writer.bytes
    }

    /// The same as an event, for an answer that has already begun; the stream ends behind it.
    public var event: [UInt8] { Array("data: ".utf8) + body + "\n\n".utf8 }

    /// The same in a dialect.
    public func event(in dialect: Dialect) -> [UInt8] {
        guard dialect == .anthropic else { return event }
        var output: [UInt8] = []
        TypedEvent.write("error", body(in: dialect)[...], to: &output)
        return output
    }

    /// Anthropic's class of error, by status.
    private var anthropicType: String {
        switch status {
        case 400, 422: "invalid_request_error"
        case 401: "authentication_error"
        case 402: "billing_error"
        case 403: "permission_error"
        case 404: "not_found_error"
        case 413: "request_too_large"
        case 429: "rate_limit_error"
        case 503, 529: "overloaded_error"
        case 504: "timeout_error"
        case 405..<500: "invalid_request_error"
        default: "api_error"
        }
    }
}

extension APIError {
    /// The request is wrong at one place.
    public static func invalid(_ message: String, param: String?, code: String? = nil) -> APIError {
        APIError(status: 400, message: message, type: invalidRequest, param: param, code: code)
    }

    /// The body was not read.
    public init(_ error: JSONError) {
        var tooLarge = false
        if case .tooLarge = error { tooLarge = true }
        self.init(
            status: tooLarge ? 413 : 400,
            message: "\(error)",
            type: Self.invalidRequest,
            code: tooLarge ? "request_too_large" : "invalid_json"
        )
    }

    /// The body is compressed. It is not unpacked here, whatever it may come to.
    public static let unsupportedEncoding = APIError(
        status: 415,
        message: "the body must not be compressed",
        type: invalidRequest,
        param: "content-encoding",
        code: "unsupported_encoding",
        isFinal: true
    )

    /// No key, or one that nobody has.
    public static let unknownKey = APIError(
        status: 401,
        message: "the API key is missing or unknown",
        type: invalidRequest,
        code: "invalid_api_key"
    )

    /// A known key that may not do this.
    public static func forbidden(_ message: String, code: String = "forbidden") -> APIError {
        APIError(status: 403, message: message, type: permission, code: code, isFinal: true)
    }

    /// A refusal by policy, where an operator wants an error instead of a refusing answer.
    public static func refused(_ message: String) -> APIError {
        APIError(
            status: 400,
            message: message,
            type: invalidRequest,
            code: "content_policy_violation",
            isFinal: true
        )
    }

    /// There is no such path, or nothing by that name for this key.
    public static func notFound(_ message: String) -> APIError {
        APIError(status: 404, message: message, type: invalidRequest, code: "not_found")
    }

    /// Policy or detector are not there, so nothing may pass.
    public static func unavailable(_ message: String, retryAfterSeconds: Int = 1) -> APIError {
        APIError(
            status: 503,
            message: message,
            type: server,
            code: "policy_unavailable",
            retryAfterSeconds: retryAfterSeconds
        )
    }

    /// The model's server did something that cannot be passed on.
    static func upstream(_ message: String, code: String, status: Int = 502) -> APIError {
        APIError(status: status, message: message, type: server, code: code)
    }

    /// The model's server cannot be reached.
    public static let upstreamUnreachable = upstream(
        "the model's server cannot be reached",
        code: "upstream_unreachable"
    )

    /// The model's server did not answer in time.
    public static let upstreamTimeout = upstream(
        "the model's server did not answer in time",
        code: "upstream_timeout",
        status: 504
    )

    /// The model's server broke off before its answer was whole.
    public static let upstreamCutOff = upstream(
        "the model's server ended before its answer was whole",
        code: "upstream_cut_off"
    )

    /// The model's server sent what is no answer of this protocol.
    public static func upstreamMalformed(_ why: String) -> APIError {
        upstream("the model's server sent a malformed answer: \(why)", code: "upstream_malformed")
    }
}
