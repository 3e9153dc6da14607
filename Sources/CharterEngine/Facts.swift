/// The place of a claim in a policy's table of claims.
struct ClaimSlot: Hashable, Sendable {
    let number: Int
}

/// The value of a claim that has its declared type.
enum TypedValue: Hashable, Sendable {
    case int(Int64)
    case double(Double)
    case bool(Bool)
    case text(Text)
    /// The place of a name in its sorted list.
    case name(UInt32)

    /// Holds a value against a type; nil where it is of another type or outside its list. What is no
    /// finite number is none: no JSON has it, and it would order itself before and after anything.
    init?(_ value: ClaimValue, _ type: ClaimType) {
        switch (type, value) {
        case (.int, .int(let value)), (.double, .int(let value)): self = .int(value)
        case (.double, .double(let value)) where value.isFinite: self = .double(value)
        case (.bool, .bool(let value)): self = .bool(value)
        case (.string, .text(let value)): self = .text(value)
        case (.enumerated(let names), .text(let value)):
            guard let place = names.firstIndex(of: value) else { return nil }
            self = .name(UInt32(clamping: place))
        default: return nil
        }
    }

    /// −1, 0 or 1 as this number comes before, with or after the other; ints and doubles compare exactly.
    func numberOrder(to other: TypedValue) -> Int {
        switch (self, other) {
        case (.int(let a), .int(let b)): a == b ? 0 : a < b ? -1 : 1
        case (.double(let a), .double(let b)): a == b ? 0 : a < b ? -1 : 1
        case (.int(let a), .double(let b)): TypedValue.order(a, b)
        case (.double(let a), .int(let b)): -TypedValue.order(b, a)
        default: 0
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
/// Made by `Policy.facts(of:)`; may be kept and used again for the same request.
public struct Facts: Sendable {
    /// A claim of the request, held against its type.
    struct Cell: Sendable {
        /// Nil where the request's value is of another type or outside its list.
        var value: TypedValue?
        var evidence: Evidence
    }

    /// By claim slot; nil where the request does not have the claim.
    var claims: [Cell?] = []
    var channel: Text?
    var surface: Text?
    var model: Text?
    var language: Text?
    var at: Instant?
    /// The user's roles, as places in the layer, ascending and each once.
    var roles: [Int] = []
    /// The channel of the innermost operator that applies.
    var channelPlace: Int?
    var user: Text?

    func text(of attribute: Attribute) -> Text? {
        switch attribute {
        case .channel: channel
        case .surface: surface
        case .model: model
        case .language: language
        }
    }

    /// What an adjustment knows of a claim; nil: unknown.
    func value(of claim: ConditionProgram.ClaimOperand, believing: Bool) -> TypedValue? {
        if let cell = claims[claim.slot.number] {
            return believing || cell.evidence >= claim.need ? cell.value : nil
        }
        return believing || .vouched >= claim.need ? claim.assumed : nil
    }

    /// Whether a claim is there and well-typed, but not shown well enough.
    func fallsShort(_ claim: ConditionProgram.ClaimOperand) -> Bool {
        if let cell = claims[claim.slot.number] {
            return cell.value != nil && cell.evidence < claim.need
        }
        return claim.assumed != nil && .vouched < claim.need
    }
}
