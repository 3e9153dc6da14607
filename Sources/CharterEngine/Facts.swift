/// The place of a claim in a policy's table of claims.
struct ClaimSlot: Hashable, Sendable {
    let number: Int
}

/// The value of a claim, an attribute or a literal, without its text: 16 bytes that are copied
/// without counting references.
struct Cell: Equatable, Sendable {
    enum Kind: UInt8, Sendable {
        case absent
        /// There, but of another type or outside its list.
        case garbled
        case int, double, bool
        /// The place of a name in its sorted list.
        case name
        /// The place of a text in a table of texts: the request's, or the policy's.
        case text, policyText
    }

    var kind: Kind
    var evidence: Evidence
    var bits: UInt64

    static let absent = Cell(.absent, 0)

    init(_ kind: Kind, _ bits: UInt64, _ evidence: Evidence = .verified) {
        self.kind = kind
        self.bits = bits
        self.evidence = evidence
    }

    /// A claim's value held against its type; a text goes into `texts`.
    init(
        _ value: ClaimValue, _ type: ClaimType, _ evidence: Evidence, textKind: Kind = .text,
        texts: inout [Text]
    ) {
        switch (type, value) {
        case (.int, .int(let value)), (.double, .int(let value)):
            self.init(.int, UInt64(bitPattern: value), evidence)
        case (.double, .double(let value)):
            self.init(value.isFinite ? .double : .garbled, value.bitPattern, evidence)
        case (.bool, .bool(let value)): self.init(.bool, value ? 1 : 0, evidence)
        case (.string, .text(let value)):
            self.init(textKind, UInt64(texts.count), evidence)
            texts.append(value)
        case (.enumerated(let names), .text(let value)):
            if let place = names.firstIndex(of: value) {
                self.init(.name, UInt64(place), evidence)
            } else {
                self.init(.garbled, 0, evidence)
            }
        default: self.init(.garbled, 0, evidence)
        }
    }

    /// −1, 0 or 1 as this number comes before, with or after the other; ints and doubles compare exactly.
    func numberOrder(to other: Cell) -> Int {
        switch (kind, other.kind) {
        case (.int, .int):
            let (a, b) = (Int64(bitPattern: bits), Int64(bitPattern: other.bits))
            return a == b ? 0 : a < b ? -1 : 1
        case (.double, .double):
            let (a, b) = (Double(bitPattern: bits), Double(bitPattern: other.bits))
            return a == b ? 0 : a < b ? -1 : 1
        case (.int, .double):
            return Cell.order(Int64(bitPattern: bits), Double(bitPattern: other.bits))
        case (.double, .int):
            return -Cell.order(Int64(bitPattern: other.bits), Double(bitPattern: bits))
        default: return 0
        }
    }

    private static func order(_ int: Int64, _ double: Double) -> Int {
        if double >= 0x1p63 { return -1 }
        if double < -0x1p63 { return 1 }
        let whole = Int64(double.rounded(.towardZero))
        if int != whole { return int < whole ? -1 : 1 }
        let rest = double - Double(whole)
        return rest == 0 ? 0 : rest > 0 ? -1 : 1
    }
}

/// A request interned for one policy: names have become slots, so that a decision reads no text.
///
/// Made by `Policy.facts(of:)`; may be kept and used again for the same request, and may be made
/// anew in the same storage.
public struct Facts: Sendable {
    /// By claim slot.
    var claims: [Cell] = []
    /// By `Attribute`.
    var attributes: [Cell] = []
    /// The texts that cells of this request name.
    var texts: [Text] = []
    var at: Instant?
    /// The user's roles, as places in the layer, ascending and each once.
    var roles: [UInt16] = []
    /// The roles below 64 again, as bits.
    var roleBits: UInt64 = 0
    /// Whether one of the roles is an administrator's.
    var isAdministrator = false
    /// The channel of the innermost operator that applies.
    var channel = Facts.nowhere
    /// The user, where a channel has an entry for them.
    var member = Facts.nowhere

    /// The place of what there is not.
    static let nowhere = UInt16.max

    /// Storage for the facts of requests.
    public init() {}

    func hasRole(_ place: UInt16) -> Bool {
        place < 64 ? roleBits & (1 << UInt64(place)) != 0 : roles.contains(place)
    }
}
