internal import CharterDocuments

/// What a client is told when the model's server answers with an error of its own.
public enum UpstreamError {
    private static let longestMessage = 2_000
    private static let longestName = 100

    /// The error of an answer with a status of 400 or more.
    ///
    /// What concerns the request is passed on. That the *gateway's* key is refused is none of the
    /// client's business, and must not look as if theirs were: it becomes a 502 without details.
    public static func error(status: Int, body: [UInt8]) -> APIError {
        if status == 401 || status == 403 { return credentials }
        let known = (400...599).contains(status) ? status : 502
        guard let document = try? JSONDocument(body, limits: JSONLimits(bytes: 1 << 20)),
            let object = document.root.present("error")
        else {
            return APIError(
                status: known,
                message: "the model's server answered with status \(status)",
                type: standardType(known),
                code: "upstream_error"
            )
        }
        return error(object, status: known)
    }

    /// Reads a body or an event that is no error.
    ///
    /// - Throws: a 502 where it is no JSON, or the upstream's own error where it holds one.
    static func document(
        _ bytes: [UInt8], limits: JSONLimits = JSONLimits()
    ) throws(APIError) -> JSONDocument {
        let document: JSONDocument
        do { document = try JSONDocument(bytes, limits: limits) } catch {
            throw .upstreamMalformed("\(error)")
        }
        if let error = document.root.present("error") { throw self.error(error) }
        return document
    }

    /// The error that an `error` member of a body or of an event tells of.
    static func error(_ object: JSONValue, status: Int = 502) -> APIError {
        if isAboutKey(object) { return credentials }
        let (type, code) = (name(object["type"]), name(object["code"]))
        let message = object.string ?? object["message"]?.string ?? "the model's server failed"
        return APIError(
            status: status,
            message: String(message.prefix(longestMessage)),
            type: type ?? standardType(status),
            param: name(object["param"]),
            code: code ?? "upstream_error"
        )
    }

    /// Whether the gateway's own key is refused: servers say the key that they refuse.
    static func isAboutKey(_ object: JSONValue) -> Bool {
        [name(object["type"]), name(object["code"])]
            .contains { $0.map(credentialNames.contains) ?? false }
    }

    private static let credentialNames: Set = ["invalid_api_key", "authentication_error"]
    private static let credentials = APIError.upstream(
        "the model's server refused the gateway's credentials", code: "upstream_credentials")

    private static func standardType(_ status: Int) -> String {
        status < 500 ? APIError.invalidRequest : APIError.server
    }

    /// Some servers give a number where the API has a string.
    private static func name(_ value: JSONValue?) -> String? {
        (value?.string ?? value?.integer.map(String.init)).map { String($0.prefix(longestName)) }
    }
}

extension APIError {
    /// The same, or one without any of the upstream's words where they may not be said: servers repeat in
    /// their errors what a model has written, as where its call cannot be read.
    func judged(by watcher: some TextWatcher) -> APIError {
        var watcher = watcher
        watcher.forbidEdits()
        let words = [message, type, param, code].compactMap { $0 }.joined(separator: "\n")
        guard watcher.push(Array(words.utf8)[...]) != nil || watcher.finish() != nil else {
            return self
        }
        return .upstream("the model's server failed", code: "upstream_error", status: status)
    }
}
