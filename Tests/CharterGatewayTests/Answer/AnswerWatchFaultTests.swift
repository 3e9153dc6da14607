import CharterDocuments
import CharterGateway
import Testing

@Suite("Faults of an upstream in mid-stream")
struct AnswerWatchFaultTests {
    private func code(of bytes: [UInt8], ends: Bool = true) throws -> String? {
        var watched = Watched(["bomb"])
        let delivered = try watched.run([bytes], ends: ends).delivered
        guard case .failed = watched.watch.state else { return nil }
        #expect(!delivered.isDone && delivered.reasons.isEmpty && delivered.faults.isEmpty)
        return delivered.error
    }

    private var begun: [UInt8] {
        var script = StreamScript()
        script.role()
        script.say("half an ans")
        return script.bytes
    }

    @Test("A stream that ends too soon is an error, never half an answer")
    func cutOff() throws {
        #expect(try code(of: []) == "upstream_cut_off")
        #expect(try code(of: begun) == "upstream_cut_off")
        #expect(try code(of: begun + "data: {\"id\":\"c1".utf8) == "upstream_cut_off")
        #expect(try code(of: begun + "data: [DONE]\n\n".utf8) == "upstream_cut_off")
        #expect(try code(of: Array("data: [DONE]\n\n".utf8)) == "upstream_cut_off")
        #expect(try code(of: begun, ends: false) == nil)
    }

    @Test("A finished answer without `[DONE]` is whole, and gets one")
    func withoutDone() throws {
        let whole = StreamScript.saying("hello").bytes
        let done = Array("data: [DONE]\n\n".utf8)
        for tail in ["", "data: [DONE]", "data: [DONE]\n", ": bye\n"] {
            var watched = Watched(["bomb"])
            let result = watched.run([Array(whole.dropLast(done.count)) + tail.utf8])
            #expect(result.output == whole)
            #expect(watched.watch.state == .complete)
        }
    }

    @Test("What comes behind `[DONE]` is not looked at")
    func behindDone() throws {
        let whole = StreamScript.saying("hello").bytes
        var watched = Watched(["bomb"])
        #expect(watched.run([whole + "data: garbage\n\n".utf8]).output == whole)
    }

    @Test(
        "What is no chunk is an error",
        arguments: [
            "garbage", "{", "[]", "{}", "\"x\"", "{\"choices\":{}}", "{\"choices\":[1]}",
            "{\"choices\":[{}]}", "{\"choices\":[{\"index\":-1}]}",
            "{\"choices\":[{\"index\":128}]}",
            "{\"choices\":[{\"index\":\"0\"}]}", "{\"choices\":[{\"index\":0,\"delta\":[]}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{\"content\":5}}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{\"content\":{}}}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{\"role\":{\"x\":\"y\"}}}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":{}}}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"id\":\"x\"}]}}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":{}}]}}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":{}}}]}}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{},\"custom\":{}}]}}]}",
            "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":1}]}",
            "{\"choices\":[{\"index\":0,\"message\":{\"content\":\"x\"}}]}",
            "{\"choices\":[{\"index\":0,\"text\":\"x\"}]}",
            "{\"choices\":[],\"choices\":[]}",
            "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\\ud800\"}}]}",
        ]
    )
    func garbage(_ data: String) throws {
        #expect(try code(of: begun + "data: \(data)\n\n".utf8) == "upstream_malformed")
    }

    @Test("Bytes that are not UTF-8 are an error")
    func notUTF8() throws {
        let event = Array("data: {\"choices\":[],\"x\":\"".utf8) + [0xFF] + Array("\"}\n\n".utf8)
        #expect(try code(of: begun + event) == "upstream_malformed")
    }

    @Test("Text behind the end of an answer is an error, anything else is not")
    func behindTheEnd() throws {
        var script = StreamScript()
        script.role()
        script.end()
        var filtered = script
        filtered.raw("{\"choices\":[{\"index\":0,\"delta\":{},\"content_filter_results\":{}}]}")
        filtered.done()
        var passed = Watched(["bomb"])
        #expect(passed.run(filtered).output == filtered.bytes)
        script.say("more")
        var watched = Watched(["bomb"])
        _ = watched.run(script)
        #expect(watched.watch.state == .failed(try #require(watched.error)))
        #expect(watched.error?.code == "upstream_malformed")
    }

    @Test("An upstream's own error is passed on in the API's form, with or without its event type")
    func upstreamError() throws {
        let error = #"{"error":{"message":"overloaded","type":"t","code":529}}"#
        #expect(try code(of: begun + "data: \(error)\n\n".utf8) == "529")
        #expect(try code(of: begun + "event: error\ndata: \(error)\n\n".utf8) == "529")
        #expect(try code(of: begun + "event: error\ndata: {\"code\":\"x\"}\n\n".utf8) == "x")
        #expect(try code(of: begun + "data: {\"error\":\"broken\"}\n\n".utf8) == "upstream_error")
    }

    @Test("A connection that breaks, or time that is up, is told as what it is")
    func broken() throws {
        var watched = Watched(["bomb"])
        _ = watched.run([begun], ends: false)
        watched.watch.fail(.upstreamTimeout, into: &watched.output)
        #expect(try watched.delivered.error == "upstream_timeout")
        watched.watch.fail(.upstreamCutOff, into: &watched.output)
        #expect(watched.watch.state == .failed(.upstreamTimeout))
    }

    @Test("Comments, empty data and events without choices do no harm")
    func harmless() throws {
        var script = StreamScript()
        script.raw("{\"choices\":[],\"prompt_filter_results\":[{\"x\":\"y\"}]}")
        let rest = StreamScript.saying("hello")
        let noise = Array(": ping\n\ndata:\n\ndata: \n\n:\n\n".utf8)
        var watched = Watched(["bomb"])
        let result = watched.run([noise + script.bytes + noise + rest.bytes])
        #expect(result.output == script.bytes + rest.bytes)
    }

    @Test("Data over several lines arrives over several lines")
    func severalLines() throws {
        let event =
            "data: {\ndata: \"choices\":[{\"index\":0,\ndata: \"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
        let bytes = Array((event + "data: [DONE]\n\n").utf8)
        var watched = Watched(["bomb"])
        #expect(watched.run([bytes]).output == bytes)
    }

    @Test("What an upstream can make the gateway hold is bounded")
    func bounds() throws {
        var endless = Watched(["bomb"], heldLimit: 10_000)
        var script = StreamScript()
        script.role()
        script.say("bo")
        for _ in 0..<200 { script.say("") }
        _ = endless.run(script)
        #expect(endless.error?.code == "upstream_malformed")

        var keys = StreamScript()
        for number in 0..<300 { keys.say("x", as: "key\(number)") }
        var many = Watched(["bomb"])
        _ = many.run(keys)
        #expect(many.error?.code == "upstream_malformed")

        var large = Watched(["bomb"])
        _ = large.run([Array("data: \(String(repeating: "x", count: 1 << 20))".utf8)], ends: false)
        #expect(large.error?.code == "upstream_malformed")
    }

    @Test("Ten thousand small events in a row are watched without being kept")
    func longStream() throws {
        var watched = Watched(["bomb"])
        var script = StreamScript()
        script.say("word ")
        let piece = Array(repeating: script.bytes, count: 100).flatMap(\.self)
        for _ in 0..<100 {
            watched.output = []
            _ = watched.run([piece], ends: false)
        }
        #expect(watched.watch.state == .running)
    }
}

extension Watched {
    var error: APIError? {
        guard case .failed(let error) = watch.state else { return nil }
        return error
    }
}
