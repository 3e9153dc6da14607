/// Where a request stands in a trace (W3C Trace Context, level 1).
public struct TraceContext: Hashable, Sendable {
    /// The id of the whole trace; not zero.
    public var trace: TraceID
    /// The span of whoever called; nil: the trace begins here.
    public var parent: SpanID?
    /// The spans that this request may have.
    public var spans: SpanIDs
    /// Whether whoever called records the trace, or nobody has said.
    public var isSampled: Bool
    /// What other tracers pass along, as it came.
    public var state: String?

    /// The spans that a request may have.
    public struct SpanIDs: Hashable, Sendable {
        /// Of the request, of what looks at it, of what is asked of the model's server, and of what looks
        /// at the answer.
        public var request, input, upstream, output: SpanID

        /// These.
        public init(request: SpanID, input: SpanID, upstream: SpanID, output: SpanID) {
            self.request = request
            self.input = input
            self.upstream = upstream
            self.output = output
        }
    }

    /// 16 bytes that are not all zero.
    public struct TraceID: Hashable, Sendable {
        let high: UInt64
        let low: UInt64

        /// Nil where both are zero.
        public init?(high: UInt64, low: UInt64) {
            guard high != 0 || low != 0 else { return nil }
            self.high = high
            self.low = low
        }

        /// 32 lower-case hexadecimal digits.
        public var hex: String { SpanID.hex(high) + SpanID.hex(low) }
    }

    /// 8 bytes that are not all zero.
    public struct SpanID: Hashable, Sendable {
        let bits: UInt64

        /// Nil where it is zero.
        public init?(_ bits: UInt64) {
            guard bits != 0 else { return nil }
            self.bits = bits
        }

        /// 16 lower-case hexadecimal digits.
        public var hex: String { SpanID.hex(bits) }

        static func hex(_ bits: UInt64) -> String {
            let digits = String(bits, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
    }

    /// A trace that begins here.
    public init(trace: TraceID, _ spans: SpanIDs) {
        self.trace = trace
        self.spans = spans
        isSampled = true
    }

    /// The longest `tracestate` that is passed on, in bytes.
    private static let longestState = 512

    /// Goes on with the trace of whoever called.
    ///
    /// - Parameters:
    ///   - header: the field `traceparent`; anything that is not exactly of its form is nil.
    ///   - state: the field `tracestate`; it is left out where it is too long.
    public init?(header: String, state: String?, _ spans: SpanIDs) {
        let bytes = Array(header.utf8)
        // version "-" trace-id "-" parent-id "-" trace-flags; later versions may add more behind a "-".
        guard bytes.count >= 55, [2, 35, 52].allSatisfy({ bytes[$0] == UInt8(ascii: "-") }),
            let version = TraceContext.number(bytes[0..<2]), version != 0xFF,
            version == 0 ? bytes.count == 55 : bytes.count == 55 || bytes[55] == UInt8(ascii: "-"),
            let high = TraceContext.number(bytes[3..<19]),
            let low = TraceContext.number(bytes[19..<35]),
            let trace = TraceID(high: high, low: low),
            let parent = TraceContext.number(bytes[36..<52]).flatMap({ SpanID($0) }),
            let flags = TraceContext.number(bytes[53..<55])
        else { return nil }
        self.trace = trace
        self.parent = parent
        self.spans = spans
        isSampled = flags & 1 == 1
        self.state = state.flatMap {
            $0.isEmpty || $0.utf8.count > TraceContext.longestState ? nil : $0
        }
    }

    /// The field `traceparent` of what is asked of the model's server.
    public var upstreamHeader: String {
        "00-\(trace.hex)-\(spans.upstream.hex)-\(isSampled ? "01" : "00")"
    }

    /// Lower-case hexadecimal digits, as the standard has them; nil for anything else.
    private static func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        var number: UInt64 = 0
        for byte in digits {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                number = number << 4 | UInt64(byte - UInt8(ascii: "0"))
            case UInt8(ascii: "a")...UInt8(ascii: "f"):
                number = number << 4 | UInt64(byte - UInt8(ascii: "a") + 10)
            default: return nil
            }
        }
        return number
    }
}
