internal import CYAML

/// Composes a YAML document from libyaml's events.
///
/// Events, and not composed nodes, because tags, anchors and aliases are refused where they stand,
/// before anything is expanded; because duplicate keys are told at the second; and because depth is
/// bounded without recursion into the library.
package struct YAMLReader: ~Copyable {
    /// The deepest nesting of maps and lists.
    static let greatestDepth = 64
    /// The most nodes.
    static let mostNodes = 200_000
    /// The most keys that are told to stand twice.
    private static let mostDuplicates = 100

    /// The bytes that are read, a part of a document.
    private let bytes: [UInt8]
    /// The document's offset of each byte of the part.
    private let origin: (Int) -> Int
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private var nodes = 0
    /// Keys that stand a second time; the first counts, so that the rest is still read.
    private var duplicates: [YAMLError] = []
    /// The scalar index and byte offset last looked up: marks count scalars and come in order.
    private var lastMark = (scalar: 0, byte: 0)

    /// - Parameter origin: the document's offset of a byte of `bytes`.
    private init(_ bytes: [UInt8], origin: @escaping (Int) -> Int) {
        self.bytes = bytes
        self.origin = origin
        parser = .allocate(capacity: 1)
        yaml_parser_initialize(parser)
        yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING)
    }

    deinit {
        yaml_parser_delete(parser)
        parser.deallocate()
    }

    /// The one document in a part of a text, with what is wrong with it told; nil where there is
    /// none, or none that can be read.
    ///
    /// - Parameter area: `charter` or `layer`.
    package static func read(
        _ bytes: [UInt8], area: String, _ findings: inout Findings,
        origin: @escaping (Int) -> Int = { $0 }
    ) -> YAMLNode? {
        var reader = YAMLReader(bytes, origin: origin)
        defer { for duplicate in reader.duplicates { findings.add(duplicate, area: area) } }
        do throws(YAMLError) { return try reader.read() } catch {
            findings.add(error, area: area)
            return nil
        }
    }

    /// The one document in the text; nil where there is none.
    private mutating func read() throws(YAMLError) -> YAMLNode? {
        let bytes = bytes
        var result: Result<YAMLNode?, YAMLError> = .success(nil)
        bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            do throws(YAMLError) { result = .success(try document()) } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }

    private mutating func document() throws(YAMLError) -> YAMLNode? {
        _ = try next()  // the stream's start
        guard case .other(let type) = try next(), type == YAML_DOCUMENT_START_EVENT else {
            return nil
        }
        let root = try node(try next(), depth: 0)
        _ = try next()  // the document's end
        guard case .other(let type) = try next(), type == YAML_STREAM_END_EVENT else {
            throw error(
                at: lastMark.byte, "there is a second document here",
                help: "keep one document a file, and `---` at its start alone")
        }
        return root
    }

    private enum Event {
        case scalar(YAMLNode)
        case sequence(Range<Int>)
        case mapping(Range<Int>)
        case end(Range<Int>)
        case other(yaml_event_type_t)
    }

    private mutating func node(_ event: Event, depth: Int) throws(YAMLError) -> YAMLNode {
        nodes += 1
        let start: Range<Int>
        switch event {
        case .scalar(let node): start = node.range
        case .sequence(let range), .mapping(let range): start = range
        case .end, .other: throw error(at: lastMark.byte, "something is missing here")
        }
        guard depth < YAMLReader.greatestDepth else {
            throw YAMLError(
                kind: .syntax, offset: start.lowerBound,
                message: "this is nested deeper than \(YAMLReader.greatestDepth)",
                help: "write it flatter")
        }
        guard nodes <= YAMLReader.mostNodes else {
            throw YAMLError(
                kind: .syntax, offset: start.lowerBound,
                message: "there are more than \(YAMLReader.mostNodes) values",
                help: "split the document")
        }
        if case .scalar(let node) = event { return node }
        if case .sequence = event {
            var elements: [YAMLNode] = []
            while true {
                let next = try next()
                if case .end(let end) = next {
                    return YAMLNode(
                        content: .sequence(elements),
                        range: range(from: start, to: end, last: elements.last))
                }
                elements.append(try node(next, depth: depth + 1))
            }
        }
        return try mapping(from: start, depth: depth)
    }

    private mutating func mapping(from start: Range<Int>, depth: Int) throws(YAMLError) -> YAMLNode
    {
        var pairs: [(key: YAMLNode, value: YAMLNode)] = []
        var keys: Set<[UInt8]> = []
        while true {
            let next = try next()
            if case .end(let end) = next {
                return YAMLNode(
                    content: .mapping(pairs),
                    range: range(from: start, to: end, last: pairs.last?.value))
            }
            let key = try node(next, depth: depth + 1)
            guard let name = key.scalar else {
                throw YAMLError(
                    kind: .syntax, offset: key.range.lowerBound, length: key.range.count,
                    message: "a key is a text, not \(key.kind)",
                    help: "put quotes round a key that begins with `[` or `{`")
            }
            let value = try node(try self.next(), depth: depth + 1)
            if keys.insert(Array(name.utf8)).inserted {
                pairs.append((key, value))
            } else if duplicates.count < YAMLReader.mostDuplicates {
                duplicates.append(
                    YAMLError(
                        kind: .duplicateKey, offset: key.range.lowerBound, length: key.range.count,
                        message: "the key `\(name)` stands here a second time",
                        help: "keep one of the two"))
            }
        }
    }

    /// The end of a block has no sign of its own: the library puts it behind blank lines and comments.
    private func range(from start: Range<Int>, to end: Range<Int>, last: YAMLNode?) -> Range<Int> {
        let isBlock = end.isEmpty
        let upper = isBlock ? last?.range.upperBound ?? start.upperBound : end.upperBound
        return start.lowerBound..<max(start.lowerBound, upper)
    }

    private mutating func next() throws(YAMLError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else { throw problem() }
        defer { yaml_event_delete(&event) }
        let range = offset(event.start_mark)..<max(offset(event.start_mark), offset(event.end_mark))
        switch event.type {
        case YAML_ALIAS_EVENT:
            throw YAMLError(
                kind: .syntax, offset: origin(range.lowerBound), length: range.count,
                message: "aliases are not read here", help: "write the value out")
        case YAML_SCALAR_EVENT:
            let scalar = event.data.scalar
            try refuse(anchor: scalar.anchor, tag: scalar.tag, range)
            let text = UnsafeBufferPointer(start: scalar.value, count: scalar.length)
            let isQuoted =
                scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE
                || scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE
            let contentStart = range.lowerBound + (isQuoted ? 1 : 0)
            let isVerbatim =
                contentStart + text.count <= bytes.count
                && bytes[contentStart..<(contentStart + text.count)].elementsEqual(text)
            return .scalar(
                YAMLNode(
                    content: .scalar(String(decoding: text, as: UTF8.self)),
                    range: documentRange(range),
                    contentStart: isVerbatim ? origin(contentStart) : nil,
                    isPlain: scalar.style == YAML_PLAIN_SCALAR_STYLE))
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            try refuse(anchor: start.anchor, tag: start.tag, range)
            return .sequence(documentRange(range))
        case YAML_DOCUMENT_START_EVENT
        where event.data.document_start.tag_directives.start
            != event.data.document_start.tag_directives.end:
            throw error(
                at: range.lowerBound, "tags are not read here", help: "take the `%TAG` line out")
        case YAML_MAPPING_START_EVENT:
            let start = event.data.mapping_start
            try refuse(anchor: start.anchor, tag: start.tag, range)
            return .mapping(documentRange(range))
        case YAML_SEQUENCE_END_EVENT, YAML_MAPPING_END_EVENT: return .end(documentRange(range))
        default: return .other(event.type)
        }
    }

    private func refuse(
        anchor: UnsafeMutablePointer<UInt8>?, tag: UnsafeMutablePointer<UInt8>?, _ range: Range<Int>
    ) throws(YAMLError) {
        guard anchor == nil else {
            throw YAMLError(
                kind: .syntax, offset: origin(range.lowerBound),
                length: wordLength(range.lowerBound),
                message: "anchors are not read here", help: "write the value out where it is used")
        }
        guard tag == nil else {
            throw YAMLError(
                kind: .syntax, offset: origin(range.lowerBound),
                length: wordLength(range.lowerBound),
                message: "tags are not read here",
                help: "write the value alone: every scalar is the text that is written")
        }
    }

    /// The bytes from there to the next space, or to a sign of YAML.
    private func wordLength(_ start: Int) -> Int {
        guard start < bytes.count else { return 1 }
        let rest = bytes[start...].prefix(64)
        let end = rest.dropFirst().firstIndex { $0 <= 0x20 || ":,[]{}".utf8.contains($0) }
        return (end ?? rest.endIndex) - start
    }

    private func documentRange(_ range: Range<Int>) -> Range<Int> {
        let start = origin(range.lowerBound)
        return start..<max(start, origin(range.upperBound))
    }

    private func error(at offset: Int, _ message: String, help: String? = nil) -> YAMLError {
        YAMLError(kind: .syntax, offset: origin(offset), message: message, help: help)
    }

    /// What the library says of a text that is no YAML, and what to do about it.
    private mutating func problem() -> YAMLError {
        let what = parser.pointee.problem.map { String(cString: $0) } ?? "this is not YAML"
        let mark = parser.pointee.problem_mark
        // An error of encoding has no mark, only an offset.
        let place = mark.index == 0 ? Int(parser.pointee.problem_offset) : offset(mark)
        let byte = place < bytes.count ? bytes[place] : nil
        var help: String
        if byte == 0x09 {
            help = "indent with spaces: YAML has no tabs there"
        } else if what.contains("mapping values are not allowed") {
            help = "put quotes round a text that holds `: `, and indent keys of one map alike"
        } else if what.contains("cannot start any token") {
            help = "put quotes round a text that begins with a sign"
        } else if what.contains("did not find expected ',' or") {
            help = "close the `[` or `{`, or put the missing comma in"
        } else if what.contains("scanning a quoted scalar") || what.contains("end of stream") {
            help = "close the quotes"
        } else {
            help =
                "indent keys of one map alike, and put quotes round texts with `: `, `#` or signs"
        }
        var error = error(at: place, what, help: help)
        if byte != 0x09 { error.length = wordLength(place) }
        error.reason = parser.pointee.context.map { String(cString: $0) }
        return error
    }

    /// The byte at a mark, which counts scalars.
    private mutating func offset(_ mark: yaml_mark_t) -> Int {
        let index = Int(mark.index)
        if index < lastMark.scalar { lastMark = (0, 0) }
        var (scalar, byte) = lastMark
        while scalar < index, byte < bytes.count {
            byte += 1
            while byte < bytes.count, bytes[byte] & 0xC0 == 0x80 { byte += 1 }
            scalar += 1
        }
        lastMark = (scalar, byte)
        return byte
    }
}
