import NIOCore
import NIOEmbedded
import NIOHTTP1
import Testing

@testable import CharterServer

/// A connection to a model's server is used again where that is safe, and nowhere else.
@Suite("Connections to a model's server")
struct UpstreamConnectionTests {
    /// Writes down what it is told.
    private final class Receiver: UpstreamReceiver {
        var told: [String] = []

        func upstreamAnswered(_ head: HTTPResponseHead) { told.append("\(head.status.code)") }
        func upstreamSent(_ bytes: ByteBuffer) { told.append(String(buffer: bytes)) }
        func upstreamPaused() {}
        func upstreamEnded() { told.append("end") }
        func upstreamFailed(_ failure: UpstreamFailure) { told.append("\(failure)") }
    }

    /// A connection that has been asked something.
    private struct Asked {
        let target = UpstreamTarget(Settings.Upstream(url: "http://127.0.0.1:1/v1"))
        let channel = EmbeddedChannel()
        let pool: UpstreamPool
        let connection: UpstreamConnection
        let receiver = Receiver()

        init() throws {
            pool = UpstreamPool(channel.eventLoop)
            connection = UpstreamConnection(target.address, pool)
            let pipeline = channel.pipeline.syncOperations
            try pipeline.addHTTPClientHandlers(enableOutboundHeaderValidation: false)
            try pipeline.addHandler(connection)
            try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
            send()
        }

        func send() {
            let head = HTTPRequestHead(
                version: .http1_1, method: .POST, uri: "/", headers: ["content-length": "2"])
            connection.send(head, Array("{}".utf8), of: target, to: receiver)
        }

        func answer(_ text: String) { _ = try? channel.writeInbound(ByteBuffer(string: text)) }

        /// Whether the pool has it for the next request.
        var isKept: Bool { pool.take(target.address) === connection }
    }

    private static let whole = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nHi"

    @Test("A whole answer is told in order, and the connection is used again")
    func again() throws {
        let asked = try Asked()
        for _ in 0..<3 {
            asked.answer(Self.whole)
            #expect(asked.receiver.told == ["200", "Hi", "end"])
            #expect(asked.isKept)
            asked.receiver.told = []
            asked.send()
        }
    }

    @Test(
        "What ends the connection, or cannot be told from what comes next, is not used again",
        arguments: [
            ("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: 0\r\n\r\n", ["200", "end"]),
            ("HTTP/1.0 200 OK\r\ncontent-length: 0\r\n\r\n", ["200", "end"]),
            ("HTTP/1.1 101 Other\r\nupgrade: x\r\n\r\n", ["notAStatus"]),
            ("HTTP/1.1 099 X\r\ncontent-length: 0\r\n\r\n", ["notAStatus"]),
            ("SSH-2.0-OpenSSH\r\n", ["notHTTP"]),
            (
                "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n",
                ["notHTTP"]
            ),
            ("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", ["200", "broken"]),
        ])
    func never(answer: String, told: [String]) throws {
        let asked = try Asked()
        asked.answer(answer)
        #expect(asked.receiver.told == told)
        #expect(!asked.isKept && !asked.channel.isActive)
    }

    @Test("An answer that nobody has asked for ends the connection, and is nobody's")
    func unasked() throws {
        let asked = try Asked()
        asked.answer(Self.whole + Self.whole)
        #expect(asked.receiver.told == ["200", "Hi", "end"])
        asked.answer(Self.whole)
        #expect(asked.receiver.told == ["200", "Hi", "end"])
        #expect(!asked.isKept && !asked.channel.isActive)
    }

    @Test("A connection that breaks fails the one that waits, once")
    func breaks() throws {
        let asked = try Asked()
        asked.answer("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nHalf")
        try asked.channel.close().wait()
        #expect(asked.receiver.told == ["200", "Half", "broken"])
        #expect(!asked.isKept)
    }

    @Test("The rest of an answer that nobody wants is read where it is short")
    func dropped() throws {
        for (rest, isKept) in [(0, true), (4_000, true), (10_000, false)] {
            let asked = try Asked()
            asked.answer("HTTP/1.1 200 OK\r\ncontent-length: \(2 + rest)\r\n\r\nHi")
            asked.connection.drop()
            asked.answer(String(repeating: "x", count: rest))
            #expect(asked.receiver.told.prefix(2) == ["200", "Hi"])
            #expect(asked.receiver.told.count <= 3)
            #expect(asked.isKept == isKept, "\(rest) bytes")
        }
    }

    @Test("An answer that is given up is ended at once, and nobody is told")
    func abandoned() throws {
        let asked = try Asked()
        asked.answer("HTTP/1.1 200 OK\r\ncontent-length: 20\r\n\r\nHalf")
        asked.connection.abandon()
        #expect(asked.receiver.told == ["200", "Half"])
        #expect(!asked.isKept && !asked.channel.isActive)
    }
}
