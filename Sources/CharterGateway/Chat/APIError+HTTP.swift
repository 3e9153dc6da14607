extension APIError {
    /// The path has other methods (RFC 9110 §15.5.6).
    package static let methodNotAllowed = APIError(
        status: 405, message: "the path does not have this method; `Allow` lists those it has",
        type: invalidRequest, code: "method_not_allowed")

    /// The body is of another type (RFC 9110 §15.5.16).
    package static let unsupportedMediaType = APIError(
        status: 415, message: "the content type must be application/json", type: invalidRequest,
        code: "unsupported_media_type")
}
