internal import CharterEngine

/// Finds the links of a text that point into the charter: `[^tag]` and `](#id)`.
///
/// What stands in code, or behind a backslash, is no link. Linear.
struct LinkReader {
    private let source: SourceText
    private let end: Int
    private var place: Int
    private(set) var links: [CharterDocument.Link] = []

    /// Reads the bytes of `range`: a paragraph, a list, a quotation.
    init(_ source: SourceText, _ range: Range<Int>) {
        self.source = source
        place = range.lowerBound
        end = range.upperBound
        read()
    }

    private mutating func read() {
        var closers = CodeSpans(source, place..<end)
        while place < end {
            switch source.bytes[place] {
            case UInt8(ascii: "\\"): place += 2
            case UInt8(ascii: "`"): place = closers.end(of: place)
            case UInt8(ascii: "["): readTag()
            case UInt8(ascii: "]"): readID()
            default: place += 1
            }
        }
    }

    private mutating func readTag() {
        let start = place
        place += 1
        guard place < end, source.bytes[place] == UInt8(ascii: "^") else { return }
        let name = name(from: place + 1)
        guard !name.isEmpty, name.upperBound < end,
            source.bytes[name.upperBound] == UInt8(ascii: "]")
        else { return }
        place = name.upperBound + 1
        links.append(
            .init(target: .examples(source.text(name)), span: source.span(start..<place)))
    }

    private mutating func readID() {
        place += 1
        guard place + 1 < end, source.bytes[place] == UInt8(ascii: "("),
            source.bytes[place + 1] == UInt8(ascii: "#")
        else { return }
        let name = name(from: place + 2)
        guard !name.isEmpty, name.upperBound < end,
            source.bytes[name.upperBound] == UInt8(ascii: ")")
        else { return }
        links.append(
            .init(
                target: .section(source.text(name)),
                span: source.span((name.lowerBound - 1)..<name.upperBound)))
        place = name.upperBound + 1
    }

    private func name(from start: Int) -> Range<Int> {
        var end = start
        while end < self.end, LinkReader.isName(source.bytes[end]) { end += 1 }
        return start..<end
    }

    private static func isName(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
            || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || byte == 0x5F
            || byte == 0x2D
    }
}

/// The code spans of a text: a run of backticks up to the next run that is as long (CommonMark §6.1).
private struct CodeSpans {
    private let source: SourceText
    private let range: Range<Int>
    /// By length: the starts of the runs that have it, last first.
    private var runs: [Int: [Int]] = [:]

    init(_ source: SourceText, _ range: Range<Int>) {
        self.source = source
        self.range = range
        var place = range.lowerBound
        while let start = source.bytes[place..<range.upperBound].firstIndex(of: UInt8(ascii: "`")) {
            place = end(ofRun: start)
            runs[place - start, default: []].append(start)
        }
        for length in runs.keys { runs[length]?.reverse() }
    }

    /// Behind the span that begins there; behind the backticks alone where it has no end.
    mutating func end(of start: Int) -> Int {
        let behind = end(ofRun: start)
        let length = behind - start
        while let next = runs[length]?.last {
            runs[length]?.removeLast()
            if next >= behind { return next + length }
        }
        return behind
    }

    private func end(ofRun start: Int) -> Int {
        var place = start
        while place < range.upperBound, source.bytes[place] == UInt8(ascii: "`") { place += 1 }
        return place
    }
}
