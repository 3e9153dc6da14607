internal import CharterEngine

/// What is found while one document is read, many things at once.
package struct Findings {
    package let source: SourceText
    package private(set) var diagnostics: [Diagnostic] = []
    /// Where what was read stands.
    var places = DocumentPlaces()
    /// How many errors, and how many milder ones, are still told.
    private var room = (errors: Findings.most, others: Findings.most)
    private var told: Set<Place> = []

    /// The most errors, and the most milder diagnostics, that are told of one document.
    static let most = 200

    /// What is told once, however many headings or layers come upon it.
    private struct Place: Hashable {
        var id: String
        var offset: Int
    }

    package init(_ source: SourceText) { self.source = source }

    package var hasErrors: Bool { room.errors < Findings.most }

    /// - Parameter help: worked out only where the diagnostic is told: to look for the nearest name
    ///   takes time.
    package mutating func add(
        _ id: String, _ severity: Diagnostic.Severity = .error, at range: Range<Int>,
        _ message: @autoclosure () -> String, reason: String? = nil,
        help: @autoclosure () -> String? = nil
    ) {
        guard severity == .error ? room.errors > 0 : room.others > 0,
            told.insert(Place(id: id, offset: range.lowerBound)).inserted
        else { return }
        if severity == .error { room.errors -= 1 } else { room.others -= 1 }
        diagnostics.append(
            source.diagnostic(
                id, severity, at: range.lowerBound, length: range.count,
                Findings.clipped(message()), reason: reason.map(Findings.clipped),
                help: help().map(Findings.clipped)))
    }

    /// The pairs of a map; what is none is told, but for an empty text where that may be.
    mutating func pairs(
        of node: YAMLNode, _ id: String, _ message: @autoclosure () -> String,
        help: @autoclosure () -> String?, mayBeUnsaid: Bool = true
    ) -> [(key: YAMLNode, value: YAMLNode)] {
        if case .mapping(let pairs) = node.content { return pairs }
        if !mayBeUnsaid || node.scalar != "" || !node.isPlain {
            add(id, at: node.range, message(), help: help())
        }
        return []
    }

    /// The members of a map that may have these keys; any other key is told, and what is no map.
    package mutating func members(
        of node: YAMLNode, _ keys: [String], badValue: String, unknownKey: String
    ) -> [String: YAMLNode] {
        guard case .mapping(let pairs) = node.content else {
            add(badValue, at: node.range, "a map is expected, not \(node.kind)")
            return [:]
        }
        var members: [String: YAMLNode] = [:]
        for (key, value) in pairs {
            let name = key.scalar ?? ""
            guard keys.contains(name) else {
                add(
                    unknownKey, at: key.range, "there is no `\(name)` here",
                    help: NearestName.help(for: name, among: keys)
                        ?? "there are " + keys.map { "`\($0)`" }.joined(separator: ", "))
                continue
            }
            members[name] = value
        }
        return members
    }

    package mutating func add(_ error: YAMLError, area: String) {
        let id = error.kind == .duplicateKey ? "\(area).duplicate-key" : "\(area).syntax"
        add(
            id, at: error.offset..<(error.offset + error.length), error.message,
            reason: error.kind == .duplicateKey ? "of two values one would be lost" : error.reason,
            help: error.help)
    }

    /// A sentence may name what a document says, which may be as long as the document.
    private static func clipped(_ sentence: String) -> String {
        let longest = 400
        guard sentence.utf8.count > longest else { return sentence }
        let bytes = Array(sentence.utf8)
        return String(decoding: JSONText.prefix(bytes[...], longest), as: UTF8.self) + "…"
    }
}
