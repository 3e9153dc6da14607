internal import CharterDocuments

/// A part of a search's results (§8.2).
///
/// A token says where the next part begins, and which search it is of; nothing is kept in between.
struct AccessPage: Sendable {
    private let start: Int
    private let limit: Int
    private let search: UInt64
    /// Whether the request speaks of pages.
    private let isAsked: Bool

    /// - Throws: where the page is none, or its token is another search's.
    init(_ root: JSONValue) throws(AccessError) {
        search = AccessPage.digest(of: root)
        let page = root.present("page")
        guard page == nil || page?.kind == .object else {
            throw AccessError("`page` must be an object")
        }
        isAsked = page != nil
        let asked = page?.present("limit")
        let askedLimit = asked.flatMap(AccessPage.wholeNumber)
        guard asked == nil || askedLimit.map({ $0 >= 0 }) == true else {
            throw AccessError("`page.limit` must be a whole number from 0")
        }
        let most = AccessPoint.mostResults
        guard let token = page?.present("token"), token.string != "" else {
            start = 0
            limit = min(askedLimit ?? most, most)
            return
        }
        let parts = (token.string ?? "").split(separator: "-").compactMap { UInt64($0, radix: 16) }
        guard parts.count == 3, parts[2] == search, let start = Int(exactly: parts[0]),
            let limit = Int(exactly: parts[1]), limit <= most,
            askedLimit == nil || askedLimit == limit
        else { throw AccessError("`page.token` is of another search") }
        self.start = start
        self.limit = limit
    }

    /// A number without a fraction, however it is written: 2.0 is an integer to a JSON schema.
    private static func wholeNumber(_ value: JSONValue) -> Int? {
        guard value.kind == .number else { return nil }
        return value.integer
            ?? Double(String(decoding: value.raw, as: UTF8.self)).flatMap { Int(exactly: $0) }
    }

    /// The answer with as many results as the page has.
    func json(_ results: [[UInt8]]) -> [UInt8] {
        let part = results.dropFirst(start).prefix(limit)
        let end = start + part.count
        let isLast = end >= results.count
        var writer = JSONWriter()
        writer.object { writer in
            if isAsked || !isLast {
                writer.object("page") { writer in
                    let token = [UInt64(end), UInt64(limit), search].map { String($0, radix: 16) }
                    writer.member("next_token", isLast ? "" : token.joined(separator: "-"))
                    writer.member("count", part.count)
                    writer.member("total", results.count)
                }
            }
            writer.list("results") { writer in
                for result in part { writer.raw(String(decoding: result, as: UTF8.self)) }
            }
        }
        return writer.bytes
    }

    /// FNV-1a of everything but the page: a mark, and no secret.
    private static func digest(of root: JSONValue) -> UInt64 {
        var digest: UInt64 = 0xcbf2_9ce4_8422_2325
        for member in root.children where !member.isNamed("page") {
            for byte in member.key + member.raw {
                digest = (digest ^ UInt64(byte)) &* 0x100_0000_01b3
            }
        }
        return digest
    }
}
