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

    /// The bytes that are read, a part of a document.
    private let bytes: [UInt8]
    /// The document's offset of each byte of the part.
    private let origin: (Int) -> Int
    private let parser: UnsafeMutablePointer<yaml_parser_t>
    private var nodes = 0
    /// The scalar index and byte offset last looked up: marks count scalars and come in order.
    private var lastMark = (scalar: 0, byte: 0)

    /// - Parameter origin: the document's offset of a byte of `bytes`.
    package init(_ bytes: [UInt8], origin: @escaping (Int) -> Int = { $0 }) {
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

    /// The one document in the text; nil where there is none.
    package mutating func read() throws(YAMLError) -> YAMLNode? {
        let bytes = bytes
        var result: Result<YAMLNode?, YAMLError> = .success(nil)
        bytes.withUnsafeBufferPointer { buffer in
            yaml_parser_set_input_string(parser, buffer.baseAddress, buffer.count)
            do throws(YAMLError) {
                result = .success(try document())
            } catch {
                result = .failure(error)
            }
        }
        return try result.get()
    }

    private mutating func document() throws(YAMLError) -> YAMLNode? {
        _ = try next()  // the stream's start
        guard case .other(let type) = try next(), type == YAML_DOCUMENT_START_EVENT else { return nil }
        let root = try node(try next(), depth: 0)
        _ = try next()  // the document's end
        guard case .other(let type) = try next(), type == YAML_STREAM_END_EVENT else {
            throw error(at: lastMark.byte, "there is a second document here")
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
        case .scalar(let node): return node
        case .sequence(let range), .mapping(let range): start = range
        case .end(let range):
            throw error(at: range.lowerBound, "something is missing here")
        case .other: throw error(at: lastMark.byte, "something is missing here")
        }
        guard depth < YAMLReader.greatestDepth, nodes < YAMLReader.mostNodes else {
            throw YAMLError(
                kind: .syntax, offset: start.lowerBound,
                message: depth < YAMLReader.greatestDepth
                    ? "more than \(YAMLReader.mostNodes) values"
                    : "nested deeper than \(YAMLReader.greatestDepth)")
        }
        if case .sequence = event {
            var elements: [YAMLNode] = []
            while true {
                let next = try next()
                if case .end(let end) = next {
                    return YAMLNode(
                        content: .sequence(elements), range: start.lowerBound..<end.upperBound)
                }
                elements.append(try node(next, depth: depth + 1))
            }
        }
        return try mapping(from: start, depth: depth)
    }

    private mutating func mapping(
        from start: Range<Int>, depth: Int
    ) throws(YAMLError) -> YAMLNode {
        var pairs: [(key: YAMLNode, value: YAMLNode)] = []
        var keys: Set<[UInt8]> = []
        while true {
            let next = try next()
            if case .end(let end) = next {
                return YAMLNode(content: .mapping(pairs), range: start.lowerBound..<end.upperBound)
            }
            let key = try node(next, depth: depth + 1)
            guard let name = key.scalar else {
                throw error(at: key.range.lowerBound, "a key is a scalar, not \(key.kind)")
            }
            guard keys.insert(Array(name.utf8)).inserted else {
                throw YAMLError(
                    kind: .duplicateKey, offset: key.range.lowerBound, length: key.range.count,
                    message: "the key `\(name)` stands here a second time",
                    help: "keep one of the two")
            }
            pairs.append((key, try node(try self.next(), depth: depth + 1)))
        }
    }

    private mutating func next() throws(YAMLError) -> Event {
        var event = yaml_event_t()
        guard yaml_parser_parse(parser, &event) == 1 else {
            let problem = parser.pointee.problem.map { String(cString: $0) } ?? "not YAML"
            let mark = parser.pointee.problem_mark
            throw error(at: mark.index == 0 ? Int(parser.pointee.problem_offset) : offset(mark), problem)
        }
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
            nodes += 1
            return .scalar(
                YAMLNode(
                    content: .scalar(String(decoding: text, as: UTF8.self)),
                    range: documentRange(range), contentStart: isVerbatim ? origin(contentStart) : nil))
        case YAML_SEQUENCE_START_EVENT:
            let start = event.data.sequence_start
            try refuse(anchor: start.anchor, tag: start.tag, range)
            return .sequence(documentRange(range))
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
                message: "anchors are not read here", help: "write the value out where it is used")
        }
        guard tag == nil else {
            throw YAMLError(
                kind: .syntax, offset: origin(range.lowerBound), message: "tags are not read here",
                help: "write the value alone: every scalar is the text that is written")
        }
    }

    private func documentRange(_ range: Range<Int>) -> Range<Int> {
        let start = origin(range.lowerBound)
        return start..<max(start, origin(range.upperBound))
    }

    private func error(at offset: Int, _ message: String) -> YAMLError {
        YAMLError(kind: .syntax, offset: origin(offset), message: message)
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
