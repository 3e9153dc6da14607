internal import CharterDocuments

/// An answer of numbers: vectors, scores, a count of tokens.
enum NumbersAnswer {
    /// The bytes as they came, where they are an answer at all.
    ///
    /// - Throws: a 502 where they are none, or the upstream's own error where they hold one.
    static func checked(_ body: [UInt8]) throws(APIError) -> [UInt8] {
        let document: JSONDocument
        do {
            document = try JSONDocument(body, limits: JSONLimits(bytes: 32 << 20))
        } catch .tooManyValues {
            // Vectors may be many. What is not read to its end is told by both its ends.
            let isSpace = { (byte: UInt8) in byte <= 0x20 }
            guard body.first(where: { !isSpace($0) }) == UInt8(ascii: "{"),
                body.last(where: { !isSpace($0) }) == UInt8(ascii: "}")
            else { throw .upstreamMalformed("an answer that is no object") }
            return body
        } catch {
            throw .upstreamMalformed("\(error)")
        }
        guard document.root.kind == .object else {
            throw .upstreamMalformed("an answer that is no object")
        }
        if let error = document.root.present("error") { throw UpstreamError.error(error) }
        return body
    }
}
