internal import CharterEngine

/// Reads the block of an example: messages, comparisons, and what stands between them.
///
/// A tag counts where a line begins with it, and a closing one also where a line ends with it: so
/// code in a message is text. Linear: what has no end is looked for once.
struct ExampleReader {
    private let source: SourceText
    private var place: Int
    private let end: Int
    private(set) var turns: [Example.Turn] = []
    /// What is odd about the example.
    private(set) var slips: [Slip] = []
    /// Roles of which no closing tag follows, and roles whose tags do not pair off.
    private var unclosed: Set<Example.Role> = []
    private var unpaired: Set<Example.Role> = []
    /// The next `-->` that was found; the end where there is none.
    private var commentEnd = 0

    /// The most bytes of the comment that grades an answer.
    private static let longestComment = 4_096

    struct Slip: Sendable {
        var range: Range<Int>
        var message: String
    }

    private struct Tag {
        var name: String
        var attributes: [Example.Attribute]
        var range: Range<Int>
    }

    /// Reads the bytes of `range`, the content of a block.
    init(_ source: SourceText, _ range: Range<Int>) {
        self.source = source
        place = range.lowerBound
        end = range.upperBound
        while skipToContent() { readTurn() }
    }

    // MARK: Turns

    private mutating func readTurn() {
        if let tag = openTag(at: place) {
            if let role = Example.Role(rawValue: tag.name) {
                turns.append(.message(readMessage(tag, role).message))
                return
            }
            if tag.name == "comparison" { return readComparison(tag) }
        }
        let passage = source.trimmed(place..<lineEnd(place))
        place = lineEnd(place)
        turns.append(.passage(.init(text: source.text(passage), span: source.span(passage))))
    }

    private mutating func readComparison(_ tag: Tag) {
        place = tag.range.upperBound
        var answers: [Example.Answer] = []
        while skipToContent() {
            if let close = closingTag("comparison", at: place) {
                place = close
                append(answers, tag.range.lowerBound..<close)
                return
            }
            guard let inner = openTag(at: place), let role = Example.Role(rawValue: inner.name)
            else {
                slips.append(
                    Slip(
                        range: source.trimmed(place..<lineEnd(place)), message: "this is no answer")
                )
                place = lineEnd(place)
                continue
            }
            let (message, comment) = readMessage(inner, role)
            if role == .assistant, comment != nil || !continues(answers.last) {
                answers.append(answer(message, comment))
            } else if answers.isEmpty {
                slips.append(
                    Slip(range: inner.range, message: "a comparison begins with an answer"))
                turns.append(.message(message))
            } else {
                let last = answers.count - 1
                answers[last].messages.append(message)
                answers[last].span = source.span(
                    answers[last].span.range.lowerBound..<message.span.range.upperBound)
            }
        }
        slips.append(Slip(range: tag.range, message: "the comparison has no end"))
        append(answers, tag.range.lowerBound..<place)
    }

    private mutating func append(_ answers: [Example.Answer], _ range: Range<Int>) {
        turns.append(.comparison(.init(answers: answers, span: source.span(range))))
    }

    /// Whether an assistant's message without a grade goes on with the answer before it.
    private func continues(_ answer: Example.Answer?) -> Bool {
        guard let last = answer?.messages.last else { return false }
        return last.role != .assistant || last.attributes.contains { $0.name == "recipient" }
    }

    private func answer(_ message: Example.Message, _ comment: String?) -> Example.Answer {
        var answer = Example.Answer(
            grade: nil, breaks: nil, remark: nil, messages: [message], span: message.span)
        guard var rest = comment?.trimmingSpace[...] else { return answer }
        let word = rest.prefix { $0.isLetter }
        if let grade = Example.Grade(rawValue: String(word)) {
            answer.grade = grade
            rest = rest.dropFirst(word.count)
            if rest.hasPrefix("[#"), let close = rest.firstIndex(of: "]") {
                answer.breaks = String(rest[..<close].dropFirst(2))
                rest = rest[rest.index(after: close)...]
            }
            if let mark = rest.first, ":,".contains(mark) { rest = rest.dropFirst() }
        }
        let remark = String(rest).trimmingSpace
        answer.remark = remark.isEmpty ? nil : remark
        return answer
    }

