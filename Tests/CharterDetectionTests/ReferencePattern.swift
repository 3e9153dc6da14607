/// A regex that says by itself, naively, where it matches.
indirect enum ReferencePattern: Sendable, CustomStringConvertible {
    case scalar(Unicode.Scalar)
    case set([Unicode.Scalar])
    /// `.`: any scalar but a line break.
    case any
    case sequence([ReferencePattern])
    case either([ReferencePattern])
    case repeated(ReferencePattern, ClosedRange<Int>)
    case wordBorder
    case textStart
    case textEnd
    case lineStart
    case lineEnd

    /// The regex that it is; letters may come in upper case.
    var description: String {
        switch self {
        case .scalar("\n"): "\\n"
        case .scalar(let scalar): String(scalar)
        case .set(let scalars): "[" + scalars.map { String($0) }.joined() + "]"
        case .any: "."
        case .sequence(let parts): parts.map(\.description).joined()
        case .either(let parts): "(" + parts.map(\.description).joined(separator: "|") + ")"
        case .repeated(let part, let count):
            "(\(part)){\(count.lowerBound),\(count.upperBound)}"
        case .wordBorder: "\\b"
        case .textStart: "^"
        case .textEnd: "$"
        case .lineStart: "(?m:^)"
        case .lineEnd: "(?m:$)"
        }
    }

    /// Where matches that start at `start` end.
    func ends(in text: [Unicode.Scalar], from start: Int) -> Set<Int> {
        switch self {
        case .scalar(let scalar):
            return start < text.count && text[start] == scalar ? [start + 1] : []
        case .set(let scalars):
            return start < text.count && scalars.contains(text[start]) ? [start + 1] : []
        case .any:
            return start < text.count && text[start] != "\n" ? [start + 1] : []
        case .sequence(let parts):
            return parts.reduce([start]) { starts, part in
                Set(starts.flatMap { part.ends(in: text, from: $0) })
            }
        case .either(let parts):
            return Set(parts.flatMap { $0.ends(in: text, from: start) })
        case .repeated(let part, let count):
            var reached: Set = [start]
            var ends: Set<Int> = count.contains(0) ? [start] : []
            for round in 1...count.upperBound {
                reached = Set(reached.flatMap { part.ends(in: text, from: $0) })
                if count.contains(round) { ends.formUnion(reached) }
            }
            return ends
        case .wordBorder:
            let before = start > 0 && Self.isWord(text[start - 1])
            return before != (start < text.count && Self.isWord(text[start])) ? [start] : []
        case .textStart:
            return start == 0 ? [start] : []
        case .textEnd:
            return start == text.count || start == text.count - 1 && text[start] == "\n"
                ? [start] : []
        case .lineStart:
            return start == 0 || text[start - 1] == "\n" ? [start] : []
        case .lineEnd:
            return start == text.count || text[start] == "\n" ? [start] : []
        }
    }

    private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
            || scalar == "_"
    }
}

extension ReferencePattern {
    private static let scalars: [Unicode.Scalar] = [
        "a", "b", "c", "e", "f", "i", "s", " ", "\n", "か", "👍", "\u{1100}", "\u{FFFD}", "/", "1",
    ]

    /// A literal, which stands for itself.
    static func randomLiteral(using generator: inout SeededGenerator) -> ReferencePattern {
        let count = Int.random(in: 1...4, using: &generator)
        return .sequence((0..<count).map { _ in .scalar(generator.pick(scalars)) })
    }

    static func random(depth: Int = 0, using generator: inout SeededGenerator) -> ReferencePattern {
        let parts = (0..<Int.random(in: 1...3, using: &generator)).map { _ in
            part(depth: depth, using: &generator)
        }
        guard depth == 0 else { return .sequence(parts) }
        let first: [ReferencePattern] =
            generator.chance(15)
            ? [generator.pick([.wordBorder, .textStart, .lineStart])] : []
        let last: [ReferencePattern] =
            generator.chance(25) ? [generator.pick([.wordBorder, .textEnd, .lineEnd])] : []
        return .sequence(first + parts + last)
    }

    private static func part(
        depth: Int,
        using generator: inout SeededGenerator
    ) -> ReferencePattern {
        switch Int.random(in: 0..<(depth < 2 ? 10 : 6), using: &generator) {
        case 0: .any
        case 1: .set(Array(scalars[1...].shuffled(using: &generator).prefix(3)))
        case 2...5: .scalar(generator.pick(scalars))
        case 6, 7:
            .either([
                random(depth: depth + 1, using: &generator),
                random(depth: depth + 1, using: &generator),
            ])
        default:
            .repeated(
                random(depth: depth + 1, using: &generator),
                Int.random(in: 0...1, using: &generator)...Int.random(in: 1...4, using: &generator)
            )
        }
    }
}
