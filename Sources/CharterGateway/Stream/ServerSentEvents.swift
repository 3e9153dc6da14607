/// Reads a stream of server-sent events (WHATWG HTML §9.2) from pieces that are cut anywhere, also
/// inside a character or between CR and LF.
///
/// Push a piece, then take `next()` until there is none. What stands behind the last blank line
/// when the stream ends is no event.
public struct ServerSentEvents: Sendable {
    /// One event. Its data is not decoded: whoever reads it as JSON will see whether it is UTF-8.
    public struct Event: Sendable, Equatable {
        /// The `event` field; empty where there is none.
        public var type: [UInt8] = []
        /// The `data` fields, joined by line feeds.
        public var data: [UInt8] = []
        /// Whether there was one `data` field alone, so that the data holds no line feed.
        public var isOneLine = true
        /// The last `id` field of the stream so far.
        public var id: [UInt8] = []
    }

    /// An event is larger than allowed; nothing more can be read.
    public struct TooLarge: Error, Equatable {
        /// The most bytes of an event.
        public let limit: Int
    }

    /// The last `retry` field of the stream so far, in milliseconds.
    public private(set) var retryMilliseconds: Int?

    private static let dataField = Array("data".utf8)[...]
    private static let eventField = Array("event".utf8)[...]
    private static let idField = Array("id".utf8)[...]
    private static let retryField = Array("retry".utf8)[...]

    private let limit: Int
    private var bytes: [UInt8] = []
    private var lineStart = 0
    private var scanned = 0
    private var isFirstLine = true
    private var followsCarriageReturn = false
    private var event = Event()
    private var hasData = false

    /// - Parameter limit: the most bytes of one event, counted as they are held.
    public init(limit: Int = 1 << 20) {
        self.limit = limit
    }

    /// Takes the next bytes of the stream.
    public mutating func push(_ piece: [UInt8]) {
        if lineStart == bytes.count {
            bytes.removeAll(keepingCapacity: true)
        } else {
            bytes.removeFirst(lineStart)
        }
        scanned -= lineStart
        lineStart = 0
        bytes += piece
    }

    /// The next event that is whole.
    public mutating func next() throws(TooLarge) -> Event? {
        while let line = nextLine() {
            if line.isEmpty {
                defer { startEvent() }
                if hasData { return event }
            } else {
                try check(adding: line.count)
                read(line)
            }
        }
        try check(adding: bytes.count - lineStart)
        return nil
    }

    private func check(adding count: Int) throws(TooLarge) {
        if event.type.count + event.data.count + count > limit { throw TooLarge(limit: limit) }
    }

    private mutating func startEvent() {
        event.type.removeAll(keepingCapacity: true)
        event.data = []
        event.isOneLine = true
        hasData = false
    }

    /// The next line that has ended, without its end: CR, LF or both.
    private mutating func nextLine() -> ArraySlice<UInt8>? {
        if followsCarriageReturn, lineStart < bytes.count {
            followsCarriageReturn = false
            if bytes[lineStart] == UInt8(ascii: "\n") {
                lineStart += 1
                scanned = lineStart
            }
        }
        guard let end = lineEnd() else {
            scanned = bytes.count
            return nil
        }
        followsCarriageReturn = bytes[end] == UInt8(ascii: "\r")
        var line = bytes[lineStart..<end]
        lineStart = end + 1
        scanned = lineStart
        if isFirstLine {
            isFirstLine = false
            if line.starts(with: [0xEF, 0xBB, 0xBF]) { line = line.dropFirst(3) }
        }
        return line
    }

    private func lineEnd() -> Int? {
        bytes.withUnsafeBytes { bytes in
            let feed = UInt8(ascii: "\n")
            let carriage = UInt8(ascii: "\r")
            var place = scanned
            while place < bytes.count {
                if place + 8 <= bytes.count,
                    Self.isText(bytes.loadUnaligned(fromByteOffset: place, as: UInt64.self))
                {
                    place += 8
                    continue
                }
                if bytes[place] == feed || bytes[place] == carriage { return place }
                place += 1
            }
            return nil
        }
    }

    /// Whether none of eight bytes is as low as the ends of a line: subtracting borrows into the
    /// highest bit of a byte that is.
    private static func isText(_ word: UInt64) -> Bool {
        let ones: UInt64 = 0x0101_0101_0101_0101
        return (word &- ones &* 0x0E) & ~word & (ones &* 0x80) == 0
    }

    private mutating func read(_ line: ArraySlice<UInt8>) {
        let colon = line.firstIndex(of: UInt8(ascii: ":"))
        let name = line[..<(colon ?? line.endIndex)]
        var value = colon.map { line[($0 + 1)...] } ?? []
        if value.first == UInt8(ascii: " ") { value = value.dropFirst() }
        if name == Self.dataField {
            if hasData {
                event.data.append(UInt8(ascii: "\n"))
                event.isOneLine = false
            }
            event.data += value
            hasData = true
        } else if name == Self.eventField {
            event.type = Array(value)
        } else if name == Self.idField {
            if !value.contains(0) { event.id = Array(value) }
        } else if name == Self.retryField {
            let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
            if value.allSatisfy(digits.contains),
                let number = Int(String(decoding: value, as: UTF8.self))
            {
                retryMilliseconds = number
            }
        }
    }
}