    // MARK: Messages

    private mutating func readMessage(
        _ tag: Tag, _ role: Example.Role
    ) -> (message: Example.Message, comment: String?) {
        var start = tag.range.upperBound
        let comment = comment(behind: start)
        if let comment { start = comment.upperBound }
        let (textEnd, close) = contentEnd(of: role, tag, from: start)
        place = close
        let text = source.trimmed(start..<textEnd)
        let message = Example.Message(
            role: role, attributes: tag.attributes, text: source.text(text),
            span: source.span(tag.range.lowerBound..<close), textSpan: source.span(text),
            elements: elements(in: text))
        return (message, comment.map { source.text($0.dropFirst(4).dropLast(3)) })
    }

    /// The comment on the line of a tag, or from there on, with its marks.
    private mutating func comment(behind start: Int) -> Range<Int>? {
        let open = skippingBlanks(start)
        guard open + 4 <= end, source.bytes[open..<end].starts(with: "<!--".utf8) else {
            return nil
        }
        if commentEnd < open + 4 { commentEnd = nextCommentEnd(from: open + 4) }
        guard commentEnd + 3 <= end, commentEnd - open <= ExampleReader.longestComment else {
            return nil
        }
        return open..<(commentEnd + 3)
    }

    private func nextCommentEnd(from start: Int) -> Int {
        var place = start
        while let dash = source.bytes[place..<end].firstIndex(of: UInt8(ascii: "-")) {
            if source.bytes[dash..<end].starts(with: "-->".utf8) { return dash }
            place = dash + 1
        }
        return end
    }

    /// Where a message's text ends, and where its closing tag does.
    private mutating func contentEnd(of role: Example.Role, _ tag: Tag, from start: Int) -> (
        text: Int, close: Int
    ) {
        if !unpaired.contains(role) {
            if let found = closing(role.rawValue, from: start, countsNested: true) { return found }
            unpaired.insert(role)
        }
        if !unclosed.contains(role) {
            if let found = closing(role.rawValue, from: start, countsNested: false) { return found }
            unclosed.insert(role)
        }
        let next = nextTag(from: start)
        slips.append(Slip(range: tag.range, message: "the `<\(role.rawValue)>` has no end"))
        return (next, next)
    }

    private func closing(
        _ name: String, from start: Int, countsNested: Bool
    ) -> (text: Int, close: Int)? {
        var depth = 1
        var line = start
        while line < end {
            let lineEnd = lineEnd(line)
            let first = skippingPrefix(line)
            if let close = closingTag(name, at: first) {
                depth -= countsNested ? 1 : depth
                if depth == 0 { return (line, close) }
            } else {
                if countsNested, line > start, openTag(at: first)?.name == name { depth += 1 }
                let text = source.trimmed(line..<lineEnd)
                let tag = text.upperBound - name.utf8.count - 3
                if tag > first, let close = closingTag(name, at: tag) {
                    depth -= countsNested ? 1 : depth
                    if depth == 0 { return (tag, close) }
                }
            }
            line = nextLine(lineEnd)
        }
        return nil
    }

    /// The next line that begins with a tag of an example; the end where there is none.
    private func nextTag(from start: Int) -> Int {
        var line = nextLine(lineEnd(start))
        while line < end {
            let first = skippingPrefix(line)
            if closingTag("comparison", at: first) != nil { return line }
            if let name = openTag(at: first)?.name,
                name == "comparison" || Example.Role(rawValue: name) != nil
            {
                return line
            }
            line = nextLine(lineEnd(line))
        }
        return end
    }

