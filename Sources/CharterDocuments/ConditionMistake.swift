internal import CharterEngine

/// What a writer is told of a condition that cannot be read: the word that is meant, and advice.
struct ConditionMistake {
    /// The word at the mistake, in bytes of the condition; empty at its end.
    let range: Range<Int>
    /// The claim that there is none of.
    private(set) var unknownClaim: String?
    private(set) var reason: String?
    let help: String

    init(_ error: ConditionError, in text: String, claims: [Text: ClaimType]) {
        let bytes = Array(text.utf8)
        range = ConditionMistake.word(at: min(error.offset, bytes.count), in: bytes)
        let word = String(decoding: bytes[range], as: UTF8.self)
        let claim = word.hasPrefix("claims.") ? String(word.dropFirst(7)) : nil
        switch error.code {
        case .unknownClaim:
            unknownClaim = claim
            let names = claims.keys.map(\.string)
            help =
                NearestName.help(for: claim ?? "", among: names)
                ?? "declare it under `claims`, here or above"
        case .type:
            reason = claim.flatMap { name in
                claims[Text(name)].map { "the claim `\(name)` is \(ClaimReader.name(of: $0))" }
            }
            help = "compare numbers with numbers, texts with texts, a listed name with its list"
        case .syntax: help = ConditionMistake.advice(for: word)
        }
    }

    /// What a habit of another language is here.
    private static func advice(for word: String) -> String {
        switch word {
        case "and", "&": "write `&&`"
        case "or", "|": "write `||`"
        case "not": "write `!`"
        case "=": "write `==`"
        case "has": "leave `has` out: a claim that is absent is unknown"
        case "size": "write `size(claims.name)`"
        case "?": "write two adjustments, one with `!(…)`"
        default: "a condition reads like `claims.age >= 18 && request.channel == \"ward\"`"
        }
    }

    /// A name with its dots, a number, a text in quotes, or a sign.
    private static func word(at start: Int, in bytes: [UInt8]) -> Range<Int> {
        var start = start
        while start < bytes.count, bytes[start] == 0x20 { start += 1 }
        guard start < bytes.count else { return start..<start }
        var end = start + 1
        if bytes[start] == UInt8(ascii: "\"") || bytes[start] == UInt8(ascii: "'") {
            let close = bytes[end...].firstIndex(of: bytes[start])
            return start..<(close.map { $0 + 1 } ?? bytes.count)
        }
        if isWord(bytes[start]) {
            while end < bytes.count, isWord(bytes[end]) { end += 1 }
        } else {
            while end < bytes.count, bytes[end] & 0xC0 == 0x80 { end += 1 }
        }
        return start..<end
    }

    private static func isWord(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "_") || byte == UInt8(ascii: ".")
    }
}
