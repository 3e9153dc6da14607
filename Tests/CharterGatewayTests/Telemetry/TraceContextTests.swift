import CharterGateway
import Testing

@Suite("Trace context")
struct TraceContextTests {
    private static let trace = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00f067aa0ba902b7"

    private func context(_ header: String, state: String? = nil) throws -> TraceContext? {
        let id = try #require(TraceContext.SpanID(1))
        let upstream = try #require(TraceContext.SpanID(0xABC))
        return TraceContext(
            header: header, state: state,
            .init(request: id, input: id, upstream: upstream, output: id))
    }

    @Test("A trace goes on with a span of ours")
    func goesOn() throws {
        let header = "00-\(Self.trace)-\(Self.parent)-01"
        let context = try #require(try context(header, state: "a=1"))
        #expect(context.trace.hex == Self.trace && context.parent?.hex == Self.parent)
        #expect(context.isSampled && context.state == "a=1")
        #expect(context.upstreamHeader == "00-\(Self.trace)-0000000000000abc-01")
        #expect(try self.context("00-\(Self.trace)-\(Self.parent)-00")?.isSampled == false)
        #expect(try self.context("00-\(Self.trace)-\(Self.parent)-02")?.isSampled == false)
    }

    @Test("A later version is read as far as it is known")
    func versions() throws {
        #expect(try context("01-\(Self.trace)-\(Self.parent)-01-what-comes") != nil)
        #expect(try context("01-\(Self.trace)-\(Self.parent)-01.") == nil)
        #expect(try context("ff-\(Self.trace)-\(Self.parent)-01") == nil)
    }

    @Test(
        "Anything else is none",
        arguments: [
            "", "00", "00-\(trace)-\(parent)", "00-\(trace)-\(parent)-1",
            "00-\(trace)-\(parent)-01-",
            "00-\(trace)-\(parent)-0g", "00-\(trace.uppercased())-\(parent)-01",
            "00-00000000000000000000000000000000-\(parent)-01", "00-\(trace)-0000000000000000-01",
            "00_\(trace)_\(parent)_01", " 00-\(trace)-\(parent)-01", "00-\(trace)-\(parent)-01 ",
            "00-+bf92f3577b34da6a3ce929d0e0e4736-\(parent)-01",
        ])
    func malformed(header: String) throws {
        #expect(try context(header) == nil)
    }

    @Test("What other tracers pass along has a length")
    func state() throws {
        let header = "00-\(Self.trace)-\(Self.parent)-01"
        #expect(try context(header, state: String(repeating: "x", count: 513))?.state == nil)
        #expect(try context(header, state: "")?.state == nil)
    }
}