    /// Tags that stand alone on a line, each with the nearest closing one that does.
    private func elements(in text: Range<Int>) -> [Example.Element] {
        var open: [String: [Range<Int>]] = [:]
        var elements: [Example.Element] = []
        var line = text.lowerBound
        while line < text.upperBound {
            let range = source.trimmed(line..<min(lineEnd(line), text.upperBound))
            if let tag = openTag(at: range.lowerBound), tag.range == range {
                open[tag.name, default: []].append(range)
            } else if range.count > 3, source.bytes[range.lowerBound..<end].starts(with: "</".utf8)
            {
                let name = source.text((range.lowerBound + 2)..<(range.upperBound - 1))
                if closingTag(name, at: range.lowerBound) == range.upperBound,
                    let start = open[name]?.popLast()
                {
                    let inner = source.trimmed(start.upperBound..<range.lowerBound)
                    elements.append(
                        .init(
                            name: name, text: source.text(inner),
                            span: source.span(start.lowerBound..<range.upperBound)))
                }
            }
            line = nextLine(lineEnd(line))
        }
        return elements.sorted { $0.span.position < $1.span.position }
    }

    // MARK: Tags

    /// A complete opening tag that begins there and ends on its line.
    private func openTag(at start: Int) -> Tag? {
        guard start < end, source.bytes[start] == UInt8(ascii: "<") else { return nil }
        let limit = lineEnd(start)
        var place = start + 1
        let name = word(&place, limit)
        guard !name.isEmpty else { return nil }
        var attributes: [Example.Attribute] = []
        while true {
            place = skippingBlanks(place)
            guard place < limit else { return nil }
            if source.bytes[place] == UInt8(ascii: ">") {
                return Tag(name: name, attributes: attributes, range: start..<(place + 1))
            }
            let key = word(&place, limit)
            guard !key.isEmpty, place < limit, source.bytes[place] == UInt8(ascii: "=") else {
                return nil
            }
            place += 1
            guard place < limit,
                [UInt8(ascii: "\""), UInt8(ascii: "'")].contains(source.bytes[place]),
                let close = source.bytes[(place + 1)..<limit].firstIndex(of: source.bytes[place])
            else { return nil }
            attributes.append(.init(name: key, value: source.text((place + 1)..<close)))
            place = close + 1
        }
    }

    private func word(_ place: inout Int, _ limit: Int) -> String {
        let start = place
        while place < limit {
            let byte = source.bytes[place]
            let isLetter = (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            let isOther =
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == 0x5F
                || byte == 0x2D
            guard isLetter || (isOther && place > start) else { break }
            place += 1
        }
        return source.text(start..<place)
    }

    /// The end of `</name>`, where it stands there.
    private func closingTag(_ name: String, at start: Int) -> Int? {
        let count = name.utf8.count + 3
        guard start >= 0, start + count <= end else { return nil }
        let bytes = source.bytes[start..<(start + count)]
        guard bytes.starts(with: "</".utf8), bytes.last == UInt8(ascii: ">"),
            bytes.dropFirst(2).dropLast().elementsEqual(name.utf8)
        else { return nil }
        return start + count
    }

    // MARK: Lines

    /// Goes to the next thing between messages; false where there is none.
    private mutating func skipToContent() -> Bool {
        while place < end {
            place = skippingPrefix(place)
            guard place < end else { return false }
            let byte = source.bytes[place]
            guard byte == 0x0A || byte == 0x0D else { return true }
            place += 1
        }
        return false
    }

    /// Behind spaces, and behind a stray `*` before a tag, which two published releases have.
    private func skippingPrefix(_ start: Int) -> Int {
        let place = skippingBlanks(start)
        if place + 1 < end, source.bytes[place] == UInt8(ascii: "*"),
            source.bytes[place + 1] == UInt8(ascii: "<")
        {
            return place + 1
        }
        return place
    }

    private func skippingBlanks(_ start: Int) -> Int {
        var place = start
        while place < end, source.bytes[place] == 0x20 || source.bytes[place] == 0x09 { place += 1 }
        return place
    }

    /// The end of a line, before its line end.
    private func lineEnd(_ start: Int) -> Int {
        var place = start
        while place < end, source.bytes[place] != 0x0A, source.bytes[place] != 0x0D { place += 1 }
        return place
    }

    /// The start of the line behind one that ends there.
    private func nextLine(_ lineEnd: Int) -> Int {
        guard lineEnd < end else { return end }
        let isPair =
            source.bytes[lineEnd] == 0x0D && lineEnd + 1 < end && source.bytes[lineEnd + 1] == 0x0A
        return lineEnd + (isPair ? 2 : 1)
    }
}
