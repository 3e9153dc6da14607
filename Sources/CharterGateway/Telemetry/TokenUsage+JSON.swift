internal import CharterDocuments

extension TokenUsage {
    /// A number that no model reaches: sums of such do not overflow.
    private static let most = 1 << 32

    /// Reads the member `usage` of an answer, or of a chunk; nil where it has none.
    init?(of root: JSONValue) {
        guard let usage = root.present("usage"), usage.kind == .object,
            let input = usage["prompt_tokens"]?.integer, (0...TokenUsage.most).contains(input),
            let output = usage["completion_tokens"]?.integer, (0...TokenUsage.most).contains(output)
        else { return nil }
        self.init(input: input, output: output)
    }
}
