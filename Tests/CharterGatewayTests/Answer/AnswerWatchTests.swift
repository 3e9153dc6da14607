import CharterDocuments
import CharterGateway
import Foundation
import Testing

/// A watch for literals, run over a whole stream.
struct Watched {
    var watch: AnswerWatch<LiteralWatcher>
    var output: [UInt8] = []

    init(_ literals: [String], choices: Int = 1, heldLimit: Int = 1 << 20) {
        watch = AnswerWatch(choices: choices, heldLimit: heldLimit) { _, _ in
            LiteralWatcher(literals)
        } explanation: { stop in
            "[\(stop.violation)]"
        }
    }

    mutating func run(_ pieces: [[UInt8]], ends: Bool = true) -> Self {
        for piece in pieces { watch.push(piece, into: &output) }
        if ends { watch.finish(into: &output) }
        return self
    }

    mutating func run(_ script: StreamScript) -> Self { run([script.bytes]) }

    var delivered: Delivered { get throws { try Delivered(output) } }

    var stops: [String] { watch.stops.map { "\($0.choice) \($0.part) \($0.violation)" } }
}

@Suite("The watch over a streamed answer")
struct AnswerWatchTests {
    @Test("What is not stopped arrives byte for byte")
    func passesOn() {
        var script = StreamScript()
        script.role()
        script.raw(script.event(#""content":"Hel" , "x":[1]"#, more: #","x_y":{"z":"é"}"#))
        script.say("lo")
        script.raw(script.event(#""content":"","function_call":null,"tool_calls":null"#))
        script.call(0, "f", "")
        script.call(0, nil, "{}")
        script.end("tool_calls")
        script.usage()
        script.done()
        var watched = Watched(["bomb"])
        #expect(watched.run(script).output == script.bytes)
        #expect(watched.watch.state == .complete)
        #expect(watched.stops.isEmpty)
    }

    @Test("Text goes on as soon as it is cleared, and no sooner")
    func heldBack() throws {
        var watched = Watched(["bomb"])
        var script = StreamScript()
        script.role()
        script.say("make")
        #expect(try watched.run([script.bytes], ends: false).delivered.text(0, "content") == "")
        var next = StreamScript()
        next.say(" a b")
        #expect(try watched.run([next.bytes], ends: false).delivered.text(0, "content") == "make")
        var last = StreamScript()
        last.end()
        #expect(
            try watched.run([last.bytes], ends: false).delivered.text(0, "content") == "make a b"
        )
    }

    @Test(
        "Exactly what stands before a violation is delivered, and why it ends",
        arguments: [
            ["make a bomb now"], ["make a bo", "mb now"], ["make a ", "bomb", " now"],
            ["make a b", "o", "m", "b", " now"], ["m", "ake a b", "omb now"],
        ]
    )
    func stops(pieces: [String]) throws {
        var script = StreamScript()
        script.role()
        for piece in pieces { script.say(piece) }
        script.end()
        script.done()
        var watched = Watched(["bomb"])
        let delivered = try watched.run(script).delivered
        #expect(delivered.text(0, "content") == "make a ")
        #expect(delivered.text(0, "refusal") == "[bomb]")
        #expect(delivered.reasons == [0: "content_filter"])
        #expect(delivered.isDone && delivered.faults.isEmpty)
        #expect(watched.stops == ["0 content bomb"])
        #expect(!watched.watch.needsUpstream)
    }

    @Test("A shortened event keeps what it is known by, and nothing that may repeat its text")
    func shortened() throws {
        var script = StreamScript()
        script.raw(
            #"{"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","n":1.5,"#
                + #""system_fingerprint":"fp","__verbose":{"content":"a bomb"},"usage":null,"#
                + #""choices":[{"index":0,"delta":{"role":"assistant","content":"a bomb"},"#
                + #""logprobs":{"content":[{"token":"bomb"}]},"token_ids":[1,2],"#
                + #""finish_reason":null}]}"#
        )
        var watched = Watched(["bomb"])
        let text = String(decoding: watched.run(script).output, as: UTF8.self)
        let head =
            #"data: {"id":"c1","object":"chat.completion.chunk","created":7,"model":"m","n":1.5,"#
            + #""system_fingerprint":"fp","usage":null,"choices":[{"index":0,"delta":{"#
        let tail = #"},"logprobs":null,"finish_reason":"#
        #expect(
            text == head + #""role":"assistant","content":"a ""# + tail + "null}]}\n\n" + head
                + #""refusal":"[bomb]""# + tail + "null}]}\n\n" + head + tail
                + "\"content_filter\"}]}\n\n" + "data: [DONE]\n\n"
        )
    }

    @Test(
        "Each text of an answer is watched by itself",
        arguments: [
            "content", "refusal", "reasoning_content", "vendor_text",
        ]
    )
    func everyString(key: String) throws {
        var script = StreamScript()
        script.role()
        script.say("one bo", as: key)
        script.say("harm", as: "other")
        script.say("mb two", as: key)
        script.end()
        script.done()
        var watched = Watched(["bomb"])
        let delivered = try watched.run(script).delivered
        let explained = key == "refusal" ? "one \n\n[bomb]" : "one "
        #expect(delivered.text(0, key) == explained)
        #expect(delivered.text(0, "other") == "harm")
        #expect(delivered.reasons == [0: "content_filter"])
    }

    @Test("Strings deep inside of what is not known are watched over all events")
    func deepStrings() throws {
        var script = StreamScript()
        script.role()
        script.raw(script.event(#""details":[{"type":"t","text":"one bo"}]"#))
        script.raw(script.event(#""details":[{"type":"t","text":"mb two"}]"#))
        script.end()
        script.done()
        var watched = Watched(["bomb"])
        let result = watched.run(script)
        #expect(!String(decoding: result.output, as: UTF8.self).contains("mb two"))
        #expect(try result.delivered.reasons == [0: "content_filter"])
        var keys = StreamScript()
        keys.raw(keys.event(#""details":{"bomb":1}"#))
        var watchedKeys = Watched(["bomb"])
        #expect(try watchedKeys.run(keys).delivered.reasons == [0: "content_filter"])
    }

    @Test("An event that is taken apart loses nothing of what it holds besides")
    func takenApart() throws {
        var script = StreamScript()
        script.raw(
            script.event(
                #""role":"assistant","x":1.50,"content":"a","ids":[ 7],"reasoning_content":"b""#,
                more: #","vendor":{"y":"z"}"#))
        script.end()
        script.done()
        var watched = Watched(["bomb"])
        let result = watched.run(script)
        let text = String(decoding: result.output, as: UTF8.self)
        #expect(text.contains(#""delta":{"role":"assistant","x":1.50}"#))
        let rest = #"{"reasoning_content":"b","ids":[ 7]},"logprobs":null,"finish_reason":null}],"#
        #expect(text.contains(rest + #""vendor":{"y":"z"}}"#))
        #expect(try result.delivered.text(0, "content") == "a")
        #expect(try result.delivered.faults.isEmpty)
    }

    @Test("What stands beside a stopped text does not tell it either")
    func nothingBeside() throws {
        var script = StreamScript()
        script.raw(
            #"{"id":"c1","choices":[{"index":0,"delta":{"role":"assistant","content":"fine","#
                + #""ids":[1],"reasoning_content":"a bomb"},"token_ids":[1],"echo":"bomb"}],"#
                + #""echo":["bomb"]}"#)
        var watched = Watched(["bomb"])
        let result = watched.run(script)
        let text = String(decoding: result.output, as: UTF8.self)
        #expect(text.components(separatedBy: "bomb").count == 2)
        #expect(text.contains(#""refusal":"[bomb]""#) && !text.contains("ids"))
        #expect(try result.delivered.text(0, "content") == "fine")
        #expect(try result.delivered.text(0, "reasoning_content") == "a ")
    }

    @Test(
        "A call is watched whatever its kind, in all that it holds",
        arguments: [
            #""custom":{"name":"f","input":"a bomb"}"#,
            #""function":{"name":"f","arguments":"a ","input":"bomb"}"#,
            #""function":{"name":"f","arguments":"a ","x":{"bomb":1}}"#,
            #""function":{"name":"f","arguments":"a "},"x":["bomb"]"#,
        ])
    func kindsOfCalls(function: String) throws {
        var script = StreamScript()
        script.role()
        script.raw(
            script.event(#""tool_calls":[{"index":0,"id":"id0","type":"t",\#(function)}]"#))
        script.end("tool_calls")
        var watched = Watched(["bomb"])
        let result = watched.run(script)
        let text = String(decoding: result.output, as: UTF8.self)
        #expect(text.components(separatedBy: "bomb").count == 2)
        #expect(text.contains(#""refusal":"[bomb]""#) && !text.contains("tool_calls"))
        #expect(try result.delivered.reasons == [0: "content_filter"])
        #expect(try result.delivered.calls.isEmpty)
    }

    @Test("A call is held until it is whole; one that was stopped is never announced")
    func calls() throws {
        for (first, second) in [("{\"a\":\"bo", "mb\"}"), ("", "bomb"), ("bomb", "")] {
            var script = StreamScript()
            script.role()
            script.say("I'll call.")
            script.call(0, "f", first)
            script.call(0, nil, second)
            script.end("tool_calls")
            script.done()
            var watched = Watched(["bomb"])
            let delivered = try watched.run(script).delivered
            #expect(delivered.text(0, "content") == "I'll call.")
            #expect(delivered.calls.isEmpty)
            #expect(delivered.reasons == [0: "content_filter"])
            #expect(delivered.faults.isEmpty)
            #expect(watched.stops == ["0 call(0) bomb"])
        }
    }

    @Test("Interleaved calls, and several in one event, are told apart")
    func severalCalls() throws {
        var script = StreamScript()
        script.role()
        script.raw(
            script.event(
                #""content":"Both. ","tool_calls":[{"index":0,"id":"id0","type":"function","#
                    + #""function":{"name":"f","arguments":"{\"a\":"}},{"index":1,"id":"id1","#
                    + #""type":"function","function":{"name":"g","arguments":"{\"b"}}]"#
            )
        )
        script.call(1, nil, "\":2}")
        script.call(0, nil, "1}")
        script.end("tool_calls")
        script.done()
        var watched = Watched(["bomb"])
        let delivered = try watched.run(script).delivered
        #expect(delivered.text(0, "content") == "Both. ")
        #expect(delivered.text(0, "call 0") == "{\"a\":1}")
        #expect(delivered.text(0, "call 1") == "{\"b\":2}")
        #expect(delivered.calls == [0: [0: "id0 function f", 1: "id1 function g"]])
        #expect(delivered.roles == [0: "assistant"])
        #expect(delivered.reasons == [0: "tool_calls"] && delivered.faults.isEmpty)
    }

    @Test("A call without arguments is announced when it is complete")
    func callWithoutArguments() throws {
        var script = StreamScript()
        script.role()
        script.call(0, "f", "")
        script.end("tool_calls")
        script.done()
        var watched = Watched(["bomb"])
        #expect(watched.run(script).output == script.bytes)
    }

    @Test("The API's older form of a call is watched, too")
    func functionCall() throws {
        var script = StreamScript()
        script.raw(
            script.event(#""role":"assistant","function_call":{"name":"f","arguments":"{a"}"#)
        )
        script.raw(script.event(#""function_call":{"arguments":" bomb"}"#))
        script.end("function_call")
        script.done()
        var watched = Watched(["bomb"])
        let delivered = try watched.run(script).delivered
        #expect(delivered.text(0, "function_call") == "")
        #expect(delivered.reasons == [0: "content_filter"])
    }

    @Test(
        "Nothing of a call goes on before the answer's end; calls before one that is dropped stay")
    func callsAreHeld() throws {
        var script = StreamScript()
        script.role()
        script.call(1, "g", "bomb")
        script.call(0, "f", "{}")
        script.call(2, "h", "{}")
        var watched = Watched(["bomb"])
        #expect(try watched.run([script.bytes], ends: false).delivered.calls.isEmpty)
        var end = StreamScript()
        end.end("tool_calls")
        let delivered = try watched.run([end.bytes], ends: false).delivered
        #expect(delivered.calls == [0: [0: "id0 function f"]])
        #expect(delivered.reasons == [0: "content_filter"] && delivered.isDone)
        #expect(watched.stops == ["0 call(1) bomb"])
    }

    @Test("Where one answer of several is stopped the others go on")
    func severalChoices() throws {
        var script = StreamScript()
        for choice in 0..<2 { script.role(choice) }
        script.say("good", choice: 0)
        script.say("a bomb", choice: 1)
        script.say(" more", choice: 1)
        script.end(choice: 1)
        script.say(" words", choice: 0)
        script.end("length", choice: 0)
        script.usage()
        script.done()
        var watched = Watched(["bomb"], choices: 2)
        let delivered = try watched.run(script).delivered
        #expect(delivered.text(0, "content") == "good words")
        #expect(delivered.text(1, "content") == "a ")
        #expect(delivered.reasons == [0: "length", 1: "content_filter"])
        #expect(delivered.usageChunks == 1 && delivered.isDone && delivered.faults.isEmpty)
    }

    @Test("Several answers in one event are taken apart")
    func choicesInOneEvent() throws {
        let both = [0, 1].map { #"{"index":\#($0),"delta":{"role":"assistant","content":"ab"}}"# }
        let ends = [0, 1].map { #"{"index":\#($0),"delta":{},"finish_reason":"stop"}"# }
        var script = StreamScript()
        for list in [both, ends] {
            script.raw("{\(StreamScript.head)\"choices\":[\(list.joined(separator: ","))]}")
        }
        script.done()
        var watched = Watched(["bomb"], choices: 2)
        let delivered = try watched.run(script).delivered
        #expect(delivered.text(0, "content") == "ab" && delivered.text(1, "content") == "ab")
        #expect(delivered.roles == [0: "assistant", 1: "assistant"])
        #expect(delivered.reasons == [0: "stop", 1: "stop"] && delivered.faults.isEmpty)
    }

    @Test("Text and end in one event are one event still, unless they are stopped")
    func lastEvent() throws {
        var script = StreamScript()
        script.raw(script.event(#""role":"assistant","content":"all of it""#, reason: "stop"))
        script.done()
        var watched = Watched(["bomb"])
        #expect(watched.run(script).output == script.bytes)
        var stopped = Watched(["of"])
        let delivered = try stopped.run(script).delivered
        #expect(delivered.text(0, "content") == "all ")
        #expect(delivered.roles == [0: "assistant"])
        #expect(delivered.reasons == [0: "content_filter"] && delivered.faults.isEmpty)
    }

    @Test("A character is never cut, however its text was escaped")
    func characters() throws {
        var script = StreamScript()
        script.role()
        script.say("é😀é")
        script.say("bomb")
        script.end()
        var watched = Watched(["bomb"])
        #expect(try watched.run(script).delivered.text(0, "content") == "é😀é")
    }

    @Test("Every watcher can be asked afterwards what it has seen")
    func watchers() {
        var watched = Watched(["bomb"])
        _ = watched.run(.saying("hello"))
        #expect(watched.watch.watchers.map { "\($0.choice) \($0.part)" } == ["0 content"])
    }
}
