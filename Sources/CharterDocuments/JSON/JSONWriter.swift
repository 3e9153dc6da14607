/// Writes JSON text, member after member, without a model in between.
public struct JSONWriter: Sendable {
    /// What has been written.
    public private(set) var bytes: [UInt8] = []
    private var needsComma = false

    public init() {}

    /// What has been written, as a string.
    public var text: String { String(decoding: bytes, as: UTF8.self) }

    public mutating func object(_ body: (inout JSONWriter) -> Void) { enclosed("{", "}", body) }

    public mutating func list(_ body: (inout JSONWriter) -> Void) { enclosed("[", "]", body) }

    public mutating func object(_ key: String, _ body: (inout JSONWriter) -> Void) {
        self.key(key)
        object(body)
    }

    public mutating func list(_ key: String, _ body: (inout JSONWriter) -> Void) {
        self.key(key)
        list(body)
    }

    public mutating func member(_ key: String, _ value: String?) {
        self.key(key)
        self.value(value)
    }

    public mutating func member(_ key: String, _ value: Int) {
        self.key(key)
        raw(String(value))
    }

    public mutating func member(_ key: String, _ value: Bool) {
        self.key(key)
        raw(value ? "true" : "false")
    }

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
