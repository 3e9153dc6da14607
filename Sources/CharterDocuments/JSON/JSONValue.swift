internal import CSimdjson

/// One value of a document: a view that costs a reference, not a copy.
public struct JSONValue: Sendable {
    package let document: JSONDocument
    package let index: Int

    /// What a value is.
    public enum Kind: Sendable {
        /// As JSON calls them; `list` is its array.
        case object, list, string, number, boolean, null
    }

    private var node: charter_json_node { document.nodes[index] }

    /// What it is, told by its first byte: the document is known to be valid.
    public var kind: Kind {
        switch document.source[Int(node.start)] {
        case UInt8(ascii: "{"): .object
        case UInt8(ascii: "["): .list
        case UInt8(ascii: "\""): .string
        case UInt8(ascii: "t"), UInt8(ascii: "f"): .boolean
        case UInt8(ascii: "n"): .null
        default: .number
        }
    }

    /// Where it stands in the document's bytes.
    package var range: Range<Int> { Int(node.start)..<Int(node.end) }

    /// Its own bytes, exactly as they came.
    public var raw: ArraySlice<UInt8> { document.source[range] }

    /// The key that it stands under, without escapes; empty where it is not a member.
    public var key: ArraySlice<UInt8> { document.texts[Int(node.key)..<Int(node.key_end)] }

    /// A string's text, without escapes, as valid UTF-8.
    public var text: ArraySlice<UInt8>? {
        kind == .string ? document.texts[Int(node.text)..<Int(node.text_end)] : nil
    }

    /// A string.
    public var string: String? { text.map { String(decoding: $0, as: UTF8.self) } }

    /// A boolean.
    public var boolean: Bool? {
        kind == .boolean ? document.source[Int(node.start)] == UInt8(ascii: "t") : nil
    }

    /// A number that is written as a whole one and fits.
    public var integer: Int? {
        kind == .number ? Int(String(decoding: raw, as: UTF8.self)) : nil
    }

    /// Whether it is a `null`, which is not a missing member.
    public var isNull: Bool { kind == .null }

    /// The values inside an object or a list, in order; none in anything else.
    public var children: Children {
        Children(document: document, place: index + 1, end: Int(node.next))
    }

    /// The member of an object that stands under a key.
    public subscript(key: StaticString) -> JSONValue? {
        guard kind == .object else { return nil }
        return children.first { $0.isNamed(key) }
    }

    /// As the subscript, but a `null` is nothing too.
    package func present(_ key: StaticString) -> JSONValue? {
        self[key].flatMap { $0.isNull ? nil : $0 }
    }

    /// Whether it stands under this key.
    package func isNamed(_ name: StaticString) -> Bool {
        let node = node
        return isText(Int(node.key)..<Int(node.key_end), name)
    }

    /// Whether it is this string.
    package func isText(_ other: StaticString) -> Bool {
        let node = node
        return kind == .string && isText(Int(node.text)..<Int(node.text_end), other)
    }

    /// Compares in place: a slice would count a reference for every key that is looked at.
    private func isText(_ range: Range<Int>, _ other: StaticString) -> Bool {
        guard range.count == other.utf8CodeUnitCount else { return false }
        return document.texts.withUnsafeBufferPointer { texts in
            other.withUTF8Buffer { UnsafeBufferPointer(rebasing: texts[range]).elementsEqual($0) }
        }
    }

    /// Every string in it, and every key of the objects in it, in order.
    package var textsInside: [ArraySlice<UInt8>] {
        (index..<Int(node.next)).flatMap { place in
            let value = JSONValue(document: document, index: place)
            let key = place == index ? [] : value.key
            return [key, value.text ?? []].filter { !$0.isEmpty }
        }
    }

    /// The values directly inside another.
    public struct Children: Sequence, IteratorProtocol {
        let document: JSONDocument
        var place: Int
        let end: Int

        /// The next value in document order; nil behind the last.
        public mutating func next() -> JSONValue? {
            guard place < end else { return nil }
            defer { place = Int(document.nodes[place].next) }
            return JSONValue(document: document, index: place)
        }
    }
}
