/// Kleene's three values (SEMANTICS §5).
public enum Truth: UInt8, Sendable {
    case no, yes, unknown

    init(_ isTrue: Bool) {
        self = isTrue ? .yes : .no
    }
}
