import CharterDocuments
import CharterGateway
import Testing

@Suite("Server-sent events")
struct ServerSentEventsTests {
    private func events(_ pieces: [[UInt8]], limit: Int = 1 << 20) throws -> [[String]] {
        var parser = ServerSentEvents(limit: limit)
        var events: [[String]] = []
        for piece in pieces {
            parser.push(piece)
            while let event = try parser.next() {
                events.append(
                    [event.type, event.data, event.id].map { String(decoding: $0, as: UTF8.self) }
                )
            }
        }
        return events
    }

    private static let standardStreams: [(stream: String, events: [[String]])] = [
        ("data: a\n\n", [["", "a", ""]]),
        (
            "data:a\r\n\r\ndata: b\r\rdata:  c\n\n",
            [["", "a", ""], ["", "b", ""], ["", " c", ""]]
        ),
        ("data: YHOO\ndata: +2\ndata: 10\n\n", [["", "YHOO\n+2\n10", ""]]),
        (": a comment\n\n:\n\ndata: x\n: inside\n\n", [["", "x", ""]]),
        ("event: add\ndata: 1\n\ndata: 2\n\n", [["add", "1", ""], ["", "2", ""]]),
        ("event: lost\n\ndata: 2\n\n", [["", "2", ""]]),
        (
            "id: 7\ndata: 1\n\ndata: 2\nid\n\ndata: 3\n\n",
            [["", "1", "7"], ["", "2", ""], ["", "3", ""]]
        ),
        ("data\n\ndata\ndata\n\ndata:\n\n", [["", "", ""], ["", "\n", ""], ["", "", ""]]),
        ("\u{FEFF}data: bom\n\n\u{FEFF}data: late\n\n", [["", "bom", ""]]),
        ("unknown: 1\nDATA: 2\ndata : 3\ndata: é😀\n\n", [["", "é😀", ""]]),
        ("data: a\n\ndata: not ended\n", [["", "a", ""]]),
        ("data: a: b:c\n\n", [["", "a: b:c", ""]]),
    ]

    @Test("A stream is read as the standard says", arguments: standardStreams.indices)
    func examples(_ number: Int) throws {
        let (stream, expected) = Self.standardStreams[number]
        #expect(try events([Array(stream.utf8)]) == expected)
    }

    @Test("How a stream is cut changes nothing", arguments: 0..<20)
    func cuts(batch: Int) throws {
        for seed in batch * 100..<(batch + 1) * 100 {
            var random = Random(seed: seed)
            let whole = (0..<6).flatMap { _ in
                Array(Self.standardStreams[random.below(Self.standardStreams.count)].stream.utf8)
            }
            let pieces = random.cut(whole, longest: 1 + random.below(20))
            #expect(try events(pieces) == events([whole]), "seed \(seed)")
        }
    }

    @Test("The time to wait before a new try is told")
    func retry() throws {
        var parser = ServerSentEvents()
        parser.push(Array("retry: 2500\nretry: soon\n\n".utf8))
        #expect(try parser.next() == nil)
        #expect(parser.retryMilliseconds == 2500)
    }

    @Test("An event that is too large is an error, cut or not, ended or not")
    func tooLarge() throws {
        let streams = [
            "data: \(String(repeating: "x", count: 100))\n\n",
            "data: \(String(repeating: "x", count: 100))",
            ": \(String(repeating: "x", count: 100))",
            String(repeating: "data: x\n", count: 60),
        ]
        for stream in streams {
            let bytes = Array(stream.utf8)
            #expect(throws: ServerSentEvents.TooLarge.self) {
                try events([bytes], limit: 100)
            }
            #expect(throws: ServerSentEvents.TooLarge.self) {
                try events(bytes.map { [$0] }, limit: 100)
            }
        }
        let fits = Array("data: \(String(repeating: "x", count: 94))\n\n".utf8)
        #expect(try events(fits.map { [$0] }, limit: 100).count == 1)
        #expect(try events([fits + fits + fits], limit: 100).count == 3)
    }

    @Test("A long event in single bytes takes time in proportion to its length")
    func singleBytes() throws {
        let bytes = Array("data: \(String(repeating: "x", count: 200_000))\n\n".utf8)
        #expect(try events(bytes.map { [$0] }).count == 1)
    }
}
