internal import CharterDocuments

/// How many tokens a request and its answer had.
public struct Usage: Sendable, Hashable {
    /// Of the request, with what was read from a cache.
    public var inputTokens: Int
    /// Of the answer.
    public var outputTokens: Int

    /// Unsaid: none.
    public init(inputTokens: Int = 0, outputTokens: Int = 0) {
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
    }

    /// The most tokens of one request that are believed: no model reads or writes more.
    private static let most = 1 << 32
    /// The bytes of a token, where a text is all there is to go by.
    private static let bytesOfToken = 4

    /// Reads the `usage` of an answer, or of one event of a stream, whether OpenAI's chat completions,
    /// embeddings and responses or Anthropic's messages; nil where it has none.
    ///
    /// OpenAI counts what comes from a cache among the input, Anthropic beside it.
    public init?(answer: [UInt8]) {
        guard let root = (try? JSONDocument(answer, limits: JSONLimits(bytes: 32 << 20)))?.root
        else { return nil }
        self.init(of: root)
    }

    /// The same of an answer, or an event, that was read.
    init?(of root: JSONValue) {
        guard
            let usage = root.present("usage") ?? root.present("message")?.present("usage")
                ?? root.present("response")?.present("usage"), usage.kind == .object
        else { return nil }
        func count(_ key: StaticString) -> Int? {
            usage.present(key)?.integer.map { min(max($0, 0), Usage.most) }
        }
        let input = count("prompt_tokens") ?? count("input_tokens")
        let output = count("completion_tokens") ?? count("output_tokens")
        guard input != nil || output != nil else { return nil }
        inputTokens =
            (input ?? 0) + (count("cache_creation_input_tokens") ?? 0)
            + (count("cache_read_input_tokens") ?? 0)
        outputTokens = output ?? 0
    }

    /// An estimate, where an answer says nothing of its usage: four bytes a token.
    ///
    /// - Parameters:
    ///   - request: the bytes of the request.
    ///   - answer: the bytes of the answer, without what a stream puts around them.
    public init(estimatedFrom request: Int, answer: Int) {
        func tokens(_ bytes: Int) -> Int { (bytes + Usage.bytesOfToken - 1) / Usage.bytesOfToken }
        self.init(inputTokens: tokens(request), outputTokens: tokens(answer))
    }

    /// Takes what another event of the same stream says: counts there are running totals, so that the larger
    /// ones count.
    public mutating func formUnion(_ other: Usage) {
        inputTokens = max(inputTokens, other.inputTokens)
        outputTokens = max(outputTokens, other.outputTokens)
    }
}
