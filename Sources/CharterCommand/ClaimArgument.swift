import CharterDocuments
import CharterEngine

/// A claim on the command line: `age=34`, `age=34:verified`.
struct ClaimArgument {
    let name: Text
    let claim: Claim

    /// A claim that neither charter nor layers declare would have no effect, so that it is a slip.
    init(parsing argument: String, declared: [Text: ClaimType]) throws(UsageError) {
        let parts = argument.split(separator: "=", maxSplits: 1).map(String.init)
        guard parts.count == 2, !argument.hasPrefix("=") else {
            throw UsageError("--claim: write `NAME=VALUE`, or `NAME=VALUE:EVIDENCE`")
        }
        name = Text(parts[0])
        guard let type = declared[name] else {
            let help = NearestName.help(for: parts[0], among: declared.keys.map(\.string).sorted())
            throw UsageError(
                "--claim: neither the charter nor a layer declares the claim `\(parts[0])`"
                    + (help.map { "; \($0)" } ?? ""))
        }
        var value = parts[1]
        var evidence = Evidence.asserted
        if let colon = value.lastIndex(of: ":"),
            let named = Evidence(named: String(value[value.index(after: colon)...]))
        {
            evidence = named
            value = String(value[..<colon])
        }
        guard let typed = type.value(parsing: value) else {
            throw UsageError("--claim: `\(parts[0])` is \(type.words), which `\(value)` is not")
        }
        claim = Claim(typed, evidence)
    }
}

extension ClaimType {
    /// The value that a text is for this type; nil where it is none.
    fileprivate func value(parsing text: String) -> ClaimValue? {
        switch self {
        case .int: Int64(text).map { .int($0) }
        case .double:
            Double(text).flatMap { number in
                guard number.isFinite else { return nil }
                return Int64(exactly: number).map { .int($0) } ?? .double(number)
            }
        case .bool: Bool(text).map { .bool($0) }
        case .string: .text(Text(text))
        case .enumerated(let names): names.contains(Text(text)) ? .text(Text(text)) : nil
        }
    }

    fileprivate var words: String {
        switch self {
        case .int: "a whole number"
        case .double: "a number"
        case .bool: "`true` or `false`"
        case .string: "a text"
        case .enumerated(let names):
            "one of " + names.map { "`\($0.string)`" }.joined(separator: ", ")
        }
    }
}
