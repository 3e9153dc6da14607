/// Writes JSON text, member after member, without a model in between.
public struct JSONWriter: Sendable {
    /// What has been written.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    /// A writer that has written nothing.
    public init() {}

    /// What has been written, as a string.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    /// A value: an object of the members that `body` writes.
    public mutating func object(_ body: (inout JSONWriter) -> Void) { enclosed("{", "}", body) }

    /// A value: a list of the values that `body` writes.
    public mutating func list(_ body: (inout JSONWriter) -> Void) { enclosed("[", "]", body) }

    /// A member that is an object.
    public mutating func object(_ key: String, _ body: (inout JSONWriter) -> Void) {
        self.key(key)
        object(body)
    }

    /// A member that is a list.
    public mutating func list(_ key: String, _ body: (inout JSONWriter) -> Void) {
        self.key(key)
        list(body)
    }

    /// A member that is a string, or `null` where there is none.
    public mutating func member(_ key: String, _ value: String?) {
        self.key(key)
        self.value(value)
    }

    /// A member that is a whole number.
    public mutating func member(_ key: String, _ value: Int) {
        self.key(key)
        raw(String(value))
    }

    /// A member that is a boolean.
    public mutating func member(_ key: String, _ value: Bool) {
        self.key(key)
        raw(value ? "true" : "false")
    }

    /// A value: a string with its escapes, or `null` where there is none.
    public mutating func value(_ value: String?) {
        guard let value else { return raw("null") }
        separate()
        JSONText.append(value, to: &bytes)
        needsComma = true
    }

    /// A value that is JSON already.
    public mutating func raw(_ json: String) {
        separate()
        bytes += json.utf8
        needsComma = true
    }

    /// Begins a member of an object: the next value is its own. Duplicates are not looked for.
    public mutating func key(_ key: String) {
        separate()
        JSONText.append(key, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        needsComma = false
    }

    private mutating func enclosed(
        _ open: Unicode.Scalar, _ close: Unicode.Scalar, _ body: (inout JSONWriter) -> Void
    ) {
        separate()
        bytes.append(UInt8(ascii: open))
        needsComma = false
        body(&self)
        bytes.append(UInt8(ascii: close))
        needsComma = true
    }

    private mutating func separate() {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
    }
}
