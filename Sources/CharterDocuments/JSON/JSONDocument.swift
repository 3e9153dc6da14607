internal import CSimdjson

/// A JSON text that has been read whole and found valid, with all its values in document order.
///
/// The outermost value is an object or a list. No object in it has the same key twice: two readers
/// of the same bytes must not see different things.
public final class JSONDocument: Sendable {
    /// The bytes as they came.
    package let source: [UInt8]
    /// Every value, parents before their children.
    let nodes: [charter_json_node]
    /// All strings and keys, without their escapes; valid UTF-8.
    let texts: [UInt8]

    /// Reads a text, in one pass and with one copy.
    ///
    /// - Complexity: linear in the number of bytes; n log n in the keys of one object.
    public init(_ source: [UInt8], limits: JSONLimits = JSONLimits()) throws(JSONError) {
        guard source.count <= min(limits.bytes, 1 << 31) else { throw .tooLarge(limits.bytes) }
        let (reading, nodes, texts) = source.withUnsafeBufferPointer { bytes in
            let reading = charter_json_read(
                bytes.baseAddress, bytes.count, UInt32(clamping: limits.depth),
                UInt32(clamping: limits.values))
            // What the reader lends is gone at its next call on this thread.
            let nodes = Array(UnsafeBufferPointer(start: reading.nodes, count: reading.node_count))
            let texts = Array(UnsafeBufferPointer(start: reading.texts, count: reading.text_count))
            charter_json_release()
            return (reading, nodes, texts)
        }
        if let error = JSONError(reading, limits) { throw error }
        self.source = source
        self.nodes = nodes
        self.texts = texts
    }

    /// The outermost value.
    public var root: JSONValue { JSONValue(document: self, index: 0) }
}

/// How much of a stranger's JSON is read.
public struct JSONLimits: Sendable, Equatable {
    /// The most bytes.
    public var bytes: Int
    /// The most objects and lists inside one another.
    public var depth: Int
    /// The most values, of all kinds; each takes 32 bytes while it is being looked at.
    public var values: Int

    /// 16 MiB, 64 levels and 250,000 values unless told.
    public init(bytes: Int = 16 << 20, depth: Int = 64, values: Int = 250_000) {
        self.bytes = bytes
        self.depth = depth
        self.values = values
    }
}

/// Why a JSON text was not read. It never holds any of the text.
public enum JSONError: Error, Equatable, Sendable {
    /// More bytes than this.
    case tooLarge(Int)
    /// Nested deeper than this.
    case tooDeep(Int)
    /// More values than this.
    case tooManyValues(Int)
    /// Not JSON, from this byte on where that is known.
    case malformed(offset: Int?)
    /// An object names a key twice: the byte of the second, or of the object where it has many.
    case duplicateKey(offset: Int)
    /// Not UTF-8, or half of a surrogate pair.
    case notUTF8

    fileprivate init?(_ reading: charter_json_reading, _ limits: JSONLimits) {
        let offset = Int(reading.offset)
        switch reading.status {
        case CHARTER_JSON_OK: return nil
        case CHARTER_JSON_TOO_DEEP: self = .tooDeep(limits.depth)
        case CHARTER_JSON_TOO_MANY_VALUES: self = .tooManyValues(limits.values)
        case CHARTER_JSON_DUPLICATE_KEY: self = .duplicateKey(offset: offset)
        case CHARTER_JSON_NOT_UTF8: self = .notUTF8
        case CHARTER_JSON_NO_MEMORY: self = .tooLarge(limits.bytes)
        default: self = .malformed(offset: offset < 0 ? nil : offset)
        }
    }
}

extension JSONError: CustomStringConvertible {
    /// One sentence without a full stop, fit to be shown to a caller.
    public var description: String {
        switch self {
        case .tooLarge(let limit): "the JSON has more than \(limit) bytes"
        case .tooDeep(let limit): "the JSON is nested deeper than \(limit) levels"
        case .tooManyValues(let limit): "the JSON has more than \(limit) values"
        case .malformed(let offset?): "the JSON is malformed at byte \(offset)"
        case .malformed(nil): "the JSON is malformed"
        case .duplicateKey(let offset):
            "the JSON names a key twice in one object, at byte \(offset)"
        case .notUTF8: "the JSON is not valid UTF-8"
        }
    }
}
