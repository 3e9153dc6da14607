internal import CharterGateway
internal import NIOHTTP1

/// What the head of an answer of a model's server says.
extension HTTPHeaders {
    /// Whether an answer is a stream of events.
    var isEventStream: Bool {
        first(name: "content-type")?.lowercased().hasPrefix("text/event-stream") ?? false
    }

    /// Refuses an answer that cannot be looked at; what an error says need not be.
    func checkCoding(status: Int) throws(APIError) {
        let codings = self[canonicalForm: "content-encoding"]
        guard status >= 400 || codings.allSatisfy({ $0.lowercased() == "identity" }) else {
            throw .upstreamMalformed("it is compressed, though nobody asked for that")
        }
    }
}
