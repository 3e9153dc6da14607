internal import CharterEngine

/// What is found while one document is read, many things at once.
package struct Findings {
    package let source: SourceText
    package private(set) var diagnostics: [Diagnostic] = []
    /// The most that are told of one document.
    static let most = 200

    package init(_ source: SourceText) {
        self.source = source
    }

    package var hasErrors: Bool { diagnostics.contains { $0.severity == .error } }

    package mutating func add(
        _ id: String, _ severity: Diagnostic.Severity = .error, at range: Range<Int>,
        _ message: String, reason: String? = nil, help: String? = nil
    ) {
        guard diagnostics.count < Findings.most else { return }
        diagnostics.append(
            source.diagnostic(
                id, severity, at: range.lowerBound, length: range.count, message, reason: reason,
                help: help))
    }

    package mutating func add(_ error: YAMLError, area: String) {
        let id = error.kind == .duplicateKey ? "\(area).duplicate-key" : "\(area).syntax"
        add(
            id, at: error.offset..<(error.offset + error.length), error.message,
            reason: error.kind == .duplicateKey ? "of two values one would be lost" : nil,
            help: error.help)
    }
}

/// The nearest of some names to one that there is none of.
package enum NearestName {
    /// `did you mean …`, where a name is near enough; O(names × length²).
    package static func help(for name: String, among names: some Sequence<String>) -> String? {
        let wanted = Array(name.utf8.prefix(64))
        var best: (name: String, distance: Int)?
        for candidate in names {
            let distance = distance(wanted, Array(candidate.utf8.prefix(64)))
            if distance < best?.distance ?? Int.max { best = (candidate, distance) }
        }
        guard let best, best.distance <= max(2, wanted.count / 3) else { return nil }
        return "did you mean `\(best.name)`?"
    }

    /// Edits of one byte, two neighbors exchanged counting once (optimal string alignment).
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        if abs(a.count - b.count) > 8 { return Int.max }
        var before: [Int] = []
        var previous = Array(0...b.count)
        for i in a.indices {
            var row = [i + 1]
            for j in b.indices {
                var cost = min(previous[j] + (a[i] == b[j] ? 0 : 1), previous[j + 1] + 1, row[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { cost = min(cost, before[j - 1] + 1) }
                row.append(cost)
            }
            before = previous
            previous = row
        }
        return previous[b.count]
    }
}
